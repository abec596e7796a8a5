import { type MergeRule, type Merging, ruleBelow, rulesOf } from './merge-rules.ts';
import type { ComposeEntry, ComposeMap, ComposeNode } from './node.ts';
import { isNull } from './node.ts';
import type { Reading } from './reading.ts';
import { Trail } from './trail.ts';

/** Merges a later file over an earlier one: the Compose Specification, "Merge". */
export function mergeFiles(reading: Reading, base: ComposeMap, over: ComposeMap): ComposeMap {
  return new Merge(reading).node(base, over, rulesOf('file')) as ComposeMap;
}

/** Merges a service over the one that it extends. */
export function mergeService(reading: Reading, base: ComposeNode, over: ComposeNode): ComposeNode {
  return new Merge(reading).node(base, over, rulesOf('service'));
}

/** One merge; rules may call back for what lies below them. */
class Merge implements Merging {
  readonly #reading: Reading;
  readonly #trail = new Trail();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  node(base: ComposeNode, over: ComposeNode, rules: MergeRule | undefined): ComposeNode {
    if (rules?.merge) return rules.merge(this, base, over, rules) ?? this.#refuse(base, over);
    if (isNull(over)) return base;
    if (base.kind === 'scalar') return over;
    if (base.kind === 'map' && over.kind === 'map') return this.maps(base, over, rules);
    if (base.kind === 'seq' && over.kind === 'seq') {
      return { ...base, items: [...base.items, ...over.items] };
    }
    return this.#refuse(base, over);
  }

  /** Key by key. */
  maps(base: ComposeMap, over: ComposeMap, rules: MergeRule | undefined): ComposeMap {
    const entries = new Map<string, ComposeEntry>(base.entries);
    for (const [key, entry] of over.entries) {
      const before = entries.get(key);
      if (!before) {
        entries.set(key, entry);
        continue;
      }
      const below = ruleBelow(rules, key);
      const value = this.#trail.within(key, () => this.node(before.value, entry.value, below));
      entries.set(key, value === before.value ? before : { ...entry, value });
    }
    return { ...base, entries };
  }

  #refuse(base: ComposeNode, over: ComposeNode): ComposeNode {
    const what = { map: 'a mapping', seq: 'a list', scalar: 'a single value' };
    const message = `${what[over.kind]} cannot be merged over ${what[base.kind]}`;
    const hint = 'write it as the file before does, or replace it with !override';
    this.#reading.at('E_TYPE', over, this.#trail.path, message, hint);
    return base;
  }
}
