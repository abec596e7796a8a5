import { readFileSync } from 'node:fs';
import { Failure } from '../../schemas/domain/index.ts';
import { readIdentities } from './age.ts';

/**
 * The identities in the file that SKEP_AGE_KEY_FILE names; none where it names none.
 * @throws Failure ConfigInvalid where it cannot be read, or holds something else.
 */
export function identitiesOf(path: string | null): readonly string[] {
  if (path === null) return [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(`cannot be read: ${path}`, cause);
  }
  const identities = readIdentities(text);
  if (identities.length === 0 || !identities.every((one) => one.startsWith('AGE-SECRET-KEY-'))) {
    throw invalid(`holds no age identity: ${path}`);
  }
  return identities;
}

const invalid = (message: string, cause?: unknown): Failure =>
  new Failure('ConfigInvalid', `SKEP_AGE_KEY_FILE ${message}`, { retry: 'never', cause });
