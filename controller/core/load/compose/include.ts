import { posix } from 'node:path';
import { showPlace } from '../issues.ts';
import { readEnvironment } from './environment.ts';
import type { LayerPort } from './layer-port.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  isNull,
  keyPlace,
  mapAt,
  nodePlace,
  scalarAt,
} from './node.ts';
import { toItems } from './pairs.ts';
import { joinPath } from './reading.ts';
import { rebasePaths } from './rebase.ts';
import { sameValue } from './schema/same-value.ts';
import type { Lookup } from './template.ts';

const KINDS = ['services', 'volumes', 'networks', 'secrets', 'configs', 'models'] as const;

/** The file with everything that it includes; two things of one name must be the same. */
export function applyIncludes(layer: LayerPort, root: ComposeMap): ComposeMap {
  const include = root.entries.get('include');
  if (!include || (include.value.kind !== 'seq' && !isNull(include.value))) return root;
  const entries = new Map(root.entries);
  entries.delete('include');
  let whole = mapAt(root, entries);
  const items = include.value.kind === 'seq' ? include.value.items : [];
  for (const [index, item] of items.entries()) {
    const imported = loadInclude(layer, item, joinPath('include', index));
    if (imported) whole = addImported(layer, whole, imported);
  }
  return whole;
}

function loadInclude(layer: LayerPort, item: ComposeNode, path: string): ComposeMap | undefined {
  const paths = item.kind === 'map' ? childOf(item, 'path') : item;
  const nodes = (paths ? toItems(paths) : []).filter((node) => node.kind === 'scalar');
  const [main] = nodes;
  if (!main) {
    const message = 'names no path, so nothing is included';
    return layer.reading.at('W_OPTION_IGNORED', item, path, message);
  }
  const files = nodes.map((node) => layer.resolve(String(node.value), node, path));
  const [first] = files;
  if (first === undefined || files.includes(undefined)) return undefined;
  if (layer.including.includes(first)) {
    const shown = [...layer.including, first].join(' -> ');
    return layer.reading.at('E_DEPENDENCY_CYCLE', main, path, `includes itself: ${shown}`);
  }
  const directory = directoryOf(layer, item, first, path);
  if (directory === undefined) return undefined;
  const lookup = lookupOf(layer, item, directory, path);
  const asked = files.map((file = '', index) => ({ file, node: nodes[index] ?? main, path }));
  const merged = layer.mergeElsewhere(directory, lookup, asked);
  if (!merged) return undefined;
  const own = withBareVariables(merged, lookup);
  return rebasePaths(own, posix.relative(layer.directory, directory));
}

function directoryOf(
  layer: LayerPort,
  item: ComposeNode,
  first: string,
  path: string,
): string | undefined {
  const node = childOf(item, 'project_directory');
  if (node?.kind !== 'scalar' || isNull(node) || node.value === '') {
    const folder = posix.dirname(first);
    return folder === '.' ? '' : folder;
  }
  return layer.resolve(String(node.value), node, joinPath(path, 'project_directory'));
}

/** The variables of the including file win over those of the include's own .env. */
function lookupOf(layer: LayerPort, item: ComposeNode, directory: string, path: string): Lookup {
  const found = new Map<string, string>();
  const add = (file: string, node?: ComposeNode) => {
    const read = layer.read(file, 'bytes');
    const at = joinPath(path, 'env_file');
    if (read.kind === 'file') {
      const { lookup: outer, reading } = layer;
      const values = readEnvironment(reading, file, read.bytes, outer, {
        earlier: found,
      });
      for (const [key, value] of values) found.set(key, value);
    } else if (node && read.kind === 'missing') {
      const message = `the env file ${JSON.stringify(file)} is not there`;
      layer.reading.at('E_FILE_MISSING', node, at, message);
    } else if (node && read.kind === 'refused') {
      layer.reading.at(read.code, node, at, read.message, read.hint);
    }
  };
  const named = childOf(item, 'env_file');
  const nodes = named ? toItems(named) : [];
  if (nodes.length === 0) add(posix.join(directory, '.env'));
  for (const node of nodes) {
    if (node.kind !== 'scalar') continue;
    const file = layer.resolve(String(node.value), node, joinPath(path, 'env_file'));
    if (file !== undefined) add(file, node);
  }
  return (name) => layer.lookup(name) ?? found.get(name);
}

/** `environment: [NAME]` of an included service takes the value that its own files give. */
function withBareVariables(root: ComposeMap, lookup: Lookup): ComposeMap {
  return changeMap(root, 'services', (services) =>
    changeEach(services, (service) =>
      changeMap(service, 'environment', (environment) => {
        if (environment.kind !== 'seq') return environment;
        const items = environment.items.map((item) => {
          const name = item.kind === 'scalar' ? String(item.value) : '';
          const value = name.includes('=') ? undefined : lookup(name);
          return value === undefined ? item : scalarAt(item, `${name}=${value}`);
        });
        return { ...environment, items };
      }),
    ),
  );
}

function changeMap<N extends ComposeNode>(
  node: N,
  key: string,
  change: (value: ComposeNode) => ComposeNode,
): N {
  const entry = node.kind === 'map' ? node.entries.get(key) : undefined;
  if (node.kind !== 'map' || !entry) return node;
  const value = change(entry.value);
  return { ...node, entries: new Map([...node.entries, [key, { ...entry, value }]]) };
}

function changeEach(node: ComposeNode, change: (value: ComposeNode) => ComposeNode): ComposeNode {
  if (node.kind !== 'map') return node;
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { ...entry, value: change(entry.value) }] as const,
  );
  return mapAt(node, new Map(entries));
}

function addImported(layer: LayerPort, root: ComposeMap, imported: ComposeMap): ComposeMap {
  const entries = new Map(root.entries);
  for (const kind of KINDS) {
    const from = imported.entries.get(kind);
    if (from?.value.kind !== 'map') continue;
    const to = entries.get(kind);
    if (!to) entries.set(kind, from);
    else if (to.value.kind === 'map') {
      entries.set(kind, { ...to, value: addMembers(layer, kind, to.value, from.value) });
    }
  }
  return mapAt(root, entries);
}

function addMembers(layer: LayerPort, kind: string, to: ComposeMap, from: ComposeMap): ComposeMap {
  const members = new Map<string, ComposeEntry>(to.entries);
  for (const [name, entry] of from.entries) {
    const own = members.get(name);
    if (!own) {
      members.set(name, entry);
      continue;
    }
    if (sameValue(own.value) === sameValue(entry.value)) continue;
    const other = showPlace(isNull(entry.value) ? keyPlace(entry) : nodePlace(entry.value));
    const message = `${JSON.stringify(name)} is declared otherwise in an included file, ${other}`;
    const hint = 'change it in a file of its own that is merged over, as compose.override.yaml is';
    layer.reading.atKey('E_DUPLICATE_NAME', own, joinPath(kind, name), message, hint);
  }
  return mapAt(to, members);
}
