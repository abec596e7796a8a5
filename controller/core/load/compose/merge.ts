import { type ComposeEntry, type ComposeMap, type ComposeNode, isNull, textOf } from './node.ts';

/** Lists whose items are told apart by something: a later item takes the place of an earlier one. */
const ITEM_KEYS: Readonly<Record<string, (item: ComposeNode) => string>> = {
  ports: (item) =>
    ['host_ip', 'published', 'target', 'protocol'].map((key) => textOf(item, key)).join(' '),
  volumes: (item) => textOf(item, 'target') ?? '',
  configs: (item) => textOf(item, 'target') ?? textOf(item, 'source') ?? '',
  secrets: (item) => textOf(item, 'target') ?? textOf(item, 'source') ?? '',
  expose: scalarKey,
  extra_hosts: scalarKey,
};

/** Merges canonical files in order: the Compose Specification, "Merge". */
export function mergeFiles(files: readonly ComposeMap[]): ComposeMap | undefined {
  const [first, ...rest] = files;
  if (!first) return undefined;
  const merged = rest.reduce<ComposeNode>((base, over) => mergeNode(base, over, []), first);
  return uniqueLists(withoutResets(merged) as ComposeMap);
}

/** Also within one file the later of two equal items wins. */
function uniqueLists(root: ComposeMap): ComposeMap {
  const services = root.entries.get('services');
  if (services?.value.kind !== 'map') return root;
  const entries = new Map<string, ComposeEntry>();
  for (const [name, entry] of services.value.entries) {
    entries.set(name, { ...entry, value: uniqueService(entry.value) });
  }
  const value = { ...services.value, entries };
  return { ...root, entries: new Map([...root.entries, ['services', { ...services, value }]]) };
}

function uniqueService(service: ComposeNode): ComposeNode {
  if (service.kind !== 'map') return service;
  const entries = new Map(service.entries);
  for (const key of Object.keys(ITEM_KEYS)) {
    const entry = entries.get(key);
    if (entry?.value.kind !== 'seq') continue;
    const items = mergeItems(entry.value.items, [], key);
    entries.set(key, { ...entry, value: { ...entry.value, items } });
  }
  return { ...service, entries };
}

function mergeNode(base: ComposeNode, over: ComposeNode, path: readonly string[]): ComposeNode {
  if (over.tag === '!reset' || over.tag === '!override') return over;
  if (replaces(path)) return over;
  if (base.kind === 'map' && over.kind === 'map') {
    return { ...base, entries: mergeEntries(base, over, path) };
  }
  if (base.kind === 'map' && isNull(over)) return base;
  if (base.kind === 'seq' && over.kind === 'seq') {
    const key = path.length === 3 && path[0] === 'services' ? path[2] : undefined;
    return { ...base, items: mergeItems(base.items, over.items, key) };
  }
  return over;
}

function mergeEntries(
  base: ComposeMap,
  over: ComposeMap,
  path: readonly string[],
): Map<string, ComposeEntry> {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const before = entries.get(key);
    if (!before || key.startsWith('x-')) entries.set(key, entry);
    else
      entries.set(key, { ...entry, value: mergeNode(before.value, entry.value, [...path, key]) });
  }
  return entries;
}

/** `command`, `entrypoint` and a health test are replaced whole. */
function replaces(path: readonly string[]): boolean {
  if (path[0] !== 'services') return false;
  const within = path.slice(2).join('.');
  return within === 'command' || within === 'entrypoint' || within === 'healthcheck.test';
}

function mergeItems(
  base: readonly ComposeNode[],
  over: readonly ComposeNode[],
  key: string | undefined,
): readonly ComposeNode[] {
  const keyOf = key === undefined ? undefined : ITEM_KEYS[key];
  if (!keyOf) return [...base, ...over];
  const items = new Map<string, ComposeNode>();
  for (const item of [...base, ...over]) items.set(keyOf(item), item);
  return [...items.values()];
}

function scalarKey(item: ComposeNode): string {
  return item.kind === 'scalar' ? String(item.value) : '';
}

function withoutResets(node: ComposeNode): ComposeNode {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'seq') return { ...node, items: node.items.map(withoutResets) };
  const entries = new Map<string, ComposeEntry>();
  for (const [key, entry] of node.entries) {
    if (entry.value.tag !== '!reset')
      entries.set(key, { ...entry, value: withoutResets(entry.value) });
  }
  return { ...node, entries };
}
