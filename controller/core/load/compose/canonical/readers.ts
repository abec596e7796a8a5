import { nearestHint } from '../../../../../schemas/nearest.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  entryAt,
  isNull,
  mapAt,
  seqAt,
} from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';

/**
 * Checks a value and brings it into its canonical form. Undefined = it says nothing, or it was
 * reported.
 */
export type Reader = (reading: Reading, node: ComposeNode, path: string) => ComposeNode | undefined;

export interface FieldTable {
  readonly fields: Readonly<Record<string, Reader>>;
  readonly required?: readonly string[];
  /** Keys that Compose allows and drops. */
  readonly dropped?: readonly string[];
  /** Keys that Compose prints even where nobody wrote them: empty mappings. */
  readonly filled?: readonly string[];
  /** Compose looks at no other key here; true only where its schema forgets to. */
  readonly open?: boolean;
  /** Not even `x-…` may stand here. */
  readonly closed?: boolean;
}

/**
 * A map with a closed list of keys; `x-…` may stand there and says nothing. What Compose leaves
 * out of its output (false, 0, an empty text, list or mapping) is left out, unless `kept` says not.
 */
export function record(table: FieldTable): Reader {
  return (reading, node, path) => {
    if (node.kind !== 'map') return wrongType(reading, node, path, 'a mapping');
    const entries = new Map<string, ComposeEntry>();
    for (const [key, entry] of node.entries) {
      const value = readField(reading, table, key, entry, joinPath(path, key));
      if (value) entries.set(key, { ...entry, value });
    }
    completeRecord(reading, table, node, path, entries);
    return mapAt(node, entries);
  };
}

function completeRecord(
  reading: Reading,
  { required = [], filled = [] }: FieldTable,
  node: ComposeMap,
  path: string,
  entries: Map<string, ComposeEntry>,
): void {
  for (const key of required) {
    if (node.entries.has(key)) continue;
    const message = `the field ${JSON.stringify(key)} is missing`;
    reading.at('E_FIELD_MISSING', node, path, message);
  }
  for (const key of filled) {
    if (!entries.has(key)) entries.set(key, entryAt(node, mapAt(node, new Map())));
  }
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
    const { tag } = entry.value;
    if (tag === '!reset') return entry.value;
    const value = reader(reading, entry.value, path);
    if (!value) return undefined;
    // A tag still has to be seen by the merge.
    if (tag !== undefined) return { ...value, tag };
    return isEmpty(value) && !keptReaders.has(reader) ? undefined : value;
  }
  if (key.startsWith('x-') && !table.closed) return tellMisplaced(reading, key, entry, path);
  if (table.open) return undefined;
  if (table.dropped?.includes(key)) return tellDropped(reading, entry, path);
  const hint = nearestHint(key, Object.keys(table.fields));
  return reading.atKey('E_FIELD_UNKNOWN', entry, path, `unknown key ${JSON.stringify(key)}`, hint);
}

/** Our own extension means something in a service alone; others are nobody's business. */
function tellMisplaced(
  reading: Reading,
  key: string,
  entry: ComposeEntry,
  path: string,
): undefined {
  if (key !== 'x-skep') return undefined;
  const message = '"x-skep" is left out: it is read in a service alone';
  return reading.atKey('W_COMPOSE_IGNORED', entry, path, message);
}

function isEmpty(node: ComposeNode): boolean {
  switch (node.kind) {
    case 'scalar':
      return [null, false, 0, ''].includes(node.value);
    case 'seq':
      return node.items.length === 0;
    case 'map':
      return node.entries.size === 0;
  }
}

const keptReaders = new WeakSet<Reader>();

/** An empty value says something here: it is not left out. */
export function kept(reader: Reader): Reader {
  const wrapped: Reader = (reading, node, path) => reader(reading, node, path);
  keptReaders.add(wrapped);
  return wrapped;
}

/** Null is allowed, and says nothing. */
export const nullable =
  (reader: Reader): Reader =>
  (reading, node, path) =>
    isNull(node) ? undefined : reader(reading, node, path);

function tellDropped(reading: Reading, entry: ComposeEntry, path: string): undefined {
  return reading.atKey('W_COMPOSE_IGNORED', entry, path, 'Compose reads it and leaves it out');
}

/** Checked, and left out as Compose leaves it out. */
export const dropped =
  (reader: Reader): Reader =>
  (reading, node, path) => {
    const entry = entryAt(node, node);
    return reader(reading, node, path) && tellDropped(reading, entry, path);
  };

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
    const hint = nearestHint(String(found.value), allowed);
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

/** A list with one reader for its items. */
export function list(item: Reader): Reader {
  return (reading, node, path) => {
    if (node.kind !== 'seq') return wrongType(reading, node, path, 'a list');
    return seqAt(node, readItems(reading, node.items, path, item));
  };
}

export const texts: Reader = list(text);

/** One value or a list of them; a list comes out. */
export function listOrOne(item: Reader): Reader {
  const many = list(item);
  return (reading, node, path) => {
    if (node.kind === 'seq') return many(reading, node, path);
    const one = item(reading, node, path);
    return one && seqAt(node, [one]);
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

/** A map with free names and one reader for its values; with `nulls`, a null value is kept. */
export function mapOf(reader: Reader, options: { readonly nulls?: boolean } = {}): Reader {
  return (reading, node, path) => {
    if (node.kind !== 'map') return wrongType(reading, node, path, 'a mapping');
    const entries = new Map<string, ComposeEntry>();
    for (const [key, entry] of node.entries) {
      const { value } = entry;
      const asIs = value.tag === '!reset' || (options.nulls === true && isNull(value));
      const read = asIs ? value : reader(reading, value, joinPath(path, key));
      if (read) entries.set(key, { ...entry, value: keepTag(value, read) });
    }
    return mapAt(node, entries);
  };
}

export function keepTag(before: ComposeNode, after: ComposeNode): ComposeNode {
  return before.tag === undefined ? after : { ...after, tag: before.tag };
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
