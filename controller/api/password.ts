import { argon2, argon2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Failure } from '../../schemas/domain/index.ts';

/** argon2id at OWASP's floor: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const TAG_BYTES = 32;
const SALT_BYTES = 16;
export const MAX_PASSWORD_CHARS = 1_024;

/** Costs above these come from a mistake or from someone who wants to keep the controller busy. */
const MAX_COST = { memory: 262_144, passes: 16, parallelism: 16 } as const;

/** Of no password. Checked for unknown users, so that they take as long as known ones. */
export const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$c2tlcC1uby1zdWNoLXVzZXI$OQ6zGnx1mPp8qWJkl2c8oVdYrT5eNwBfHsUaXvLtCRE';

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

interface PasswordHash {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/**
 * An argon2id PHC string with a fresh salt. Takes about 30 ms; blocks.
 * @throws Failure WeakPassword when empty or too long.
 */
export function hashPassword(text: string): string {
  if (text === '' || text.length > MAX_PASSWORD_CHARS) {
    const message = `A password has 1 to ${MAX_PASSWORD_CHARS} characters.`;
    throw new Failure('WeakPassword', message, { retry: 'never' });
  }
  const salt = randomBytes(SALT_BYTES);
  const tag = argon2Sync('argon2id', { ...COST, ...input(text, salt), tagLength: TAG_BYTES });
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(salt)}$${encode(tag)}`;
}

/** Whether the password is the one the PHC string was made of. False for a malformed string. */
export async function verifyPassword(text: string, phc: string): Promise<boolean> {
  const parsed = parseHash(phc);
  if (!parsed || text.length > MAX_PASSWORD_CHARS) return false;
  const { memory, passes, parallelism, salt, tag } = parsed;
  const cost = { memory, passes, parallelism, tagLength: tag.length };
  const found = await new Promise<Buffer>((resolve, reject) => {
    argon2('argon2id', { ...cost, ...input(text, salt) }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
  return timingSafeEqual(found, tag);
}

/** Whether the text is an argon2id PHC string this program verifies. */
export const isPasswordHash = (phc: string): boolean => parseHash(phc) !== undefined;

function parseHash(phc: string): PasswordHash | undefined {
  const match = PHC.exec(phc);
  if (!match) return undefined;
  const [memory = 0, passes = 0, parallelism = 0] = match.slice(1, 4).map(Number);
  const [salt = '', tag = ''] = match.slice(4);
  const inBounds =
    parallelism >= 1 &&
    parallelism <= MAX_COST.parallelism &&
    memory >= 8 * parallelism &&
    memory <= MAX_COST.memory &&
    passes >= 1 &&
    passes <= MAX_COST.passes;
  if (!inBounds) return undefined;
  const decoded = { salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
  return { memory, passes, parallelism, ...decoded };
}

/** One password typed on two keyboards must be one text. */
const input = (text: string, salt: Buffer) => ({ message: text.normalize('NFC'), nonce: salt });

const encode = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
