import type { YamlMap, YamlNode } from '../yaml/node.ts';
import { resolveGoScalar } from './go-scalar.ts';
import type { ComposeEntry, ComposeNode, Origin } from './node.ts';
import { joinPath, type Reading } from './reading.ts';

/**
 * A parsed file -> Compose nodes: scalars as go-yaml reads them, merge keys (`<<`) merged, so that
 * every later phase, and every policy, sees what is merged.
 */
export function adopt(reading: Reading, node: YamlNode, from: Origin, path: string): ComposeNode {
  const { at } = node;
  const tag = node.tag === '!reset' || node.tag === '!override' ? { tag: node.tag } : undefined;
  switch (node.kind) {
    case 'scalar': {
      const { text } = node;
      const untyped = node.tag === '!!str' || node.tag === '!override';
      const typed = node.plain ? !untyped : isTyped(node.tag);
      if (!typed) return { kind: 'scalar', at, from, value: text, text, ...tag };
      const scalar = resolveGoScalar(text);
      const shown = scalar.text === text ? undefined : { shown: scalar.text };
      const { value, special } = scalar;
      const unlike = special === undefined ? undefined : { special };
      return { kind: 'scalar', at, from, value, text, ...shown, ...unlike, ...tag };
    }
    case 'seq': {
      const items = node.items.map((item, index) =>
        adopt(reading, item, from, joinPath(path, index)),
      );
      return { kind: 'seq', at, from, items, ...tag };
    }
    case 'map':
      return { kind: 'map', at, from, entries: adoptEntries(reading, node, from, path), ...tag };
  }
}

/** Begins as no number, null, true or false does: most keys. */
const SIMPLE_KEY = /^[a-eg-mo-su-zA-EG-MO-SU-Z_]/;

function isTextKey(key: string): boolean {
  if (SIMPLE_KEY.test(key)) return true;
  const { value, special } = resolveGoScalar(key);
  return typeof value === 'string' && special === undefined;
}

function reportKey(reading: Reading, entry: ComposeEntry, path: string, key: string): void {
  const message = `the key ${key === '' ? 'is empty' : `${key} is not a text`}`;
  reading.atKey('E_YAML_KEY', entry, path, message, `put it in quotes: "${key}"`);
}

const isTyped = (tag: string | undefined): boolean =>
  tag === '!!int' || tag === '!!float' || tag === '!!bool' || tag === '!!null';

function adoptEntries(
  reading: Reading,
  node: YamlMap,
  from: Origin,
  path: string,
): Map<string, ComposeEntry> {
  const entries = new Map<string, ComposeEntry>();
  for (const [key, { keyAt, keyPlain, value }] of node.entries) {
    if (key === '<<' && keyPlain) continue;
    const adopted = adopt(reading, value, from, joinPath(path, key));
    const entry = { keyAt, keyFrom: from, value: adopted };
    if (keyPlain && !isTextKey(key)) reportKey(reading, entry, joinPath(path, key), key);
    entries.set(key, entry);
  }
  const merge = node.entries.get('<<');
  if (!merge?.keyPlain) return entries;
  const sources = merge.value.kind === 'seq' ? merge.value.items : [merge.value];
  for (const source of sources) {
    for (const [key, entry] of mergedEntries(reading, source, from, path)) {
      if (!entries.has(key)) entries.set(key, entry);
    }
  }
  return entries;
}

function mergedEntries(
  reading: Reading,
  source: YamlNode,
  from: Origin,
  path: string,
): ReadonlyMap<string, ComposeEntry> {
  if (source.kind === 'map') return adoptEntries(reading, source, from, path);
  const place = adopt(reading, source, from, path);
  reading.at('E_YAML_MERGE', place, joinPath(path, '<<'), 'only a mapping can be merged');
  return new Map();
}
