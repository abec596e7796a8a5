import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashPassword } from '../../controller/api/password.ts';

/** The generated administrator of `skep up`. The hash is kept too: logins outlive a restart. */
export interface KeptUser {
  readonly user: string;
  readonly password: string;
  readonly passwordHash: string;
}

const FILE = 'admin.json';
const USER = 'admin';

/** Made on the first start, then kept, readable by its owner alone. */
export function keptUser(dataDir: string): KeptUser {
  const path = join(dataDir, FILE);
  const known = read(path);
  if (known) return known;
  const password = randomBytes(15).toString('base64url');
  const made = { user: USER, password, passwordHash: hashPassword(password) };
  writeFileSync(`${path}.tmp`, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
  return made;
}

function read(path: string): KeptUser | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<KeptUser>;
    const { user, password, passwordHash } = kept;
    return user && password && passwordHash ? { user, password, passwordHash } : undefined;
  } catch {
    return undefined;
  }
}
