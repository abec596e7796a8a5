import { posix } from 'node:path';

/** Limits of one .skepignore file. */
export const IGNORE_LIMITS = { fileBytes: 64 * 1024, patterns: 1_000 } as const;

interface IgnorePattern {
  readonly negated: boolean;
  readonly foldersOnly: boolean;
  /** Parts of the pattern; `**` stands for any number of folders. */
  readonly parts: readonly string[];
}

export interface IgnoreFile {
  /** Folder that holds the .skepignore, `''` for the root. */
  readonly folder: string;
  readonly patterns: readonly IgnorePattern[];
}

/** Reads a .skepignore: the syntax of gitignore(5). */
export function parseIgnore(path: string, text: string): IgnoreFile {
  const folder = posix.dirname(path) === '.' ? '' : posix.dirname(path);
  const lines = text.split(/\r?\n/).slice(0, IGNORE_LIMITS.patterns * 4);
  const patterns = lines.flatMap((line) => parsePattern(line) ?? []);
  return { folder, patterns: patterns.slice(0, IGNORE_LIMITS.patterns) };
}

function parsePattern(line: string): IgnorePattern | undefined {
  let pattern = line.replace(/(?<!\\) +$/, '');
  if (pattern === '' || pattern.startsWith('#')) return undefined;
  const negated = pattern.startsWith('!');
  if (negated) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith('/');
  if (foldersOnly) pattern = pattern.slice(0, -1);
  const anchored = pattern.includes('/');
  const parts = pattern.replace(/^\//, '').split('/');
  return { negated, foldersOnly, parts: anchored ? parts : ['**', ...parts] };
}

/**
 * Whether a file is ignored: the last pattern that matches decides, and what lies in an ignored
 * folder stays ignored. `files`: outermost folder first.
 */
export function isIgnored(files: readonly IgnoreFile[], path: string): boolean {
  if (files.length === 0) return false;
  const parts = path.split('/');
  for (let end = 1; end <= parts.length; end++) {
    if (decide(files, parts.slice(0, end), end < parts.length)) return true;
  }
  return false;
}

function decide(files: readonly IgnoreFile[], parts: readonly string[], folder: boolean): boolean {
  let ignored = false;
  for (const file of files) {
    const base = file.folder === '' ? [] : file.folder.split('/');
    if (base.length >= parts.length || base.some((part, i) => parts[i] !== part)) continue;
    const below = parts.slice(base.length);
    for (const pattern of file.patterns) {
      if (pattern.foldersOnly && !folder) continue;
      if (pattern.negated === ignored && matchParts(pattern.parts, below))
        ignored = !pattern.negated;
    }
  }
  return ignored;
}

function matchParts(pattern: readonly string[], parts: readonly string[]): boolean {
  // reached[i]: the pattern parts so far can end before parts[i]
  let reached = new Set([0]);
  for (const [index, part] of pattern.entries()) {
    const next = new Set<number>();
    for (const at of reached) {
      const name = parts[at];
      if (part === '**') {
        const last = index === pattern.length - 1;
        for (let end = last ? at + 1 : at; end <= parts.length; end++) next.add(end);
      } else if (name !== undefined && matchGlob(part, name)) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(parts.length);
}

/** `*`, `?`, `[…]` and `\` within one name; linear but for the last star, never exponential. */
export function matchGlob(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let starName = 0;
  while (n < name.length) {
    const step = matchOne(pattern, p, name[n] ?? '');
    if (pattern[p] === '*') {
      star = p++;
      starName = n;
    } else if (step > 0) {
      p += step;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      starName += 1;
      n = starName;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** Characters of the pattern that match one character of the name; 0 = no match. */
function matchOne(pattern: string, at: number, character: string): number {
  const sign = pattern[at];
  if (sign === undefined || sign === '*') return 0;
  if (sign === '?') return 1;
  if (sign === '\\') return pattern[at + 1] === character ? 2 : 0;
  if (sign === '[') return matchClass(pattern, at, character);
  return sign === character ? 1 : 0;
}

function matchClass(pattern: string, at: number, character: string): number {
  const negated = pattern[at + 1] === '!' || pattern[at + 1] === '^';
  const start = at + (negated ? 2 : 1);
  const end = pattern.indexOf(']', start + 1);
  if (end < 0) return character === '[' ? 1 : 0;
  let inside = false;
  for (let i = start; i < end; i++) {
    const from = pattern[i] ?? '';
    const ranged = pattern[i + 1] === '-' && i + 2 < end;
    const to = ranged ? (pattern[i + 2] ?? '') : from;
    if (character >= from && character <= to) inside = true;
    if (ranged) i += 2;
  }
  return inside === negated ? 0 : end - at + 1;
}
