import { YAML_LIMITS } from './limits.ts';
import { lineStartsOf } from './text.ts';

/** A text with more blanks before some lines; places in it are shown as in the text as written. */
export interface Loosened {
  readonly text: string;
  readonly lineStarts: readonly number[];
}

interface Scan {
  readonly text: string;
  at: number;
  /** Columns that a line inside quotes or brackets must be indented by. */
  needed: number;
  /** Offset of a line -> blanks to put before it. */
  readonly pads: Map<number, number>;
  /** Sum of the pads: lines times indentation, of which a small file can ask for gigabytes. */
  blanks: number;
}

/**
 * Compose's YAML library takes a text in quotes, and what stands in brackets, whatever the
 * indentation of its further lines. Indents those that YAML wants deeper; undefined = there is none,
 * or more is missing than a whole file may hold.
 */
export function loosenIndents(text: string): Loosened | undefined {
  const scan: Scan = { text, at: 0, needed: 0, pads: new Map(), blanks: 0 };
  while (scan.at < text.length) readLine(scan);
  if (scan.pads.size === 0 || scan.blanks > YAML_LIMITS.fileBytes) return undefined;
  return { text: padded(scan), lineStarts: shownLineStarts(scan) };
}

/** One line of block context, with whatever it opens. */
function readLine(scan: Scan): void {
  const { text } = scan;
  const start = scan.at;
  while (text[scan.at] === ' ') scan.at += 1;
  const indent = scan.at - start;
  scan.needed = indent + 1;
  skipDashes(scan, start);
  while (scan.at < text.length && text[scan.at] !== '\n') readToken(scan, indent);
  scan.at += 1;
}

/** `- - key`: what follows is indented from the key on. */
function skipDashes(scan: Scan, lineStart: number): void {
  const { text } = scan;
  while (/^[-?] /.test(text.slice(scan.at, scan.at + 2))) {
    scan.needed = scan.at - lineStart + 1;
    scan.at += 1;
    while (text[scan.at] === ' ') scan.at += 1;
    if (/^["']?[\w.-]+["']?:\s/.test(text.slice(scan.at, scan.at + 200))) {
      scan.needed = scan.at - lineStart + 1;
    }
  }
}

function readToken(scan: Scan, indent: number): void {
  const character = scan.text[scan.at] ?? '';
  if (character === '"' || character === "'") readQuoted(scan);
  else if (character === '[' || character === '{') readBrackets(scan);
  else if (character === '#') toLineEnd(scan);
  else if (character === '|' || character === '>') readBlockScalar(scan, indent);
  else if (character === ' ' || character === '\t' || character === ':') scan.at += 1;
  else if (character === '&' || character === '!' || character === '*') skip(scan, /[^\s]+/y);
  else readPlain(scan);
}

/** Up to the value that follows a key, a comment, or the end of the line. */
function readPlain(scan: Scan): void {
  skip(scan, /(?:[^\n:#]|:(?!\s)|(?<!\s)#)+/y);
}

function readQuoted(scan: Scan): void {
  const { text } = scan;
  const quote = text[scan.at];
  for (scan.at += 1; scan.at < text.length; scan.at += 1) {
    const character = text[scan.at];
    if (character === '\\' && quote === '"') scan.at += text[scan.at + 1] === '\n' ? 0 : 1;
    else if (character === '\n') noteIndent(scan);
    else if (character === quote) {
      scan.at += 1;
      if (quote === '"' || text[scan.at] !== "'") return;
    }
  }
}

function readBrackets(scan: Scan): void {
  let depth = 0;
  while (scan.at < scan.text.length) {
    depth += readWithinBrackets(scan);
    if (depth === 0) return;
  }
}

/** One step; how much deeper it leads. */
function readWithinBrackets(scan: Scan): -1 | 0 | 1 {
  const { text } = scan;
  const character = text[scan.at] ?? '';
  if (character === '"' || character === "'") readQuoted(scan);
  else if (character === '#' && /\s/.test(text[scan.at - 1] ?? '')) toLineEnd(scan);
  else if (/[^\s,:[\]{}]/.test(character)) skip(scan, /(?:[^\s,:[\]{}#]|:(?!\s)|(?<!\s)#)+/y);
  else {
    if (character === '\n') noteIndent(scan);
    scan.at += 1;
    return DEPTHS[character] ?? 0;
  }
  return 0;
}

const DEPTHS: Readonly<Record<string, -1 | 1>> = { '[': 1, '{': 1, ']': -1, '}': -1 };

/** The lines of a block scalar are text: all that are blank or deeper than its own line. */
function readBlockScalar(scan: Scan, indent: number): void {
  const { text } = scan;
  const header = /[|>][-+0-9]*[ \t]*(?:#[^\n]*)?(?=\n|$)/y;
  header.lastIndex = scan.at;
  if (!header.test(text)) {
    readPlain(scan);
    return;
  }
  toLineEnd(scan);
  const line = /\n([ ]*)(?=([^\n]?))/y;
  for (;;) {
    line.lastIndex = scan.at;
    const found = line.exec(text);
    if (!found) return;
    const blank = found[2] === '' || found[2] === '\n' || found[2] === '\r';
    if (!blank && (found[1] ?? '').length <= indent) return;
    scan.at += 1;
    toLineEnd(scan);
    if (scan.at >= text.length) return;
  }
}

/** At a line break within quotes or brackets. */
function noteIndent(scan: Scan): void {
  const { text } = scan;
  const start = scan.at + 1;
  let at = start;
  while (text[at] === ' ') at += 1;
  const blank = text[at] === '\n' || text[at] === '\r' || at >= text.length;
  const missing = scan.needed - (at - start);
  if (blank || missing <= 0) return;
  scan.pads.set(start, missing);
  scan.blanks += missing;
  if (scan.blanks > YAML_LIMITS.fileBytes) scan.at = text.length;
}

function skip(scan: Scan, pattern: RegExp): void {
  pattern.lastIndex = scan.at;
  scan.at += Math.max(1, pattern.exec(scan.text)?.[0].length ?? 0);
}

function toLineEnd(scan: Scan): void {
  const end = scan.text.indexOf('\n', scan.at);
  scan.at = end < 0 ? scan.text.length : end;
}

function padded({ text, pads }: Scan): string {
  let result = '';
  let at = 0;
  for (const [offset, blanks] of pads) {
    result += text.slice(at, offset) + ' '.repeat(blanks);
    at = offset;
  }
  return result + text.slice(at);
}

/** Where the written part of each line begins, so that columns are those of the file. */
function shownLineStarts({ text, pads }: Scan): number[] {
  let added = 0;
  return lineStartsOf(text).map((start) => {
    added += pads.get(start) ?? 0;
    return start + added;
  });
}
