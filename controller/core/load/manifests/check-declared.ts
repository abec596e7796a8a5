import { type Issue, type ProjectName, toHostName } from '../../../../schemas/domain/index.ts';
import { nearestHint } from '../../../../schemas/nearest.ts';
import type { KnownHosts } from '../apps/select-hosts.ts';
import { issueAt } from '../issues.ts';
import type { TreeRead } from '../read-tree.ts';
import type { Declared } from './declare.ts';
import { DEFAULT_PROJECT } from './read-manifests.ts';

/** References among the kinds that are no apps. */
export function checkDeclared(
  declared: Declared,
  known: KnownHosts,
  tree: TreeRead,
): readonly Issue[] {
  return [...checkProjects(declared, known), ...checkRoles(declared, tree)];
}

function checkProjects(declared: Declared, known: KnownHosts): Issue[] {
  const issues: Issue[] = [];
  for (const { desired } of declared.projects.values()) {
    const { place } = desired;
    for (const [index, host] of (desired.hosts ?? []).entries()) {
      if (!place || known.declared.has(toHostName(host)) || known.mayBeDeclared(host)) continue;
      const message = `the host ${JSON.stringify(host)} is not declared`;
      const hint = nearestHint(host, known.declared.keys());
      issues.push(issueAt('E_HOST_UNKNOWN', place, `spec.hosts[${index}]`, message, hint));
    }
  }
  return issues;
}

function checkRoles(declared: Declared, tree: TreeRead): Issue[] {
  const issues: Issue[] = [];
  const projects = new Set<ProjectName>(declared.projects.keys());
  for (const app of declared.apps.values()) projects.add(app.project);
  for (const { place, members, rules } of declared.roles.values()) {
    for (const [index, user] of members.users.entries()) {
      const maybe = declared.bad.has(`User/${user}`) || tree.mayHold(user);
      if (declared.users.has(user) || maybe) continue;
      const message = `the user ${JSON.stringify(user)} is not declared`;
      const hint = nearestHint(user, declared.users.keys());
      issues.push(issueAt('E_USER_UNKNOWN', place, `spec.members.users[${index}]`, message, hint));
    }
    for (const [index, rule] of rules.entries()) {
      for (const project of rule.projects ?? []) {
        if (project === '*' || project === DEFAULT_PROJECT) continue;
        if (projects.has(project as ProjectName)) continue;
        const message = `the project ${JSON.stringify(project)} has neither a manifest nor an app`;
        const path = `spec.rules[${index}].projects`;
        issues.push(issueAt('W_PROJECT_UNKNOWN', place, path, message));
      }
    }
  }
  return issues;
}
