import { nearest } from '../../../../../schemas/nearest.ts';
import { isForbiddenKey } from '../../yaml/limits.ts';
import {
  type ComposeEntry,
  type ComposeNode,
  type ComposeScalar,
  entryAt,
  isNull,
  mapAt,
  scalarAt,
  seqAt,
} from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';

/**
 * Checks a value and brings it into its long form. Undefined = it was reported and is left out.
 * Null never reaches a reader but through `nullable`.
 */
export type Reader = (reading: Reading, node: ComposeNode, path: string) => ComposeNode | undefined;

export interface FieldTable {
  readonly fields: Readonly<Record<string, Reader>>;
  /** Keys of the Compose Specification that are not supported yet. */
  readonly unsupported: readonly string[];
  /** Keys that stay refused, and why. */
  readonly refused?: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
}

/** A map with a closed list of keys; `x-…` may stand anywhere. */
export function record(table: FieldTable): Reader {
  return (reading, node, path) => {
    if (node.kind !== 'map') return wrongType(reading, node, path, 'a mapping');
    const entries = new Map<string, ComposeEntry>();
    for (const [key, entry] of node.entries) {
      const value = readField(reading, table, key, entry, joinPath(path, key));
      if (value) entries.set(key, { ...entry, value: keepTag(entry.value, value) });
    }
    for (const key of table.required ?? []) {
      if (node.entries.has(key)) continue;
      const message = `the field ${JSON.stringify(key)} is missing`;
      reading.at('E_FIELD_MISSING', node, path, message);
    }
    return mapAt(node, entries);
  };
}

function readField(
  reading: Reading,
  table: FieldTable,
  key: string,
  entry: ComposeEntry,
  path: string,
): ComposeNode | undefined {
  const reader = Object.hasOwn(table.fields, key) ? table.fields[key] : undefined;
  if (reader) {
    if (entry.value.tag === '!reset') return entry.value;
    if (isNull(entry.value) && !nullables.has(reader)) return undefined;
    return reader(reading, entry.value, path);
  }
  if (key.startsWith('x-')) return entry.value;
  const why = table.refused?.[key];
  if (why !== undefined) return reading.atKey('E_FIELD_NOT_ALLOWED', entry, path, why);
  if (table.unsupported.includes(key)) {
    const message = `${JSON.stringify(key)} is not supported yet`;
    return reading.atKey('E_COMPOSE_UNSUPPORTED', entry, path, message);
  }
  const known = [...Object.keys(table.fields), ...table.unsupported];
  const meant = nearest(key, known);
  const hint = meant === undefined ? undefined : `did you mean ${JSON.stringify(meant)}?`;
  return reading.atKey('E_FIELD_UNKNOWN', entry, path, `unknown key ${JSON.stringify(key)}`, hint);
}

function keepTag(before: ComposeNode, after: ComposeNode): ComposeNode {
  return before.tag === undefined ? after : { ...after, tag: before.tag };
}

const nullables = new WeakSet<Reader>();

/** Lets null through to the reader: it means something there. */
export function nullable(reader: Reader): Reader {
  const wrapped: Reader = (reading, node, path) => reader(reading, node, path);
  nullables.add(wrapped);
  return wrapped;
}

export const text: Reader = (reading, node, path) => {
  if (node.kind === 'scalar' && typeof node.value === 'string') return node;
  if (node.kind === 'scalar' && node.value !== null) {
    const message = `must be a text, not ${typeName(node)}`;
    return reading.at('E_TYPE', node, path, message, `put it in quotes: "${node.text}"`);
  }
  return wrongType(reading, node, path, 'a text');
};

/** A text that is one of a closed list. */
export function oneOf(...allowed: readonly string[]): Reader {
  return (reading, node, path) => {
    const found = text(reading, node, path);
    if (found?.kind !== 'scalar' || allowed.includes(String(found.value))) return found;
    const message = `${JSON.stringify(found.value)} is not one of ${allowed.join(', ')}`;
    const meant = nearest(String(found.value), allowed);
    const hint = meant === undefined ? undefined : `did you mean ${JSON.stringify(meant)}?`;
    return reading.at('E_COMPOSE_VALUE', node, path, message, hint);
  };
}

/** A text of a shape; `what` completes "must be …". */
export function matching(pattern: RegExp, what: string): Reader {
  return (reading, node, path) => {
    const found = text(reading, node, path);
    if (found?.kind !== 'scalar' || pattern.test(String(found.value))) return found;
    const message = `${JSON.stringify(String(found.value).slice(0, 100))} is not ${what}`;
    return reading.at('E_COMPOSE_VALUE', node, path, message);
  };
}

const TRUE_WORDS = new Set(['true', '1', 't', 'y', 'yes', 'on']);
const FALSE_WORDS = new Set(['false', '0', 'f', 'n', 'no', 'off']);

export const flag: Reader = (reading, node, path) => {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node;
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const word = node.value.toLowerCase();
    if (TRUE_WORDS.has(word)) return scalarAt(node, true);
    if (FALSE_WORDS.has(word)) return scalarAt(node, false);
  }
  return wrongType(reading, node, path, 'true or false');
};

/** A whole number, also as a text (`"${REPLICAS}"`). */
export function whole(minimum: number, maximum: number): Reader {
  return (reading, node, path) => {
    const value = node.kind === 'scalar' ? wholeNumber(node) : undefined;
    if (value === undefined) return wrongType(reading, node, path, 'a whole number');
    if (value >= minimum && value <= maximum) return scalarAt(node, value);
    const message = `${value} is not between ${minimum} and ${maximum}`;
    return reading.at('E_COMPOSE_VALUE', node, path, message);
  };
}

function wholeNumber(node: ComposeScalar): number | undefined {
  if (typeof node.value === 'number') return Number.isInteger(node.value) ? node.value : undefined;
  if (typeof node.value !== 'string' || !/^[-+]?[0-9]{1,15}$/.test(node.value)) return undefined;
  return Number(node.value);
}

/** A number, also as a text. */
export const decimal: Reader = (reading, node, path) => {
  if (node.kind === 'scalar' && typeof node.value === 'number') return node;
  const textual = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
  if (!/^[0-9]{0,12}(?:\.[0-9]{1,12})?$/.test(textual) || textual === '') {
    return wrongType(reading, node, path, 'a number');
  }
  return scalarAt(node, Number(textual));
};

/** A text or a number; a number becomes its text. */
export const textOrNumber: Reader = (reading, node, path) => {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    return wrongType(reading, node, path, 'a text or a number');
  }
  return typeof node.value === 'number' ? scalarAt(node, node.shown ?? node.text) : node;
};

/** What Compose writes for an unquoted number or boolean, with a warning when that is another text. */
export function scalarText(reading: Reading, node: ComposeScalar, path: string): ComposeScalar {
  if (node.value === null) return node;
  const written = node.shown ?? node.text;
  if (node.shown !== undefined && typeof node.value !== 'boolean') {
    const message = `unquoted, ${node.text} is read as ${written}`;
    reading.at('W_SCALAR_CHANGED', node, path, message, `put it in quotes: "${node.text}"`);
  }
  return scalarAt(node, written);
}

/** A list with one reader for its items. */
export function list(item: Reader): Reader {
  return (reading, node, path) => {
    if (node.kind !== 'seq') return wrongType(reading, node, path, 'a list');
    return seqAt(node, readItems(reading, node.items, path, item));
  };
}

export function readItems(
  reading: Reading,
  items: readonly ComposeNode[],
  path: string,
  reader: Reader,
): ComposeNode[] {
  return items.flatMap((item, index) => reader(reading, item, joinPath(path, index)) ?? []);
}

/** A map with free names and one reader for its values; a null value is kept unless it says not. */
export function mapOf(reader: Reader, options = { nullIsKept: true }): Reader {
  return (reading, node, path) => {
    if (node.kind !== 'map') return wrongType(reading, node, path, 'a mapping');
    const entries = new Map<string, ComposeEntry>();
    for (const [key, entry] of node.entries) {
      const kept = options.nullIsKept && isNull(entry.value);
      const value = kept ? entry.value : reader(reading, entry.value, joinPath(path, key));
      if (value) entries.set(key, { ...entry, value: keepTag(entry.value, value) });
    }
    return mapAt(node, entries);
  };
}

/** A list of `KEY=value`, or a map; the map is what comes out. */
export function keyValues(options: { readonly bare: 'null' | 'empty' }): Reader {
  return (reading, node, path) => {
    if (node.kind === 'seq') return keyValueList(reading, node.items, node, path, options.bare);
    if (node.kind !== 'map') return wrongType(reading, node, path, 'a mapping or a list');
    const entries = new Map<string, ComposeEntry>();
    for (const [key, entry] of node.entries) {
      const at = joinPath(path, key);
      if (entry.value.kind !== 'scalar') {
        wrongType(reading, entry.value, at, 'a text, a number, true, false or empty');
        continue;
      }
      const bare = entry.value.value === null && options.bare === 'empty';
      const value = bare ? scalarAt(entry.value, '') : scalarText(reading, entry.value, at);
      entries.set(key, { ...entry, value: keepTag(entry.value, value) });
    }
    return mapAt(node, entries);
  };
}

function keyValueList(
  reading: Reading,
  items: readonly ComposeNode[],
  node: ComposeNode,
  path: string,
  bare: 'null' | 'empty',
): ComposeNode {
  const entries = new Map<string, ComposeEntry>();
  for (const [index, item] of items.entries()) {
    const at = joinPath(path, index);
    const found = text(reading, item, at);
    if (found?.kind !== 'scalar') continue;
    const written = String(found.value);
    const equals = written.indexOf('=');
    const key = equals < 0 ? written : written.slice(0, equals);
    if (isRefusedKey(reading, item, at, key)) continue;
    const none = bare === 'null' ? null : '';
    const value = equals < 0 ? none : written.slice(equals + 1);
    entries.set(key, entryAt(item, scalarAt(item, value)));
  }
  return mapAt(node, entries);
}

export function isRefusedKey(
  reading: Reading,
  node: ComposeNode,
  path: string,
  key: string,
): boolean {
  if (key === '') {
    reading.at('E_COMPOSE_VALUE', node, path, 'the name before = is empty');
    return true;
  }
  if (!isForbiddenKey(key)) return false;
  reading.at('E_YAML_KEY', node, path, `the key ${JSON.stringify(key)} is not allowed`);
  return true;
}

export function wrongType(
  reading: Reading,
  node: ComposeNode,
  path: string,
  wanted: string,
): undefined {
  return reading.at('E_TYPE', node, path, `must be ${wanted}, not ${typeName(node)}`);
}

function typeName(node: ComposeNode): string {
  if (node.kind === 'map') return 'a mapping';
  if (node.kind === 'seq') return 'a list';
  if (node.value === null) return 'empty';
  if (typeof node.value === 'boolean') return `the boolean ${node.text}`;
  const shown = node.text.length > 60 ? `${node.text.slice(0, 60)}…` : node.text;
  return typeof node.value === 'number' ? `the number ${shown}` : JSON.stringify(shown);
}
