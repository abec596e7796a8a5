import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../schemas/domain/index.ts';
import { lifeOf } from './keys.ts';

/** Who this agent is: its host, its key, which never leaves the host, and its certificate. */
export interface Identity {
  readonly host: string;
  /** `address:port` of the controller's listeners, best first. */
  readonly agent: readonly string[];
  readonly enroll: readonly string[];
  /** PEM each. */
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
  /** This host's clock, ms: when the certificate came. Its own dates are of another clock. */
  readonly receivedMs: number;
  /** SHA-256 of the join token's secret it was bought with: that token is not tried again. */
  readonly joinedWith: string;
}

const FILE = 'identity.json';
const TEXTS = ['host', 'key', 'certificate', 'ca', 'joinedWith'] as const;

/**
 * The identity kept in `folder`; undefined before the first join.
 * @throws Failure KeyPermissions where others than the owner may read the key; IdentityDamaged
 */
export async function readIdentity(folder: string): Promise<Identity | undefined> {
  const path = join(folder, FILE);
  const mode = await modeOf(path);
  if (mode === undefined) return undefined;
  if ((mode & 0o077) !== 0) {
    const message = `J_KEY_PERMS: ${path} must be readable by its owner alone (chmod 600 ${path})`;
    throw new Failure('KeyPermissions', message, { retry: 'never' });
  }
  return parse(path, await readFile(path, 'utf8'));
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure('IdentityDamaged', `${path} cannot be read`, {
      retry: 'never',
      cause: error,
    });
  }
}

function parse(path: string, text: string): Identity {
  try {
    const value = JSON.parse(text) as Identity;
    const texts = TEXTS.every((field) => typeof value[field] === 'string');
    const lists = Array.isArray(value.agent) && Array.isArray(value.enroll);
    if (texts && lists && lifeOf(value.certificate) > 0) return value;
  } catch {
    // Said below, for every way in which it can be damaged.
  }
  const message = `${path} is damaged: remove it and join the host again (skep host add)`;
  throw new Failure('IdentityDamaged', message, { retry: 'never' });
}

/** One file, so that key and certificate always match: old bytes or new ones after a crash. */
export async function keepIdentity(folder: string, identity: Identity): Promise<Identity> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(JSON.stringify(identity));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  const parent = await open(folder, 'r');
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
  return identity;
}

/** Milliseconds from `nowMs` until the certificate is to be renewed: at two thirds of its life. */
export function renewInMs(identity: Identity, nowMs: number): number {
  const age = nowMs - identity.receivedMs;
  // A clock that was set back says nothing about the age: renew, to be sure.
  if (age < 0) return 0;
  return Math.max(0, (lifeOf(identity.certificate) * 2) / 3 - age);
}

export const hasExpired = (identity: Identity, nowMs: number): boolean =>
  nowMs - identity.receivedMs >= lifeOf(identity.certificate);
