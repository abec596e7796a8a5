import type { Resource, RoleRule, Subject, Verb } from '../../../schemas/domain/index.ts';

/**
 * The only decision about access. Names match exactly and case-sensitively; `*` in a list means
 * all of that list and is no pattern. A rule limited to projects never covers what belongs to no
 * project, and one limited to names never covers what has none.
 */
export function can(subject: Subject, verb: Verb, resource: Resource): boolean {
  return subject.rules.some((rule) => allows(rule, verb, resource));
}

function allows(rule: RoleRule, verb: Verb, resource: Resource): boolean {
  return (
    holds(rule.verbs, verb) &&
    holds(rule.resources, resource.kind) &&
    (rule.projects === undefined || holds(rule.projects, resource.project)) &&
    (rule.names === undefined || holds(rule.names, resource.name))
  );
}

function holds(list: readonly string[], value: string | undefined): boolean {
  return list.includes('*') || (value !== undefined && list.includes(value));
}

/** Whether any rule at all gives the verb: a user without one sees nothing, not even a shell. */
export const canAny = (subject: Subject, verb: Verb): boolean =>
  subject.rules.some((rule) => holds(rule.verbs, verb));
