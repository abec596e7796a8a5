import { isForbiddenKey } from '../yaml/limits.ts';
import { type Lookup, substitute, TemplateError } from './template.ts';

/** Limits of one .env file; values may refer to each other and so grow. */
export const DOTENV_LIMITS = { fileBytes: 256 * 1024, expandedCharacters: 1024 * 1024 } as const;

export interface DotenvResult {
  readonly values: ReadonlyMap<string, string>;
  readonly faults: readonly { readonly at: number; readonly message: string }[];
}

export interface DotenvOptions {
  /** What files before this one say. */
  readonly earlier?: ReadonlyMap<string, string>;
  /** What fills the variables in values. Default: as Compose does. */
  readonly fill?: typeof substitute;
}

interface Reading {
  readonly text: string;
  at: number;
  readonly values: Map<string, string>;
  readonly substitution: { lookup: Lookup; unset: () => void; budget: number };
  readonly fill: typeof substitute;
}

const KEY_CHARACTER = /[\p{L}\p{N}_.[\]-]/u;
const BLANK = /[ \t\v\f\r\u0085\u00A0]/;

/**
 * Reads a .env file as Compose does: `KEY=value`, `export`, quotes, inline comments, `${…}` of
 * earlier keys. `lookup` has the last word inside values; a key without `=` takes its value
 * from there, and is left out where it has none.
 */
export function parseDotenv(
  text: string,
  lookup: Lookup,
  { earlier = new Map(), fill = substitute }: DotenvOptions = {},
): DotenvResult {
  const values = new Map<string, string>();
  const known: Lookup = (name) => lookup(name) ?? values.get(name) ?? earlier.get(name);
  const budget = DOTENV_LIMITS.expandedCharacters;
  const reading: Reading = {
    text,
    at: 0,
    values,
    fill,
    substitution: { lookup: known, unset: () => undefined, budget },
  };
  while (skipToStatement(reading)) {
    const start = reading.at;
    try {
      readStatement(reading, lookup);
    } catch (error) {
      if (!(error instanceof DotenvError) && !(error instanceof TemplateError)) throw error;
      return { values, faults: [{ at: start, message: error.message }] };
    }
  }
  return { values, faults: [] };
}

class DotenvError extends Error {}

function skipToStatement(reading: Reading): boolean {
  const { text } = reading;
  while (reading.at < text.length) {
    const character = text[reading.at] ?? '';
    if (character === '#') reading.at = lineEnd(text, reading.at);
    else if (character === '\n' || BLANK.test(character)) reading.at += 1;
    else return true;
  }
  return false;
}

function readStatement(reading: Reading, lookup: Lookup): void {
  if (/^export[ \t]/.test(reading.text.slice(reading.at, reading.at + 7))) {
    reading.at += 'export'.length;
    skipBlanks(reading);
  }
  const { key, inherited } = readKey(reading);
  if (isForbiddenKey(key)) throw new DotenvError(`the name ${JSON.stringify(key)} is not allowed`);
  if (inherited) {
    const value = lookup(key);
    if (value !== undefined) reading.values.set(key, value);
    return;
  }
  skipBlanks(reading);
  reading.values.set(key, readValue(reading));
}

function readKey(reading: Reading): { key: string; inherited: boolean } {
  const { text } = reading;
  const start = reading.at;
  let at = start;
  for (; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '=' || character === ':') {
      reading.at = at + 1;
      return { key: checkedKey(text.slice(start, at)), inherited: false };
    }
    if (character === '\n') break;
    if (!BLANK.test(character) && !KEY_CHARACTER.test(character)) {
      throw new DotenvError(`unexpected ${JSON.stringify(character)} in a variable name`);
    }
  }
  reading.at = at;
  return { key: checkedKey(text.slice(start, at)), inherited: true };
}

function checkedKey(text: string): string {
  const key = text.trim();
  if (BLANK.test(key)) throw new DotenvError(`the name ${JSON.stringify(key)} has a blank in it`);
  return key;
}

function readValue(reading: Reading): string {
  const { text, substitution, fill } = reading;
  const quote = text[reading.at];
  if (quote !== '"' && quote !== "'") {
    const end = lineEnd(text, reading.at);
    const line = text.slice(reading.at, end);
    reading.at = end;
    return fill(withoutComment(line), substitution);
  }
  const end = closingQuote(text, reading.at + 1, quote);
  if (end < 0) throw new DotenvError('a quoted value without its closing quote');
  const inner = text.slice(reading.at + 1, end);
  reading.at = end + 1;
  skipRestOfLine(reading);
  return quote === "'" ? inner.replaceAll("\\'", "'") : fill(resolveEscapes(inner), substitution);
}

/** A comment needs one space before its `#`: Compose takes anything else for the value. */
function withoutComment(line: string): string {
  const comment = line.indexOf(' #');
  return (comment < 0 ? line : line.slice(0, comment)).trimEnd();
}

/** Of a quoted value; what follows a backslash does not end it. */
function closingQuote(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function skipRestOfLine(reading: Reading): void {
  const rest = reading.text.slice(reading.at, lineEnd(reading.text, reading.at));
  if (/^\s*(?:#.*)?$/.test(rest)) reading.at += rest.length;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
  // For the substitution that follows, which makes one dollar of it.
  $: '$$',
};

/** Go's escapes, and `\0` with three octal digits. Any other backslash stays. */
function resolveEscapes(text: string): string {
  return text.replace(
    /\\(?:0([0-3][0-7]{2})|([\s\S]))/g,
    (match, octal?: string, sign?: string) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return ESCAPES[sign ?? ''] ?? match;
    },
  );
}

function skipBlanks(reading: Reading): void {
  while (BLANK.test(reading.text[reading.at] ?? '')) reading.at += 1;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
