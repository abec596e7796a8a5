import type { DesiredProject, DesiredRole, Issue } from '../../../../schemas/domain/index.ts';
import { nearestHint } from '../../../../schemas/nearest.ts';
import type { KnownHosts } from '../apps/select-hosts.ts';
import { issueAt } from '../issues.ts';
import type { TreeRead } from '../read-tree.ts';
import { type Declared, markBad } from './declare.ts';
import { DEFAULT_PROJECT } from './read-manifests.ts';

/** References among the kinds that are no apps; whatever has a wrong one is marked as bad. */
export function checkDeclared(declared: Declared, known: KnownHosts, tree: TreeRead): void {
  for (const { desired } of declared.projects.values()) {
    add(declared, `Project/${desired.name}`, unknownHosts(desired, known));
  }
  const projects = new Set<string>([DEFAULT_PROJECT, '*', ...declared.projects.keys()]);
  for (const app of declared.apps.values()) projects.add(app.project);
  for (const role of declared.roles.values()) {
    add(declared, `Role/${role.name}`, unknownMembers(role, declared, tree));
    declared.issues.push(...unknownProjects(role, projects));
  }
}

function add(declared: Declared, key: string, issues: readonly Issue[]): void {
  if (issues.length === 0) return;
  declared.issues.push(...issues);
  markBad(declared, key);
}

function unknownHosts(project: DesiredProject, known: KnownHosts): Issue[] {
  const { place } = project;
  return (project.hosts ?? []).flatMap((host, index) => {
    if (!place || known.declared.has(host) || known.mayBeDeclared(host)) return [];
    const message = `the host ${JSON.stringify(host)} is not declared`;
    const hint = nearestHint(host, known.declared.keys());
    return [issueAt('E_HOST_UNKNOWN', place, `spec.hosts[${index}]`, message, hint)];
  });
}

function unknownMembers(role: DesiredRole, declared: Declared, tree: TreeRead): Issue[] {
  return role.members.users.flatMap((user, index) => {
    const maybe = declared.bad.has(`User/${user}`) || tree.mayHold(user);
    if (declared.users.has(user) || maybe) return [];
    const message = `the user ${JSON.stringify(user)} is not declared`;
    const hint = nearestHint(user, declared.users.keys());
    const path = `spec.members.users[${index}]`;
    return [issueAt('E_USER_UNKNOWN', role.place, path, message, hint)];
  });
}

function unknownProjects(role: DesiredRole, known: ReadonlySet<string>): Issue[] {
  return role.rules.flatMap((rule, index) => {
    const unknown = (rule.projects ?? []).filter((project) => !known.has(project));
    return unknown.map((project) => {
      const message = `the project ${JSON.stringify(project)} has neither a manifest nor an app`;
      return issueAt('W_PROJECT_UNKNOWN', role.place, `spec.rules[${index}].projects`, message);
    });
  });
}
