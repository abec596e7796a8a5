import { compareText } from '../../schemas/domain/index.ts';

/** Members of an engine's answer or of a request; everything may be missing or null. */
export type Members = Readonly<Record<string, unknown>>;

export const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** For lists whose order means nothing. */
export const sortedTexts = (value: unknown): readonly string[] =>
  [...new Set(listOf(value).map((item) => String(item)))].sort(compareText);

/** Says nothing: engines and clients write it or leave it out as they like. */
export function isVoid(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) {
    return true;
  }
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Plain data without the members that say nothing, at any depth. */
export function trimmed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(trimmed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([name, member]) => [name, trimmed(member)] as const)
    .filter(([, member]) => !isVoid(member));
  return Object.fromEntries(entries);
}
