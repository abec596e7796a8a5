import { readEnvironment, readRawEnvironment } from './environment.ts';
import type { FileRead } from './files.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  entryAt,
  isNull,
  itemsOf,
  mapAt,
  scalarAt,
  textOf,
} from './node.ts';
import { joinPath, type Reading } from './reading.ts';
import type { Target } from './support.ts';
import type { Lookup } from './template.ts';

export interface FileOptions {
  readonly reading: Reading;
  readonly lookup: Lookup;
  /** Reads a path as it stands in `env_file`; reports nothing itself. */
  readonly readEnvFile: (written: string) => { path: string; read: FileRead };
  readonly target?: Target;
}

/** env_file in order, then `environment`; a name without a value takes the variable's. */
export function resolveEnvironment(
  service: ComposeMap,
  path: string,
  options: FileOptions,
): ComposeEntry | undefined {
  const declared = service.entries.get('environment');
  const files = itemsOf(service, 'env_file');
  if (!declared && files.length === 0) return undefined;
  const stack = options.target === 'swarm';
  const own = withVariables(declared, options.lookup, stack ? isBlank : isNull);
  const read = new Map<string, string>();
  const places = new Map<string, ComposeNode>();
  const lookup: Lookup = (name) => options.lookup(name) ?? textIn(own.get(name));
  for (const [index, file] of files.entries()) {
    const at = joinPath(joinPath(path, 'env_file'), index);
    for (const [key, value] of readEnvFile(file, at, { ...options, lookup }, read)) {
      read.set(key, value);
      places.set(key, file);
    }
  }
  const entries = new Map<string, ComposeEntry>();
  for (const [key, value] of read) {
    const file = places.get(key) ?? service;
    entries.set(key, entryAt(file, scalarAt(file, value)));
  }
  for (const [key, entry] of own) entries.set(key, entry);
  const place = declared?.value ?? service;
  return entryAt(place, mapAt(place, entries));
}

/** Names without a value take the variable's. */
export function withVariables(
  declared: ComposeEntry | undefined,
  lookup: Lookup,
  takes: (node: ComposeNode) => boolean = isNull,
): ReadonlyMap<string, ComposeEntry> {
  const entries = new Map<string, ComposeEntry>();
  for (const [key, entry] of declared?.value.kind === 'map' ? declared.value.entries : []) {
    const value = takes(entry.value) ? lookup(key) : undefined;
    const filled = value === undefined ? entry.value : scalarAt(entry.value, value);
    entries.set(key, { ...entry, value: filled });
  }
  return entries;
}

/** `docker stack` lets a variable win over an empty text too. */
const isBlank = (node: ComposeNode): boolean =>
  node.kind === 'scalar' && (node.value === null || node.value === '');

const textIn = (entry: ComposeEntry | undefined): string | undefined =>
  entry?.value.kind === 'scalar' && entry.value.value !== null
    ? String(entry.value.value)
    : undefined;

/** label_file in order, then `labels`. */
export function resolveLabels(
  service: ComposeMap,
  path: string,
  options: FileOptions,
): ComposeEntry | undefined {
  const declared = service.entries.get('labels');
  const files = itemsOf(service, 'label_file');
  if (files.length === 0) return declared;
  const read = new Map<string, ComposeEntry>();
  const values = new Map<string, string>();
  const lookup: Lookup = () => undefined;
  for (const [index, file] of files.entries()) {
    const at = joinPath(joinPath(path, 'label_file'), index);
    for (const [key, value] of readEnvFile(file, at, { ...options, lookup }, values)) {
      values.set(key, value);
      read.set(key, entryAt(file, scalarAt(file, value)));
    }
  }
  const place = declared?.value ?? service;
  const own = declared?.value.kind === 'map' ? declared.value.entries : [];
  return entryAt(place, mapAt(place, new Map([...read, ...own])));
}

/** A file by its path, or by the long form of `env_file`. */
function readEnvFile(
  file: ComposeNode,
  path: string,
  { reading, lookup, readEnvFile: readPath, target }: FileOptions,
  /** What the files before it said. */
  earlier: ReadonlyMap<string, string>,
): Iterable<[string, string]> {
  const node = childOf(file, 'path') ?? file;
  const written = node.kind === 'scalar' ? String(node.value) : '';
  const { path: found, read } = readPath(written);
  switch (read.kind) {
    case 'file': {
      const format = textOf(file, 'format');
      if (format === undefined && target !== 'swarm') {
        return readEnvironment(reading, found, read.bytes, lookup, { earlier });
      }
      if (format === undefined || format === 'raw')
        return readRawEnvironment(reading, found, read.bytes, lookup);
      const message = `${JSON.stringify(format)} is not a format; raw is the only one`;
      reading.at('E_COMPOSE_VALUE', childOf(file, 'format') ?? file, path, message);
      return [];
    }
    case 'later':
      return [];
    case 'missing': {
      if (textOf(file, 'required') === 'false') return [];
      const message = `the file ${JSON.stringify(written)} is not there`;
      reading.at('E_FILE_MISSING', node, path, message);
      return [];
    }
    case 'refused':
      reading.at(read.code, node, path, read.message, read.hint);
      return [];
  }
}
