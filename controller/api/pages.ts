import type { Page } from '../../schemas/domain/index.ts';
import type { StorePage } from './ports.ts';
import { badQuery } from './problem.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;
const MAX_CURSOR_CHARS = 512;

/** @throws Problem 400 */
export function limitOf(text: string | undefined, fallback = DEFAULT_LIMIT): number {
  if (text === undefined) return fallback;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT)
    throw badQuery(`\`limit\` is a number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

/**
 * A cursor is only a position in one list's order; what it leads to is filtered as ever.
 * @throws Problem 400 for a text that no list of this kind has given out.
 */
export function cursorOf(kind: 'number', text: string | undefined): number | null;
export function cursorOf(kind: 'string', text: string | undefined): string | null;
export function cursorOf(
  kind: 'number' | 'string',
  text: string | undefined,
): number | string | null {
  if (text === undefined) return null;
  const value = text.length <= MAX_CURSOR_CHARS ? decode(text) : undefined;
  if (kind === 'number' && Number.isSafeInteger(value)) return Number(value);
  if (kind === 'string' && typeof value === 'string') return value;
  throw badQuery('`cursor` is not one that this list has given out.');
}

export function toPage<T>(page: StorePage<T, number | string>): Page<T> {
  return { items: page.items, next: page.next === null ? null : encode(page.next) };
}

/** A page of a list that is in memory, ordered by a unique text. */
export function pageOfList<T>(
  items: readonly T[],
  key: (item: T) => string,
  query: { readonly after: string | null; readonly limit: number },
): Page<T> {
  const { after, limit } = query;
  const rest = after === null ? items : items.filter((item) => key(item) > after);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  const more = rest.length > shown.length && last !== undefined;
  return { items: shown, next: more ? encode(key(last)) : null };
}

const encode = (position: number | string): string =>
  Buffer.from(JSON.stringify([position])).toString('base64url');

function decode(text: string): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) && value.length === 1 ? value[0] : undefined;
  } catch {
    return undefined;
  }
}
