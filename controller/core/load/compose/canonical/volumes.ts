import { posix } from 'node:path';
import {
  type ComposeMap,
  type ComposeNode,
  childOf,
  entryAt,
  mapAt,
  recordAt,
  scalarAt,
  seqAt,
  textOf,
} from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';
import { flag, matching, oneOf, type Reader, record, text, whole, wrongType } from './readers.ts';
import { bytes } from './units.ts';

const MODES = new Set(['ro', 'rw']);
const SELINUX = new Set(['z', 'Z']);
const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const CONSISTENCY = new Set(['consistent', 'cached', 'delegated']);

/** `volumes` of a service: short and long form -> long form. */
export const mounts: Reader = (reading, node, path) => {
  if (node.kind !== 'seq') return wrongType(reading, node, path, 'a list');
  const items = node.items.flatMap((item, index) => {
    return readMount(reading, item, joinPath(path, index)) ?? [];
  });
  return seqAt(node, items);
};

function readMount(reading: Reading, node: ComposeNode, path: string): ComposeNode | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    return shortMount(reading, node, node.value, path);
  }
  if (node.kind !== 'map') return wrongType(reading, node, path, 'a text or a mapping');
  return longMount(reading, node, path);
}

/** `[source:]target[:options]`. */
function shortMount(
  reading: Reading,
  node: ComposeNode,
  written: string,
  path: string,
): ComposeNode | undefined {
  const refuse = (message: string): undefined =>
    reading.at(
      'E_COMPOSE_VALUE',
      node,
      path,
      `${JSON.stringify(written.slice(0, 120))}: ${message}`,
    );
  const parts = written.split(':');
  if (parts.length > 3 || parts.includes('')) {
    return refuse('not of the form [source:]target[:options]');
  }
  const [source, target, options = ''] = parts.length === 1 ? [undefined, written] : parts;
  if (!target?.startsWith('/')) return refuse('the path in the container must begin with /');
  const type = source !== undefined && isPath(source) ? 'bind' : 'volume';
  const given = options === '' ? [] : options.split(',');
  for (const option of given) {
    if (isOption(option, type)) continue;
    const message = `the option ${JSON.stringify(option)} means nothing and is left out`;
    reading.at('W_OPTION_IGNORED', node, path, message);
  }
  const bind = bindOptions(node, given, type);
  return recordAt(node, {
    type: scalarAt(node, type),
    source: source === undefined ? undefined : scalarAt(node, source),
    target: scalarAt(node, cleanTarget(target)),
    read_only: given.includes('ro') ? scalarAt(node, true) : undefined,
    bind: bind.entries.size > 0 ? bind : undefined,
    volume: type === 'volume' ? volumeOptions(node, given) : undefined,
  });
}

/** `/data/` -> `/data`. */
function cleanTarget(target: string): string {
  return posix.normalize(target).replace(/(?!^)\/$/, '');
}

function isOption(option: string, type: string): boolean {
  if (MODES.has(option) || CONSISTENCY.has(option) || SELINUX.has(option)) return true;
  return type === 'volume' ? option === 'nocopy' : PROPAGATIONS.includes(option);
}

function bindOptions(node: ComposeNode, given: readonly string[], type: string): ComposeMap {
  const selinux = given.find((option) => SELINUX.has(option));
  const propagation = given.find((option) => PROPAGATIONS.includes(option));
  return recordAt(node, {
    create_host_path: type === 'bind' ? scalarAt(node, true) : undefined,
    propagation: propagation === undefined ? undefined : scalarAt(node, propagation),
    selinux: selinux === undefined ? undefined : scalarAt(node, selinux),
  });
}

function volumeOptions(node: ComposeNode, given: readonly string[]): ComposeNode {
  return recordAt(node, { nocopy: given.includes('nocopy') ? scalarAt(node, true) : undefined });
}

const LONG = record({
  fields: {
    type: oneOf('volume', 'bind', 'tmpfs', 'image', 'npipe', 'cluster'),
    source: text,
    target: matching(/^(?:\/|[A-Za-z]:\\|\$)/, 'an absolute path'),
    read_only: flag,
    consistency: oneOf(...CONSISTENCY),
    bind: record({
      fields: {
        create_host_path: flag,
        propagation: oneOf(...PROPAGATIONS),
        selinux: oneOf(...SELINUX),
      },
      unsupported: ['recursive'],
    }),
    volume: record({ fields: { nocopy: flag, subpath: text }, unsupported: ['labels'] }),
    tmpfs: record({ fields: { size: bytes, mode: whole(0, 0o7777) }, unsupported: [] }),
  },
  unsupported: ['image'],
  required: ['type'],
});

function longMount(reading: Reading, node: ComposeNode, path: string): ComposeNode | undefined {
  const read = LONG(reading, node, path);
  if (read?.kind !== 'map') return undefined;
  const type = textOf(read, 'type');
  if (type === undefined) return undefined;
  const refuse = (message: string): undefined => reading.at('E_COMPOSE_VALUE', node, path, message);
  if (type === 'image' || type === 'npipe' || type === 'cluster') {
    const message = `mounts of type ${type} are not supported yet`;
    return reading.at('E_COMPOSE_UNSUPPORTED', node, path, message);
  }
  if (textOf(read, 'target') === undefined) return refuse('the field "target" is missing');
  if (type === 'bind' && textOf(read, 'source') === undefined) {
    return refuse('a bind mount needs a source');
  }
  if (type === 'tmpfs' && read.entries.has('source')) return refuse('a tmpfs has no source');
  for (const other of ['bind', 'volume', 'tmpfs']) {
    if (other !== type && read.entries.has(other)) {
      return refuse(`the options "${other}" do not fit a mount of type ${type}`);
    }
  }
  const target = childOf(read, 'target') ?? read;
  const cleaned = entryAt(target, scalarAt(target, cleanTarget(textOf(read, 'target') ?? '')));
  return mapAt(node, new Map([...read.entries, ['target', cleaned]]));
}

/** A path, as opposed to the name of a volume. */
export const isPath = (source: string): boolean => /^(?:[./~\\]|[A-Za-z]:\\)/.test(source);
