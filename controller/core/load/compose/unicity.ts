import type { ComposeEntry, ComposeMap, ComposeNode, ComposeSeq } from './node.ts';
import { mapAt, textOf } from './node.ts';

/** What tells the items of a list apart: of two alike, the later takes the place of the earlier. */
type ItemKey = (item: ComposeNode) => string;

interface UniqueTree {
  readonly key?: ItemKey;
  readonly keys?: ReadonlyMap<string, UniqueTree>;
  readonly each?: UniqueTree;
}

const scalarText: ItemKey = (item) => (item.kind === 'scalar' ? (item.shown ?? item.text) : '');

const beforeEquals: ItemKey = (item) => scalarText(item).split('=', 1)[0] ?? '';

const volumeTarget: ItemKey = (item) => textOf(item, 'target') ?? shortTarget(scalarText(item));

/** `source:target:options`; a source may be a Windows path. */
function shortTarget(text: string): string {
  const fields = text.split(':');
  const drive = /^[A-Za-z]$/.test(fields[0] ?? '') && /^[\\/]/.test(fields[1] ?? '');
  const [source = '', target] = drive ? fields.slice(1) : fields;
  return target ?? source;
}

const deviceTarget: ItemKey = (item) => {
  if (item.kind !== 'scalar') return textOf(item, 'target') ?? '';
  const [source = '', target] = scalarText(item).split(':');
  return target ?? source;
};

const mountedAt =
  (folder: string): ItemKey =>
  (item) => {
    if (item.kind === 'scalar') return `${folder}/${scalarText(item)}`;
    return textOf(item, 'target') ?? `${folder}/${textOf(item, 'source') ?? ''}`;
  };

const port: ItemKey = (item) => {
  if (item.kind === 'scalar') return scalarText(item);
  const host = textOf(item, 'host_ip') ?? '0.0.0.0';
  const protocol = textOf(item, 'protocol') ?? 'tcp';
  return `${host}:${textOf(item, 'published') ?? ''}:${textOf(item, 'target')}/${protocol}`;
};

const envFile: ItemKey = (item) => textOf(item, 'path') ?? scalarText(item);

const keys = (members: Readonly<Record<string, UniqueTree>>): UniqueTree => ({
  keys: new Map(Object.entries(members)),
});
const by = (key: ItemKey): UniqueTree => ({ key });
const pairs = by(beforeEquals);

const TREE = keys({
  networks: { each: keys({ labels: pairs }) },
  services: {
    each: keys({
      annotations: pairs,
      build: keys({ args: pairs, additional_contexts: pairs, tags: pairs, labels: pairs }),
      cap_add: pairs,
      cap_drop: pairs,
      devices: by(deviceTarget),
      configs: by(mountedAt('')),
      deploy: keys({ labels: pairs }),
      dns: pairs,
      dns_opt: pairs,
      dns_search: pairs,
      environment: pairs,
      env_file: by(envFile),
      expose: by(scalarText),
      labels: pairs,
      links: pairs,
      networks: { each: keys({ aliases: pairs, link_local_ips: pairs }) },
      ports: by(port),
      profiles: pairs,
      secrets: by(mountedAt('/run/secrets')),
      sysctls: pairs,
      tmpfs: pairs,
      volumes: by(volumeTarget),
    }),
  },
});

/** Every list in which an item may stand once only; the same root where nothing stands twice. */
export const uniqueLists = (root: ComposeMap): ComposeMap => unique(root, TREE) as ComposeMap;

function unique(node: ComposeNode, tree: UniqueTree): ComposeNode {
  if (node.kind === 'seq') return tree.key ? uniqueItems(node, tree.key) : node;
  if (node.kind !== 'map') return node;
  let entries: Map<string, ComposeEntry> | undefined;
  for (const [key, entry] of node.entries) {
    const below = tree.keys?.get(key) ?? tree.each;
    const value = below ? unique(entry.value, below) : entry.value;
    if (value === entry.value) continue;
    entries ??= new Map(node.entries);
    entries.set(key, { ...entry, value });
  }
  return entries ? mapAt(node, entries) : node;
}

function uniqueItems(node: ComposeSeq, keyOf: ItemKey): ComposeSeq {
  if (node.items.length < 2) return node;
  const items = new Map<string, ComposeNode>();
  for (const item of node.items) items.set(keyOf(item), item);
  return items.size === node.items.length ? node : { ...node, items: [...items.values()] };
}
