import type { DesiredState, RoleRule, Subject } from '../../../schemas/domain/index.ts';

/** A rule that grants everything: the operator on the admin socket, the local user of `skep up`. */
export const ALL_ACCESS: RoleRule = { resources: ['*'], verbs: ['*'] };

/** The subject a declared user is: the rules of all roles that list it as a member. */
export function subjectOf(desired: DesiredState, user: string): Subject {
  const rules: RoleRule[] = [];
  for (const role of desired.roles.values()) {
    if (role.members.users.includes(user)) rules.push(...role.rules);
  }
  return { name: user, rules };
}

/** Names of the roles that list the user, in the order of declaration. */
export function rolesOf(desired: DesiredState, user: string): readonly string[] {
  return [...desired.roles.values()]
    .filter((role) => role.members.users.includes(user))
    .map((role) => role.name);
}
