import type { DesiredProject, DesiredRole, Issue } from '../../../../schemas/domain/index.ts';
import { nearestHint } from '../../../../schemas/nearest.ts';
import type { KnownHosts } from '../apps/select-hosts.ts';
import type { Code } from '../codes.ts';
import { joinPath } from '../compose/reading.ts';
import { issueAt } from '../issues.ts';
import type { TreeRead } from '../read-tree.ts';
import { type Declared, markBad } from './declare.ts';
import { DEFAULT_PROJECT } from './read-manifests.ts';

/** References among the kinds that are no apps; whatever has a wrong one is marked as bad. */
export function checkDeclared(declared: Declared, known: KnownHosts, tree: TreeRead): void {
  for (const { desired } of declared.projects.values()) {
    add(declared, `Project/${desired.name}`, unknownHosts(desired, declared, known));
  }
  const projects = new Set<string>([DEFAULT_PROJECT, '*', ...declared.projects.keys()]);
  for (const app of declared.apps.values()) projects.add(app.project);
  for (const role of declared.roles.values()) {
    add(declared, `Role/${role.name}`, unknownMembers(role, declared, tree));
    declared.issues.push(...unknownProjects(role, declared, projects));
  }
}

function add(declared: Declared, key: string, issues: readonly Issue[]): void {
  if (issues.length === 0) return;
  declared.issues.push(...issues);
  markBad(declared, key);
}

function unknownHosts(project: DesiredProject, declared: Declared, known: KnownHosts): Issue[] {
  return (project.hosts ?? []).flatMap((host, index) => {
    if (known.declared.has(host) || known.mayBeDeclared(host)) return [];
    const message = `the host ${JSON.stringify(host)} is not declared`;
    const hint = nearestHint(host, known.declared.keys()) ?? 'declare it with kind: Host';
    return issueIn(declared, `Project/${project.name}`, 'E_HOST_UNKNOWN', {
      path: ['spec', 'hosts', index],
      message,
      hint,
    });
  });
}

function unknownMembers(role: DesiredRole, declared: Declared, tree: TreeRead): Issue[] {
  return role.members.users.flatMap((user, index) => {
    const maybe = declared.bad.has(`User/${user}`) || tree.mayHold(user);
    if (declared.users.has(user) || maybe) return [];
    const message = `the user ${JSON.stringify(user)} is not declared`;
    const hint = nearestHint(user, declared.users.keys()) ?? 'declare it with kind: User';
    const path = ['spec', 'members', 'users', index];
    return issueIn(declared, `Role/${role.name}`, 'E_USER_UNKNOWN', { path, message, hint });
  });
}

function unknownProjects(
  role: DesiredRole,
  declared: Declared,
  known: ReadonlySet<string>,
): Issue[] {
  return role.rules.flatMap((rule, ruleIndex) => {
    return (rule.projects ?? []).flatMap((project, index) => {
      if (known.has(project)) return [];
      const message = `the project ${JSON.stringify(project)} has neither a manifest nor an app`;
      const hint = nearestHint(project, known) ?? 'declare it with kind: Project';
      const path = ['spec', 'rules', ruleIndex, 'projects', index];
      return issueIn(declared, `Role/${role.name}`, 'W_PROJECT_UNKNOWN', { path, message, hint });
    });
  });
}

interface Found {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint: string;
}

/** An issue at a value of a manifest. */
function issueIn(declared: Declared, key: string, code: Code, found: Found): Issue[] {
  const place = declared.origins.get(key)?.placeAt(found.path);
  const path = found.path.reduce<string>(joinPath, '');
  return place ? [issueAt(code, place, path, found.message, found.hint)] : [];
}
