import type { Place } from '../../../../schemas/domain/index.ts';
import { placeOf } from '../yaml/text.ts';

/** The file a value was written in. */
export interface Origin {
  readonly file: string;
  readonly lineStarts: readonly number[];
}

export type ComposeValue = string | number | boolean | null;

/** A value of a Compose file on its way to the model. It keeps its place through every phase. */
export type ComposeNode = ComposeScalar | ComposeMap | ComposeSeq;

interface NodeBase {
  readonly at: number;
  readonly from: Origin;
  /** `!reset` or `!override`, for the merge. */
  readonly tag?: string;
}

export interface ComposeScalar extends NodeBase {
  readonly kind: 'scalar';
  readonly value: ComposeValue;
  /** The text as written. */
  readonly text: string;
  /** What Compose makes of it where it wants a text; absent = what is written. */
  readonly shown?: string;
  /** A number that only its text holds (`.inf`, 2^63), or a date: no text, though `value` is one. */
  readonly special?: 'number' | 'date';
}

export interface ComposeMap extends NodeBase {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, ComposeEntry>;
}

export interface ComposeEntry {
  readonly keyAt: number;
  readonly keyFrom: Origin;
  readonly value: ComposeNode;
}

export interface ComposeSeq extends NodeBase {
  readonly kind: 'seq';
  readonly items: readonly ComposeNode[];
}

export const nodePlace = (node: NodeBase): Place =>
  placeOf(node.from.file, node.from.lineStarts, node.at);

export const keyPlace = (entry: ComposeEntry): Place =>
  placeOf(entry.keyFrom.file, entry.keyFrom.lineStarts, entry.keyAt);

export const isNull = (node: ComposeNode): boolean => node.kind === 'scalar' && node.value === null;

/** A scalar that stands where `node` stands. */
export function scalarAt(node: NodeBase, value: ComposeValue): ComposeScalar {
  const { at, from } = node;
  return { kind: 'scalar', at, from, value, text: value === null ? '' : String(value) };
}

export function mapAt(node: NodeBase, entries: ReadonlyMap<string, ComposeEntry>): ComposeMap {
  const { at, from } = node;
  return { kind: 'map', at, from, entries };
}

export function seqAt(node: NodeBase, items: readonly ComposeNode[]): ComposeSeq {
  const { at, from } = node;
  return { kind: 'seq', at, from, items };
}

/** An entry whose key stands where `node` stands. */
export function entryAt(node: NodeBase, value: ComposeNode): ComposeEntry {
  return { keyAt: node.at, keyFrom: node.from, value };
}

/** A map written by us at the place of `node`; undefined members are left out. */
export function recordAt(
  node: NodeBase,
  members: Readonly<Record<string, ComposeNode | undefined>>,
): ComposeMap {
  const entries = new Map<string, ComposeEntry>();
  for (const [key, value] of Object.entries(members)) {
    if (value) entries.set(key, entryAt(value, value));
  }
  return mapAt(node, entries);
}

export function childOf(node: ComposeNode | undefined, key: string): ComposeNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** Children of the map under `key`; none where there is no such map. */
export function entriesOf(
  node: ComposeNode | undefined,
  key: string,
): Iterable<[string, ComposeEntry]> {
  const found = childOf(node, key);
  return found?.kind === 'map' ? found.entries : [];
}

export function itemsOf(node: ComposeNode | undefined, key: string): readonly ComposeNode[] {
  const found = childOf(node, key);
  return found?.kind === 'seq' ? found.items : [];
}

/** The text of a scalar child, where it is one. */
export function textOf(node: ComposeNode | undefined, key: string): string | undefined {
  const found = childOf(node, key);
  if (found?.kind !== 'scalar' || found.value === null) return undefined;
  return String(found.value);
}
