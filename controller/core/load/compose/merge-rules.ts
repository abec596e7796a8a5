import {
  type ComposeMap,
  type ComposeNode,
  type ComposeSeq,
  childOf,
  entryAt,
  isNull,
  mapAt,
  recordAt,
  scalarAt,
  seqAt,
  textOf,
} from './node.ts';
import { pairsToMap, toItems } from './pairs.ts';

/** What a rule may call back for. */
export interface Merging {
  /** Merges key by key. */
  maps(base: ComposeMap, over: ComposeMap, rules: MergeRule | undefined): ComposeMap;
}

/** How two values of one place become one. Without `merge`: maps by key, lists one after the other. */
export interface MergeRule {
  /** Undefined = the two cannot be merged. */
  readonly merge?: (
    merge: Merging,
    base: ComposeNode,
    over: ComposeNode,
    rule: MergeRule,
  ) => ComposeNode | undefined;
  readonly keys?: ReadonlyMap<string, MergeRule>;
  readonly each?: MergeRule;
}

export function ruleBelow(rule: MergeRule | undefined, key: string): MergeRule | undefined {
  return rule?.keys?.get(key) ?? rule?.each;
}

const keys = (members: Readonly<Record<string, MergeRule>>): MergeRule => ({
  keys: new Map(Object.entries(members)),
});

const replace: MergeRule = { merge: (_, __, over) => over };

/** `KEY=value` lists and mappings alike: the later value of a name wins. */
const pairs: MergeRule = {
  merge(_, base, over) {
    const below = pairsToMap(base);
    const above = pairsToMap(over);
    if (isNull(over)) return below ?? base;
    if (!above) return undefined;
    return below ? mapAt(below, new Map([...below.entries, ...above.entries])) : above;
  },
};

/** One value or a list: the values of both. */
const appended: MergeRule = {
  merge: (_, base, over) => seqAt(base, [...toItems(base), ...toItems(over)]),
};

/** Lines that stand in the base already are left out. */
const hosts: MergeRule = {
  merge(_, base, over) {
    const lines = toItems(base);
    const known = new Set(lines.map((line) => (line.kind === 'scalar' ? line.value : '')));
    const more = toItems(over).filter((line) => {
      return line.kind !== 'scalar' || !known.has(line.value);
    });
    return seqAt(base, [...lines, ...more]);
  },
};

/** A list of names, or a mapping by name. */
const named = (member: (item: ComposeNode) => ComposeNode): MergeRule => ({
  merge(merge, base, over) {
    const below = namesToMap(base, member);
    const above = namesToMap(over, member);
    if (!above) return isNull(over) ? base : undefined;
    return below ? merge.maps(below, above, undefined) : above;
  },
});

function namesToMap(
  node: ComposeNode,
  member: (item: ComposeNode) => ComposeNode,
): ComposeMap | undefined {
  if (node.kind === 'map') return node;
  if (node.kind !== 'seq') return undefined;
  const names = node.items.filter((item) => item.kind === 'scalar');
  return mapAt(
    node,
    new Map(names.map((name) => [String(name.value), entryAt(name, member(name))])),
  );
}

const started = (item: ComposeNode): ComposeNode =>
  recordAt(item, {
    condition: scalarAt(item, 'service_started'),
    required: scalarAt(item, true),
  });

/** A text is the build context. */
const build: MergeRule = {
  merge(merge, base, over, rule) {
    const below = withContext(base);
    const above = withContext(over);
    if (!above) return isNull(over) ? base : undefined;
    return below ? merge.maps(below, above, rule) : above;
  },
  keys: new Map([
    ['args', pairs],
    ['additional_contexts', pairs],
    ['extra_hosts', hosts],
    ['labels', pairs],
  ]),
};

function withContext(node: ComposeNode): ComposeMap | undefined {
  if (node.kind === 'map') return node;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  return recordAt(node, { context: node });
}

/** Options belong to their driver: another driver does not take them over. */
const logging: MergeRule = {
  merge(merge, base, over) {
    if (base.kind !== 'map' || over.kind !== 'map') return undefined;
    const below = textOf(base, 'driver');
    const above = textOf(over, 'driver');
    const same = below === undefined || above === undefined || below === above;
    return same ? merge.maps(base, over, undefined) : over;
  },
};

/** Address pools are told apart by their subnet. */
const pools: MergeRule = {
  merge(merge, base, over) {
    if (base.kind !== 'seq' || over.kind !== 'seq') return undefined;
    return seqAt(base, mergePools(merge, base, over));
  },
};

/**
 * Step by step as Compose does it, in which an empty list on either side leaves none, and a pool
 * of the base alone stays only where it comes to be compared after its counterpart was taken.
 */
function mergePools(merge: Merging, base: ComposeSeq, over: ComposeSeq): ComposeNode[] {
  const found: ComposeMap[] = [];
  const put = (pool: ComposeMap) => {
    const known = found.findIndex((one) => textOf(one, 'subnet') === textOf(pool, 'subnet'));
    if (known < 0) found.push(pool);
    else found[known] = pool;
  };
  for (const original of base.items) {
    if (original.kind !== 'map') continue;
    let below = original;
    for (const above of over.items) {
      if (above.kind !== 'map') continue;
      const subnet = textOf(above, 'subnet');
      const other = subnet !== textOf(below, 'subnet');
      if (other && !found.some((one) => textOf(one, 'subnet') === subnet)) {
        found.push(above);
        continue;
      }
      const merged = merge.maps(below, above, undefined);
      if (found.includes(below)) found[found.indexOf(below)] = merged;
      below = merged;
      put(below);
    }
  }
  return found;
}

/** `external: {name: …}` of a file before is its new form already: `external: true` and a name. */
const object = (members: Readonly<Record<string, MergeRule>>): MergeRule => ({
  ...keys(members),
  merge(merge, base, over, rule) {
    if (isNull(over)) return base;
    if (isNull(base)) return over;
    if (base.kind !== 'map' || over.kind !== 'map') return undefined;
    return merge.maps(withPlainExternal(base), over, rule);
  },
});

function withPlainExternal(base: ComposeMap): ComposeMap {
  const external = base.entries.get('external');
  const name = childOf(external?.value, 'name');
  if (external?.value.kind !== 'map') return base;
  const plain = { ...external, value: scalarAt(external.value, true) };
  const entries = new Map([...base.entries, ['external', plain]]);
  if (name && !entries.has('name')) entries.set('name', entryAt(name, name));
  return mapAt(base, entries);
}

/** Over a file before, `gpus: all` there is a list already; within a file it is a text like any. */
const gpus: MergeRule = {
  merge(_, base, over) {
    if (isNull(over)) return base;
    const all = () => recordAt(base, { count: scalarAt(base, 'all') });
    const below = base.kind === 'seq' ? base.items : [all()];
    return over.kind === 'seq' ? seqAt(base, [...below, ...over.items]) : undefined;
  },
};

const SERVICE_RULES = {
  annotations: pairs,
  build,
  command: replace,
  depends_on: named(started),
  deploy: keys({ labels: pairs }),
  dns: appended,
  dns_opt: appended,
  dns_search: appended,
  entrypoint: replace,
  env_file: appended,
  label_file: appended,
  environment: pairs,
  extra_hosts: hosts,
  healthcheck: keys({ test: replace }),
  labels: pairs,
  logging,
  models: named((item) => scalarAt(item, null)),
  networks: named((item) => scalarAt(item, null)),
  sysctls: pairs,
  tmpfs: appended,
  ulimits: { each: replace },
};

const SERVICE = keys(SERVICE_RULES);

const FILE = keys({
  services: { each: keys({ ...SERVICE_RULES, gpus }) },
  networks: { each: object({ ipam: keys({ config: pools }), labels: pairs }) },
  volumes: { each: object({ labels: appended }) },
  secrets: { each: object({}) },
  configs: { each: object({}) },
});

export const rulesOf = (root: 'file' | 'service'): MergeRule => (root === 'file' ? FILE : SERVICE);
