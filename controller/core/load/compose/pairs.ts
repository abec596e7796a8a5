import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  type ComposeScalar,
  entryAt,
  isNull,
  mapAt,
  scalarAt,
} from './node.ts';

/** A list of `KEY=value`, one such text, or a mapping -> a mapping; undefined for anything else. */
export function pairsToMap(node: ComposeNode): ComposeMap | undefined {
  if (node.kind === 'map') return node;
  if (node.kind === 'scalar' && typeof node.value !== 'string') return undefined;
  const entries = new Map<string, ComposeEntry>();
  for (const item of toItems(node)) {
    if (item.kind !== 'scalar') return undefined;
    const [key, value] = splitPair(item);
    entries.set(key, entryAt(item, value === undefined ? scalarAt(item, null) : value));
  }
  return mapAt(node, entries);
}

function splitPair(item: ComposeScalar): [key: string, value: ComposeNode | undefined] {
  const written = String(item.value);
  const equals = written.indexOf('=');
  if (equals < 0) return [written, undefined];
  return [written.slice(0, equals), scalarAt(item, written.slice(equals + 1))];
}

/** One value or a list -> a list; a mapping -> `key=value` texts in order of the keys. */
export function toItems(node: ComposeNode): readonly ComposeNode[] {
  if (node.kind === 'seq') return node.items;
  if (node.kind === 'map') return pairLines(node);
  return isNull(node) ? [] : [node];
}

function pairLines(map: ComposeMap): readonly ComposeNode[] {
  const lines: ComposeScalar[] = [];
  for (const [key, { value }] of map.entries) {
    const values = value.kind === 'seq' ? value.items : [value];
    for (const one of values) {
      const shown = one.kind === 'scalar' && !isNull(one) ? `${key}=${goText(one)}` : key;
      lines.push(scalarAt(one, shown));
    }
  }
  return lines.sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)));
}

const goText = (node: ComposeScalar): string => node.shown ?? node.text;
