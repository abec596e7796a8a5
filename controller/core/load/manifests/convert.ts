import {
  DEFAULT_DELETION_BUDGET,
  type DesiredHost,
  type DesiredProject,
  type DesiredRole,
  type DesiredUser,
  type Place,
  type RoleRule,
  toHostName,
  toProjectName,
} from '../../../../schemas/domain/index.ts';
import type { HostManifest } from '../../../../schemas/generated/host.ts';
import type { ProjectManifest } from '../../../../schemas/generated/project.ts';
import type { RoleManifest } from '../../../../schemas/generated/role.ts';
import type { UserManifest } from '../../../../schemas/generated/user.ts';
import { reference, type SecretReference } from '../sealed/declare-secret.ts';
import { child } from '../yaml/node.ts';
import { placeOf } from '../yaml/text.ts';
import { textMap } from './core-scalar.ts';
import type { Manifest } from './read-manifests.ts';

/** A Project with what only loading needs of it. */
export interface ProjectDeclaration {
  readonly desired: DesiredProject;
  readonly privileges: readonly string[];
  readonly discover: readonly DiscoverRule[];
}

export interface DiscoverRule {
  readonly path: string;
  readonly hosts?: readonly string[];
  readonly selector?: ReadonlyMap<string, string>;
}

export function toProject(manifest: Manifest, place: Place): ProjectDeclaration {
  const { spec = {} } = manifest.value as ProjectManifest;
  const rules = child(child(manifest.root, 'spec'), 'discover');
  return {
    desired: {
      name: toProjectName(manifest.name),
      place,
      ...(spec.hosts && { hosts: spec.hosts.map(toHostName) }),
      deletionBudget: { ...DEFAULT_DELETION_BUDGET, ...spec.deletionBudget },
    },
    privileges: spec.privileges ?? [],
    discover: (spec.discover ?? []).map((rule, index) => {
      const node = rules?.kind === 'seq' ? rules.items[index] : undefined;
      const selector = child(node, 'hostSelector');
      return {
        path: rule.path,
        ...(rule.hosts && { hosts: rule.hosts }),
        ...(selector && { selector: textMap(selector) }),
      };
    }),
  };
}

export function toHost(manifest: Manifest, place: Place): DesiredHost {
  const { spec = {} } = manifest.value as HostManifest;
  const node = child(manifest.root, 'spec');
  return {
    name: toHostName(manifest.name),
    place,
    labels: Object.fromEntries(textMap(child(node, 'labels'))),
    ...(spec.address !== undefined && { address: spec.address }),
    gateway: spec.gateway ?? false,
    ...(spec.swarm !== undefined && { swarm: spec.swarm }),
    values: Object.fromEntries(textMap(child(node, 'values'))),
  };
}

/** A User, and the Secret's value that its hash is in, if it is in one. */
export interface UserDeclaration {
  readonly desired: DesiredUser;
  readonly hash?: SecretReference;
}

export function toUser(
  manifest: Manifest,
  place: Place,
  from: { readonly path: string; readonly lineStarts: readonly number[] },
): UserDeclaration {
  const { spec = {} } = manifest.value as UserManifest;
  const { passwordHash, passwordHashFrom, disabled = false } = spec;
  const desired = {
    name: manifest.name,
    place,
    ...(passwordHash !== undefined && { passwordHash }),
    disabled,
  };
  if (passwordHashFrom === undefined) return { desired };
  const node = child(child(manifest.root, 'spec'), 'passwordHashFrom');
  const at = placeOf(from.path, from.lineStarts, node?.at ?? manifest.at);
  const path = 'spec.passwordHashFrom';
  return { desired, hash: reference(manifest.project, passwordHashFrom, at, path) };
}

export function toRole(manifest: Manifest, place: Place): DesiredRole {
  const { spec } = manifest.value as RoleManifest;
  return {
    name: manifest.name,
    place,
    members: { users: spec.members?.users ?? [], oidcGroups: spec.members?.oidcGroups ?? [] },
    rules: spec.rules satisfies readonly RoleRule[],
  };
}
