import type { RoleRule } from './desired.ts';

/** What a role's rule may name in `resources`, besides `*`. A new API resource is added here. */
export const RESOURCES = [
  'apps',
  'stacks',
  'swarm-services',
  'routes',
  'hosts',
  'projects',
  'users',
  'roles',
  'revisions',
  'audit',
  'repositories',
] as const;
export type ResourceKind = (typeof RESOURCES)[number];

/** One thing that access is decided about. Without a project it belongs to the installation. */
export interface Resource {
  readonly kind: ResourceKind;
  readonly project?: string;
  readonly name?: string;
}

/** Who asks: a name and the rules of every role it is a member of. */
export interface Subject {
  readonly name: string;
  readonly rules: readonly RoleRule[];
}
