import type { Code } from '../codes.ts';
import { readEnvironment, readRawEnvironment } from './environment.ts';
import type { FileRead } from './files.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  entryAt,
  itemsOf,
  mapAt,
  recordAt,
  scalarAt,
  textOf,
} from './node.ts';
import { joinPath, type Reading } from './reading.ts';
import type { Lookup } from './template.ts';

export interface NormaliseOptions {
  readonly reading: Reading;
  readonly projectName: string;
  readonly lookup: Lookup;
  /** Reads a path as it stands in `env_file`; reports nothing itself. */
  readonly readEnvFile: (written: string) => { path: string; read: FileRead };
}

/** Fills in what Compose fills in: environments, default networks, names of objects. */
export function normalise(root: ComposeMap, options: NormaliseOptions): ComposeMap {
  const entries = new Map(root.entries);
  const services = entries.get('services');
  if (services?.value.kind === 'map') {
    entries.set('services', { ...services, value: eachEntry(services.value, withService) });
  }
  const networks = withDefaultNetwork(root, entries);
  if (networks) entries.set('networks', networks);
  for (const kind of ['networks', 'volumes', 'configs', 'secrets']) {
    const objects = entries.get(kind);
    if (objects?.value.kind !== 'map') continue;
    entries.set(kind, { ...objects, value: eachEntry(objects.value, withName) });
  }
  return mapAt(root, entries);

  function withService(service: ComposeNode, key: string): ComposeNode {
    if (service.kind !== 'map') return service;
    const found = new Map(service.entries);
    const path = joinPath('services', key);
    const environment = resolveEnvironment(service, path, options);
    found.delete('env_file');
    if (environment) found.set('environment', environment);
    if (networksOf(service).length === 0) {
      const value = recordAt(service, { default: scalarAt(service, null) });
      found.set('networks', entryAt(service, value));
    }
    return mapAt(service, found);
  }

  function withName(object: ComposeNode, key: string): ComposeNode {
    if (object.kind !== 'map' || object.entries.has('name')) return object;
    const external = childOf(object, 'external');
    const isExternal = external?.kind === 'scalar' && external.value === true;
    const name = scalarAt(object, isExternal ? key : `${options.projectName}_${key}`);
    return mapAt(object, new Map([['name', entryAt(object, name)], ...object.entries]));
  }
}

function eachEntry(
  map: ComposeMap,
  change: (node: ComposeNode, key: string) => ComposeNode,
): ComposeMap {
  const entries = new Map<string, ComposeEntry>();
  for (const [key, entry] of map.entries) {
    entries.set(key, { ...entry, value: change(entry.value, key) });
  }
  return mapAt(map, entries);
}

function networksOf(service: ComposeNode): readonly string[] {
  const networks = childOf(service, 'networks');
  return networks?.kind === 'map' ? [...networks.entries.keys()] : [];
}

/** `networks` with `default` in it, where a service uses that and nobody wrote it. */
function withDefaultNetwork(
  root: ComposeMap,
  entries: ReadonlyMap<string, ComposeEntry>,
): ComposeEntry | undefined {
  const networks = entries.get('networks');
  const declared = networks?.value.kind === 'map' ? networks.value.entries : new Map();
  const services = entries.get('services')?.value;
  const used =
    services?.kind === 'map' &&
    [...services.entries.values()].some(({ value }) => networksOf(value).includes('default'));
  if (!used || declared.has('default')) return networks;
  const own = entryAt(root, mapAt(root, new Map()));
  return entryAt(root, mapAt(networks?.value ?? root, new Map([...declared, ['default', own]])));
}

/** env_file in order, then `environment`; a name without a value takes the variable's. */
function resolveEnvironment(
  service: ComposeMap,
  path: string,
  options: NormaliseOptions,
): ComposeEntry | undefined {
  const { lookup } = options;
  const declared = service.entries.get('environment');
  const files = itemsOf(service, 'env_file');
  if (!declared && files.length === 0) return undefined;
  const entries = new Map<string, ComposeEntry>();
  const earlier = new Map<string, string>();
  const own = (name: string) => textOf(declared?.value, name);
  const known = { ...options, lookup: (name: string) => lookup(name) ?? own(name) };
  for (const [index, file] of files.entries()) {
    const at = joinPath(joinPath(path, 'env_file'), index);
    for (const [key, value] of readEnvFile(file, at, known, earlier)) {
      earlier.set(key, value);
      entries.set(key, entryAt(file, scalarAt(file, value)));
    }
  }
  const written = declared?.value.kind === 'map' ? declared.value.entries : [];
  for (const [key, entry] of written) {
    const bare = entry.value.kind === 'scalar' && entry.value.value === null;
    const value = bare ? lookup(key) : undefined;
    entries.set(
      key,
      value === undefined ? entry : { ...entry, value: scalarAt(entry.value, value) },
    );
  }
  return entryAt(declared?.value ?? service, mapAt(declared?.value ?? service, entries));
}

function readEnvFile(
  file: ComposeNode,
  path: string,
  options: NormaliseOptions,
  earlier: ReadonlyMap<string, string>,
): Iterable<[string, string]> {
  const { reading, lookup } = options;
  const written = textOf(file, 'path') ?? '';
  const node = childOf(file, 'path') ?? file;
  const { path: found, read } = options.readEnvFile(written);
  switch (read.kind) {
    case 'file':
      return textOf(file, 'format') === 'raw'
        ? readRawEnvironment(reading, found, read.bytes, lookup)
        : readEnvironment(reading, found, read.bytes, lookup, earlier);
    case 'later':
      return [];
    case 'missing':
      if (textOf(file, 'required') !== 'false') missing('E_FILE_MISSING', 'is not there');
      return [];
    case 'refused':
      reading.at(read.code, node, path, read.message, read.hint);
      return [];
  }

  function missing(code: Code, what: string): void {
    reading.at(code, node, path, `the file ${JSON.stringify(written)} ${what}`);
  }
}
