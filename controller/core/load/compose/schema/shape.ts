import { nearestHint } from '../../../../../schemas/nearest.ts';
import type { ComposeEntry, ComposeMap, ComposeNode, ComposeScalar, ComposeSeq } from '../node.ts';
import type { Reading } from '../reading.ts';
import { Trail } from '../trail.ts';
import { sameValue } from './same-value.ts';

/** One walk over a tree. */
export interface Check {
  readonly reading: Reading;
  readonly trail: Trail;
}

/** What may stand in one place. `read` gives undefined for what it has reported. */
export interface Shape {
  /** Completes "must be …". */
  readonly wanted: string;
  readonly accepts: (node: ComposeNode) => boolean;
  readonly read: (check: Check, node: ComposeNode) => ComposeNode | undefined;
}

/** The tree without what does not fit; everything that does not fit is reported. */
export function checkShape(reading: Reading, root: ComposeNode, shape: Shape) {
  return readWith({ reading, trail: new Trail() }, root, shape);
}

export function readWith(check: Check, node: ComposeNode, shape: Shape): ComposeNode | undefined {
  return shape.accepts(node) ? shape.read(check, node) : wrongType(check, node, shape.wanted);
}

export function wrongType(check: Check, node: ComposeNode, wanted: string): undefined {
  const message = `must be ${wanted}, not ${describe(node)}`;
  check.reading.at('E_TYPE', node, check.trail.path, message, quoteHint(node, wanted));
}

function quoteHint(node: ComposeNode, wanted: string): string | undefined {
  if (node.kind !== 'scalar' || node.value === null || !/\ba text\b/.test(wanted)) return undefined;
  const typed = typeof node.value !== 'string' || node.special !== undefined;
  return typed ? `put it in quotes: "${node.text}"` : undefined;
}

export function wrongValue(check: Check, node: ComposeNode, message: string, hint?: string) {
  check.reading.at('E_COMPOSE_VALUE', node, check.trail.path, message, hint);
  return undefined;
}

function describe(node: ComposeNode): string {
  if (node.kind === 'map') return 'a mapping';
  if (node.kind === 'seq') return 'a list';
  if (node.value === null) return 'empty';
  if (node.special === 'date') return `the date ${node.text}`;
  if (typeof node.value === 'boolean') return `the boolean ${node.text}`;
  const shown = node.text.length > 60 ? `${node.text.slice(0, 60)}…` : node.text;
  return isNumber(node) ? `the number ${shown}` : JSON.stringify(shown);
}

export const isText = (node: ComposeNode): node is ComposeScalar =>
  node.kind === 'scalar' && typeof node.value === 'string' && node.special === undefined;

export const isNumber = (node: ComposeNode): node is ComposeScalar =>
  node.kind === 'scalar' && (typeof node.value === 'number' || node.special === 'number');

const isWhole = (node: ComposeNode): boolean =>
  isNumber(node) && (Number.isInteger(node.value) || /^[-+]?[0-9]+$/.test(String(node.value)));

const isBoolean = (node: ComposeNode): boolean =>
  node.kind === 'scalar' && typeof node.value === 'boolean';

const isEmpty = (node: ComposeNode): boolean => node.kind === 'scalar' && node.value === null;

const scalar = (wanted: string, accepts: Shape['accepts']): Shape => ({
  wanted,
  accepts,
  read: (_, node) => node,
});

export const text = scalar('a text', isText);
export const number = scalar('a number', isNumber);
export const whole = scalar('a whole number', isWhole);
export const flag = scalar('true or false', isBoolean);
export const nothing = scalar('empty', isEmpty);
export const anything = scalar('anything', () => true);

/** The first of several shapes that takes the kind of value that stands there. */
export function either(...shapes: readonly Shape[]): Shape {
  const wanted = shapes.filter((shape) => shape !== nothing).map((shape) => shape.wanted);
  return {
    wanted: wanted.length < 2 ? (wanted[0] ?? '') : listed(wanted),
    accepts: (node) => shapes.some((shape) => shape.accepts(node)),
    read: (check, node) => shapes.find((shape) => shape.accepts(node))?.read(check, node),
  };
}

const listed = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** A text that holds `pattern` somewhere; `what` completes "is not …". */
export const matching = (pattern: RegExp, what: string): Shape => ({
  ...text,
  read(check, node) {
    const written = node.kind === 'scalar' ? String(node.value) : '';
    if (pattern.test(written)) return node;
    return wrongValue(check, node, `${JSON.stringify(written.slice(0, 100))} is not ${what}`);
  },
});

export const oneOf = (...allowed: readonly string[]): Shape => ({
  ...text,
  read(check, node) {
    const written = node.kind === 'scalar' ? String(node.value) : '';
    if (allowed.includes(written)) return node;
    const message = `${JSON.stringify(written.slice(0, 100))} is not one of ${allowed.join(', ')}`;
    return wrongValue(check, node, message, nearestHint(written, allowed));
  },
});

export const between = (minimum: number, maximum: number): Shape => ({
  ...whole,
  read(check, node) {
    const value = node.kind === 'scalar' ? Number(node.value) : Number.NaN;
    if (value >= minimum && value <= maximum) return node;
    const range =
      maximum === Number.POSITIVE_INFINITY
        ? `at least ${minimum}`
        : `between ${minimum} and ${maximum}`;
    return wrongValue(check, node, `${value} is not ${range}`);
  },
});

/** `distinct`: the same value must not stand there twice. */
export const list = (item: Shape, options: { readonly distinct?: true } = {}): Shape => ({
  wanted: 'a list',
  accepts: (node) => node.kind === 'seq',
  read: (check, node) => readItems(check, node as ComposeSeq, item, options.distinct ?? false),
});

function readItems(check: Check, node: ComposeSeq, shape: Shape, distinct: boolean): ComposeSeq {
  let changed = false;
  const items = node.items.flatMap((item, index) =>
    check.trail.within(index, () => {
      const value = readWith(check, item, shape);
      changed ||= value !== item;
      return value ?? [];
    }),
  );
  if (distinct) reportRepeats(check, node);
  return changed ? { ...node, items } : node;
}

function reportRepeats(check: Check, node: ComposeSeq): void {
  const seen = new Set<string>();
  for (const [index, item] of node.items.entries()) {
    const value = sameValue(item);
    if (seen.has(value)) {
      const shown = item.kind === 'scalar' ? JSON.stringify(item.text.slice(0, 60)) : 'this';
      check.trail.within(index, () => wrongValue(check, item, `${shown} stands here twice`));
    }
    seen.add(value);
  }
}

export interface RecordOptions {
  readonly required?: readonly string[];
  /** Whether `x-…` may stand there; Compose has some places where it may not. */
  readonly extensions?: false;
  /** Other keys are taken as they are. */
  readonly open?: true;
}

/** A mapping with a closed list of keys. */
export function record(
  fields: Readonly<Record<string, Shape>>,
  options: RecordOptions = {},
): Shape {
  const table = new Map(Object.entries(fields));
  return {
    wanted: 'a mapping',
    accepts: (node) => node.kind === 'map',
    read(check, node) {
      const map = node as ComposeMap;
      for (const key of options.required ?? []) reportMissing(check, map, key);
      return readEntries(check, map, (key, entry) => {
        const shape = table.get(key);
        if (shape) return readWith(check, entry.value, shape);
        const free = options.open || (options.extensions !== false && key.startsWith('x-'));
        return free ? entry.value : unknownKey(check, key, entry, table.keys());
      });
    },
  };
}

function reportMissing(check: Check, map: ComposeMap, key: string): void {
  if (map.entries.has(key)) return;
  const message = `the field ${JSON.stringify(key)} is missing`;
  check.reading.at('E_FIELD_MISSING', map, check.trail.path, message);
}

function unknownKey(
  check: Check,
  key: string,
  entry: ComposeEntry,
  known: Iterable<string>,
): undefined {
  const message = `unknown key ${JSON.stringify(key.slice(0, 100))}`;
  return check.reading.atKey(
    'E_FIELD_UNKNOWN',
    entry,
    check.trail.path,
    message,
    nearestHint(key, known),
  );
}

/** A mapping by names; names that `key` does not match are refused, or taken as they are. */
export const mapOf = (
  shape: Shape,
  key?: { readonly pattern: RegExp; readonly others: 'refused' | 'free' },
): Shape => ({
  wanted: 'a mapping',
  accepts: (node) => node.kind === 'map',
  read: (check, node) =>
    readEntries(check, node as ComposeMap, (name, entry) => {
      if (!key || key.pattern.test(name)) return readWith(check, entry.value, shape);
      if (key.others === 'free') return entry.value;
      const message = `${JSON.stringify(name.slice(0, 60))} is not a name; letters, digits, . _ - only`;
      return check.reading.atKey('E_COMPOSE_VALUE', entry, check.trail.path, message);
    }),
});

function readEntries(
  check: Check,
  map: ComposeMap,
  read: (key: string, entry: ComposeEntry) => ComposeNode | undefined,
): ComposeMap {
  let entries: Map<string, ComposeEntry> | undefined;
  for (const [key, entry] of map.entries) {
    const value = check.trail.within(key, () => read(key, entry));
    if (value === entry.value) continue;
    entries ??= new Map(map.entries);
    if (value) entries.set(key, { ...entry, value });
    else entries.delete(key);
  }
  return entries ? { ...map, entries } : map;
}
