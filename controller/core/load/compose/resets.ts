import type { ComposeEntry, ComposeMap, ComposeNode, ComposeSeq } from './node.ts';

/** What one file takes back of the files before it: keys with `!reset` or `!override` on them. */
export interface Resets {
  /** Present = everything here goes. */
  readonly all: boolean;
  readonly below: ReadonlyMap<string, Resets>;
}

export interface Resettled {
  readonly root: ComposeMap;
  readonly resets: Resets | undefined;
}

interface Growing {
  all: boolean;
  readonly below: Map<string, Growing>;
}

/** The file without what it resets and without the two tags, and what to take out of its base. */
export function takeResets(root: ComposeMap): Resettled {
  const resets = growing();
  const left = withoutResets(root, resets);
  const none = !resets.all && resets.below.size === 0;
  return { root: left as ComposeMap, resets: none ? undefined : resets };
}

const growing = (): Growing => ({ all: false, below: new Map() });

/** The same node where nothing in it is tagged. */
function withoutResets(node: ComposeNode, found: Growing): ComposeNode {
  switch (node.kind) {
    case 'scalar':
      return node;
    case 'seq':
      return seqWithoutResets(node);
    case 'map':
      return mapWithoutResets(node, found);
  }
}

function seqWithoutResets(node: ComposeSeq): ComposeSeq {
  const items = node.items.filter((item) => item.tag !== '!reset');
  const left = items.map((item) => withoutResets(untagged(item), growing()));
  const same = left.length === node.items.length && left.every((item, i) => item === items[i]);
  return same ? node : { ...node, items: left };
}

function mapWithoutResets(node: ComposeMap, found: Growing): ComposeMap {
  let entries: Map<string, ComposeEntry> | undefined;
  for (const [key, entry] of node.entries) {
    const below = growing();
    const { value } = entry;
    const left = value.tag === undefined ? withoutResets(value, below) : untagged(value);
    below.all = value.tag !== undefined;
    if (below.all || below.below.size > 0) found.below.set(key, below);
    if (left === value) continue;
    entries ??= new Map(node.entries);
    if (value.tag === '!reset') entries.delete(key);
    else entries.set(key, { ...entry, value: left });
  }
  return entries ? { ...node, entries } : node;
}

function untagged(node: ComposeNode): ComposeNode {
  if (node.tag === undefined) return node;
  const { tag: _, ...rest } = node;
  return rest;
}

/** A base without what a later file takes back. */
export function applyResets(base: ComposeNode, resets: Resets | undefined): ComposeNode {
  if (!resets || base.kind !== 'map') return base;
  const entries = new Map(base.entries);
  for (const [key, below] of resets.below) {
    const entry = entries.get(key);
    if (!entry) continue;
    if (below.all) entries.delete(key);
    else entries.set(key, { ...entry, value: applyResets(entry.value, below) });
  }
  return { ...base, entries };
}

/** What a file resets of one service. */
export function resetsOfService(resets: Resets | undefined, name: string): Resets | undefined {
  return resets?.below.get('services')?.below.get(name);
}
