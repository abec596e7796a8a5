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
      const typed = node.plain ? node.tag !== '!!str' : isTyped(node.tag);
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

const isTyped = (tag: string | undefined): boolean =>
  tag === '!!int' || tag === '!!float' || tag === '!!bool' || tag === '!!null';

function adoptEntries(
  reading: Reading,
  node: YamlMap,
  from: Origin,
  path: string,
): Map<string, ComposeEntry> {
  const entries = new Map<string, ComposeEntry>();
  for (const [key, { keyAt, value }] of node.entries) {
    if (key === '<<') continue;
    const adopted = adopt(reading, value, from, joinPath(path, key));
    entries.set(key, { keyAt, keyFrom: from, value: adopted });
  }
  const merge = node.entries.get('<<');
  if (!merge) return entries;
  const sources = merge.value.kind === 'seq' ? merge.value.items : [merge.value];
  for (const source of sources) {
    if (source.kind !== 'map') {
      const place = adopt(reading, source, from, path);
      reading.at('E_YAML_MERGE', place, joinPath(path, '<<'), 'only a mapping can be merged');
      continue;
    }
    for (const [key, entry] of adoptEntries(reading, source, from, path)) {
      if (!entries.has(key)) entries.set(key, entry);
    }
  }
  return entries;
}
