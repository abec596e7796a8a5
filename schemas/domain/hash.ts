import { createHash, createHmac } from 'node:crypto';
import { compareText } from './issue.ts';
import type { Sha256 } from './names.ts';

/** Version of the canonical form; a new one is adopted, never a reason to recreate (decision 1). */
const HASH_VERSION = 'v1';

export function sha256(data: string | Uint8Array): Sha256 {
  return createHash('sha256').update(data).digest('hex') as Sha256;
}

const DIGEST_LENGTH = 32;

/** Tells equal texts of one salt apart from others, and nothing more to who has not the text. */
export const saltedDigest = (salt: string, text: string): string =>
  createHmac('sha256', salt).update(text).digest('hex').slice(0, DIGEST_LENGTH);

/**
 * Canonical text of plain data: keys sorted by code unit, `undefined` members dropped,
 * Maps as objects. Empty and default members must be dropped by the caller, who knows them.
 * @throws TypeError on functions, symbols, bigint and non-finite numbers.
 */
export function canonicalText(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`no canonical form for ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalText(item ?? null)).join(',')}]`;
  if (value instanceof Map) return canonicalText(Object.fromEntries(value));
  if (typeof value === 'object') return canonicalObject(value as Record<string, unknown>);
  throw new TypeError(`no canonical form for a ${typeof value}`);
}

function canonicalObject(value: Record<string, unknown>): string {
  // Over every value of every app: no list is made that is not needed.
  let text = '';
  for (const key of Object.keys(value).sort(compareText)) {
    const member = value[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalText(member)}`;
  }
  return `{${text}}`;
}

/** Of what was adopted though it is not as asked for: equal to no hash, and of the same version. */
export const OTHER_SPEC = `${HASH_VERSION}:other`;

/** `v1:<sha256>` of the canonical text. */
export const specHash = (value: unknown, version = HASH_VERSION): string =>
  `${version}:${sha256(canonicalText(value))}`;

/** 16 hex digits that tell equal texts from others, to who has the key alone. */
export const keyedDigest = (key: Uint8Array, text: string): string =>
  createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
