import { createHash } from 'node:crypto';
import type { DesiredState, Subject } from '../../schemas/domain/index.ts';
import { ALL_ACCESS, rolesOf, subjectOf } from '../core/access/subject.ts';
import type { ApiDeps, LocalUser } from './ports.ts';

/** A user who may sign in, as the state in force has them now. */
export interface Account {
  readonly subject: Subject;
  readonly roles: readonly string[];
  readonly passwordHash: string;
  /** Changes with the password: tokens made before stop being good. */
  readonly passwordMark: string;
}

/** The built-in role of local users. */
const ADMIN = 'admin';

type AccountDeps = Pick<ApiDeps, 'desired' | 'localUsers'>;

/**
 * The account of that exact name, or undefined when there is none, it is disabled or has no
 * password. Asked at every request: what git takes away is gone with the next one.
 */
export function findAccount(deps: AccountDeps, name: string): Account | undefined {
  const desired = deps.desired();
  const local = deps.localUsers?.find((user) => user.name === name);
  if (local) return localAccount(local, desired);
  const user = desired?.users.get(name);
  if (!desired || !user || user.disabled || user.passwordHash === undefined) return undefined;
  return {
    subject: subjectOf(desired, name),
    roles: rolesOf(desired, name),
    passwordHash: user.passwordHash,
    passwordMark: markOf(user.passwordHash),
  };
}

/** False until git has been read: then a declared user can be neither known nor unknown. */
export const accountsKnown = (deps: AccountDeps): boolean => deps.desired() !== undefined;

function localAccount(local: LocalUser, desired: DesiredState | undefined): Account {
  const declared = local.roles.flatMap((role) => desired?.roles.get(role)?.rules ?? []);
  const rules = local.roles.includes(ADMIN) ? [ALL_ACCESS] : declared;
  return {
    subject: { name: local.name, rules },
    roles: local.roles,
    passwordHash: local.passwordHash,
    passwordMark: markOf(local.passwordHash),
  };
}

/** The hash is salted, so a part of its digest tells nothing about the password. */
const markOf = (passwordHash: string): string =>
  createHash('sha256').update(passwordHash).digest('base64url').slice(0, 22);
