import { posix } from 'node:path';

/** Limits of one .skepignore file; a pattern left out would let in what it keeps away. */
export const IGNORE_LIMITS = {
  fileBytes: 64 * 1024,
  patterns: 500,
  patternLength: 512,
  patternParts: 32,
} as const;

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
  return { folder: folderOf(path), patterns: patternsOf(text) };
}

/** Stands for a .skepignore that cannot be read: nothing in its folder is looked at. */
export function ignoreAll(path: string): IgnoreFile {
  return {
    folder: folderOf(path),
    patterns: [{ negated: false, foldersOnly: false, parts: ['**'] }],
  };
}

/** What of a .skepignore is over its limits, and where. */
export function ignoreFault(text: string): { at: number; message: string } | undefined {
  const { patterns, patternLength, patternParts } = IGNORE_LIMITS;
  let at = 0;
  for (const line of text.split('\n')) {
    if (line.length > patternLength) {
      return { at, message: `a pattern longer than ${patternLength} characters` };
    }
    if (line.split('/').length > patternParts) {
      return { at, message: `a pattern of more than ${patternParts} folders` };
    }
    at += line.length + 1;
  }
  const count = patternsOf(text).length;
  return count > patterns
    ? { at: 0, message: `${count} patterns; ${patterns} are allowed` }
    : undefined;
}

const patternsOf = (text: string): readonly IgnorePattern[] =>
  text.split(/\r?\n/).flatMap((line) => parsePattern(line) ?? []);

const folderOf = (path: string): string => (posix.dirname(path) === '.' ? '' : posix.dirname(path));

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
  /** Of the path's folders, outermost first, and of the file itself. */
  const verdicts: boolean[] = parts.map(() => false);
  for (const { folder, patterns } of files) {
    const start = partsAbove(folder, parts);
    if (start === undefined) continue;
    for (const { parts: pattern, foldersOnly, negated } of patterns) {
      for (const end of matchEnds(pattern, parts, start)) {
        if (!foldersOnly || end < parts.length) verdicts[end - 1] = !negated;
      }
    }
  }
  return verdicts.includes(true);
}

/** How many parts of a path are a folder's; undefined where it does not lie there. */
function partsAbove(folder: string, parts: readonly string[]): number | undefined {
  if (folder === '') return 0;
  const base = folder.split('/');
  const inside = base.length < parts.length && base.every((part, index) => parts[index] === part);
  return inside ? base.length : undefined;
}

/** Numbers of parts after which a pattern has matched; one walk along the path. */
function matchEnds(pattern: readonly string[], parts: readonly string[], start: number): number[] {
  const last = pattern.length - 1;
  const ends: number[] = [];
  let at = withSkipped(new Set([0]), pattern);
  for (let used = start; used < parts.length && at.size > 0; used++) {
    const inLast = pattern[last] === '**' && at.has(last);
    at = withSkipped(step(pattern, at, parts[used] ?? ''), pattern);
    if (inLast || at.has(pattern.length)) ends.push(used + 1);
  }
  return ends;
}

function step(pattern: readonly string[], at: ReadonlySet<number>, name: string): Set<number> {
  const next = new Set<number>();
  for (const index of at) {
    const part = pattern[index];
    if (part === '**') next.add(index);
    else if (part !== undefined && matchGlob(part, name)) next.add(index + 1);
  }
  return next;
}

/** `**` may stand for no part at all, but where it ends the pattern. */
function withSkipped(indexes: ReadonlySet<number>, pattern: readonly string[]): Set<number> {
  const all = new Set(indexes);
  for (const index of all) {
    if (pattern[index] === '**' && index < pattern.length - 1) all.add(index + 1);
  }
  return all;
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
  return inClass(pattern.slice(start, end), character) === negated ? 0 : end - at + 1;
}

/** `a-z_`: single characters and ranges. */
function inClass(members: string, character: string): boolean {
  for (let i = 0; i < members.length; i++) {
    const from = members[i] ?? '';
    const ranged = members[i + 1] === '-' && i + 2 < members.length;
    const to = ranged ? (members[i + 2] ?? '') : from;
    if (character >= from && character <= to) return true;
    if (ranged) i += 2;
  }
  return false;
}
