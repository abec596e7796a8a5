import { posix } from 'node:path';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  type ComposeScalar,
  scalarAt,
} from './node.ts';

/** Paths by where they stand, from the root of a file; each says how it is rewritten. */
interface PathTree {
  readonly path?: (written: string) => boolean;
  /** A text with a path in it (`path:/target:ro`). */
  readonly text?: (written: string, move: (path: string) => string) => string;
  readonly keys?: ReadonlyMap<string, PathTree>;
  readonly each?: PathTree;
  /** Only where the mapping is one of these. */
  readonly when?: (map: ComposeMap) => boolean;
}

const WINDOWS = /^(?:[A-Za-z]:[\\/]|\\\\)/;

const isRelative = (written: string): boolean =>
  written !== '' && !/^[/~]/.test(written) && !WINDOWS.test(written);

const isContext = (written: string): boolean => {
  const elsewhere = /:\/\/|^service:|^github\.com\/|^git@/.test(written);
  return isRelative(written) && !elsewhere;
};

const keys = (members: Readonly<Record<string, PathTree>>): PathTree => ({
  keys: new Map(Object.entries(members)),
});
const local: PathTree = { path: isRelative };
const context: PathTree = { path: isContext };

/** `./data:/data` is a path, `data:/data` names a volume. */
const shortMount: PathTree['text'] = (written, move) => {
  const colon = written.indexOf(':');
  const source = colon < 0 ? '' : written.slice(0, colon);
  return source.startsWith('.') ? move(source) + written.slice(colon) : written;
};

/** `name=path`. */
const pair: PathTree['text'] = (written, move) => {
  const equals = written.indexOf('=');
  const path = equals < 0 ? '' : written.slice(equals + 1);
  return isContext(path) ? written.slice(0, equals + 1) + move(path) : written;
};

const memberOf = (map: ComposeMap, key: string): unknown => {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'scalar' ? value.value : undefined;
};

const isBind = (map: ComposeMap): boolean => memberOf(map, 'type') === 'bind';
const isLocalDriver = (map: ComposeMap): boolean => memberOf(map, 'driver') === 'local';
const isBindOptions = (map: ComposeMap): boolean => memberOf(map, 'o') === 'bind';

const SERVICE = keys({
  build: {
    ...context,
    ...keys({
      context,
      additional_contexts: { each: { ...context, text: pair } },
      ssh: { each: { text: pair } },
    }),
  },
  env_file: { ...local, each: { ...local, ...keys({ path: local }) } },
  label_file: { ...local, each: local },
  extends: keys({ file: local }),
  develop: keys({ watch: { each: keys({ path: local }) } }),
  volumes: { each: { text: shortMount, when: isBind, ...keys({ source: local }) } },
});

const TREE = keys({
  services: { each: SERVICE },
  configs: { each: keys({ file: local }) },
  secrets: { each: keys({ file: local }) },
  volumes: {
    each: {
      when: isLocalDriver,
      ...keys({ driver_opts: { when: isBindOptions, ...keys({ device: local }) } }),
    },
  },
});

/** A file of another folder: its relative paths as they read from here, `folder` being there. */
export function rebasePaths(root: ComposeMap, folder: string): ComposeMap {
  if (folder === '' || folder === '.') return root;
  return rebase(root, TREE, (path) => moved(folder, path)) as ComposeMap;
}

/** With a dot in front, so that it stays a path wherever a name may stand too. */
function moved(folder: string, path: string): string {
  const joined = posix.join(folder, path);
  return /^[./~]/.test(joined) ? joined : `./${joined}`;
}

function rebase(node: ComposeNode, tree: PathTree, move: (path: string) => string): ComposeNode {
  switch (node.kind) {
    case 'scalar':
      return rebaseText(node, tree, move);
    case 'seq': {
      const { each } = tree;
      return each ? { ...node, items: node.items.map((item) => rebase(item, each, move)) } : node;
    }
    case 'map':
      return tree.when && !tree.when(node) ? node : rebaseMap(node, tree, move);
  }
}

function rebaseMap(node: ComposeMap, tree: PathTree, move: (path: string) => string): ComposeMap {
  const entries = new Map<string, ComposeEntry>();
  for (const [key, entry] of node.entries) {
    const below = tree.keys?.get(key) ?? tree.each;
    entries.set(key, below ? { ...entry, value: rebase(entry.value, below, move) } : entry);
  }
  return { ...node, entries };
}

function rebaseText(
  node: ComposeScalar,
  tree: PathTree,
  move: (path: string) => string,
): ComposeNode {
  if (typeof node.value !== 'string') return node;
  const { value } = node;
  if (tree.text) {
    const text = tree.text(value, move);
    if (text !== value || !tree.path) return text === value ? node : scalarAt(node, text);
  }
  return tree.path?.(value) ? scalarAt(node, move(value)) : node;
}
