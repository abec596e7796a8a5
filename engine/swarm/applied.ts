import { type ServiceFields, sha256 } from '../../schemas/domain/index.ts';

/**
 * What was applied last, in the service itself: it survives the loss of every store, and no other
 * program writes it. One mark for each field, a hash of its path and value; the value is in the
 * spec beside it.
 */
const VERSION = 'v1:';
const MARK_LENGTH = 10;

const markOf = (path: string, text: string): string =>
  sha256(`${path}=${text}`).slice(0, MARK_LENGTH);

export function appliedLabel(fields: ServiceFields): string {
  const marks = Object.entries(fields).map(([path, text]) => markOf(path, text));
  return VERSION + marks.sort().join('');
}

/** Whether that value of that field is what we wrote last. */
export type WasApplied = (path: string, text: string) => boolean;

/** Undefined where nothing, or nothing that we can read, was recorded. */
export function parseApplied(label: string): WasApplied | undefined {
  if (!label.startsWith(VERSION)) return undefined;
  const marks = new Set<string>();
  for (let at = VERSION.length; at < label.length; at += MARK_LENGTH) {
    marks.add(label.slice(at, at + MARK_LENGTH));
  }
  return (path, text) => marks.has(markOf(path, text));
}
