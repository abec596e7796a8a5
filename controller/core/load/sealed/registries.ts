import type { DesiredRegistry, DesiredUser, Issue } from '../../../../schemas/domain/index.ts';
import { issueAt } from '../issues.ts';
import { type Declared, markBad } from '../manifests/declare.ts';
import type { SecretReference } from './declare-secret.ts';
import type { OpenSecrets } from './open-secrets.ts';

/** Registries and users with what Secrets hold of them; who lacks something is marked as bad. */
export interface Credentials {
  readonly registries: ReadonlyMap<string, DesiredRegistry>;
  readonly users: ReadonlyMap<string, DesiredUser>;
}

export function withCredentials(declared: Declared, secrets: OpenSecrets): Credentials {
  const registries = new Map<string, DesiredRegistry>();
  for (const [id, { place, server, username, password, projects }] of declared.registries) {
    const found = secrets.find(password);
    if (isValue(found)) {
      registries.set(id, { place, server, username, password: found.value, projects });
    } else refuse(declared, `Registry/${id}`, found);
  }
  const users = new Map<string, DesiredUser>();
  for (const [name, { desired, hash }] of declared.users) {
    const found = hash && secrets.find(hash);
    if (!found) users.set(name, desired);
    else if (isValue(found) && isHash(found.value))
      users.set(name, { ...desired, passwordHash: found.value.trim() });
    else refuse(declared, `User/${name}`, isValue(found) ? noHash(hash) : found);
  }
  return { registries, users };
}

/** As `skep hash-password` prints it; the API checks the rest. */
const isHash = (value: string): boolean => value.trim().startsWith('$argon2id$v=19$');

function noHash({ place, path }: SecretReference): Issue {
  const hint = 'seal what skep hash-password prints';
  return issueAt('E_VALUE', place, path, 'the sealed value is no argon2id hash', hint);
}

type Found = ReturnType<OpenSecrets['find']>;

const isValue = (found: Found): found is { readonly value: string } =>
  found !== 'bad' && 'value' in found;

function refuse(declared: Declared, key: string, found: Issue | 'bad'): void {
  if (found !== 'bad') declared.issues.push(found);
  markBad(declared, key);
}
