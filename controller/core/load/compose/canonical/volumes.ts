import { posix } from 'node:path';
import {
  type ComposeMap,
  type ComposeNode,
  childOf,
  entryAt,
  mapAt,
  recordAt,
  scalarAt,
  textOf,
} from '../node.ts';
import type { Reading } from '../reading.ts';
import { labels } from './key-values.ts';
import { kept, list, oneOf, type Reader, record, text, wrongType } from './readers.ts';
import { flag, whole } from './scalars.ts';
import { someBytes } from './units.ts';

const MODES = new Set(['ro', 'rw']);
const SELINUX = new Set(['z', 'Z']);
const PROPAGATIONS = new Set(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']);

/** `volumes` of a service: short and long form -> long form. */
export const mounts: Reader = list((reading, node, path) => {
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    return shortMount(reading, node, node.value, path);
  }
  if (node.kind !== 'map') return wrongType(reading, node, path, 'a text or a mapping');
  return longMount(reading, node, path);
});

/** `[source:]target[:options]`. */
function shortMount(
  reading: Reading,
  node: ComposeNode,
  written: string,
  path: string,
): ComposeNode | undefined {
  const parts = written.length <= 2 && written !== '' ? [written] : splitShort(written);
  if (parts.length > 3 || parts.includes('')) {
    const message = `${JSON.stringify(written.slice(0, 120))}: not of the form [source:]target[:options]`;
    return reading.at('E_COMPOSE_VALUE', node, path, message);
  }
  const [source, target = '', options = ''] = parts.length === 1 ? [undefined, written] : parts;
  const type = source !== undefined && isPath(source) ? 'bind' : 'volume';
  const given = options === '' ? [] : options.split(',');
  for (const option of given) {
    if (isOption(option)) continue;
    const message = `the option ${JSON.stringify(option)} means nothing and is left out`;
    reading.at('W_OPTION_IGNORED', node, path, message);
  }
  const mode = given.findLast((option) => MODES.has(option));
  return recordAt(node, {
    type: scalarAt(node, type),
    source: source === undefined ? undefined : scalarAt(node, source),
    target: targetAt(node, target),
    read_only: mode === 'ro' ? scalarAt(node, true) : undefined,
    bind: bindOptions(node, given, type),
    // Compose reads no further where two characters are all.
    volume: written.length > 2 ? volumeOptions(node, given, type) : undefined,
  });
}

/** Cleaned, beside the text as written. */
const targetAt = (node: ComposeNode, target: string): ComposeNode => ({
  ...scalarAt(node, posix.normalize(target).replace(/(?!^)\/$/, '')),
  text: target,
});

/** At colons, but for the one of a Windows drive. */
function splitShort(written: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  for (const character of written) {
    if (character !== ':' || /^\p{L}$/u.test(part)) part += character;
    else {
      parts.push(part);
      part = '';
    }
  }
  return [...parts, part];
}

const isOption = (option: string): boolean =>
  MODES.has(option) || SELINUX.has(option) || PROPAGATIONS.has(option) || option === 'nocopy';

function bindOptions(
  node: ComposeNode,
  given: readonly string[],
  type: string,
): ComposeMap | undefined {
  const selinux = given.findLast((option) => SELINUX.has(option));
  const propagation = given.findLast((option) => PROPAGATIONS.has(option));
  const bind = recordAt(node, {
    create_host_path: type === 'bind' ? scalarAt(node, true) : undefined,
    propagation: propagation === undefined ? undefined : scalarAt(node, propagation),
    selinux: selinux === undefined ? undefined : scalarAt(node, selinux),
  });
  return bind.entries.size > 0 ? bind : undefined;
}

function volumeOptions(
  node: ComposeNode,
  given: readonly string[],
  type: string,
): ComposeMap | undefined {
  const nocopy = given.includes('nocopy');
  if (type !== 'volume' && !nocopy) return undefined;
  return recordAt(node, { nocopy: nocopy ? scalarAt(node, true) : undefined });
}

const LONG = record({
  fields: {
    type: oneOf('volume', 'bind', 'tmpfs', 'image', 'npipe', 'cluster'),
    source: kept(text),
    target: text,
    read_only: flag,
    consistency: text,
    bind: kept(
      record({
        fields: {
          create_host_path: flag,
          propagation: text,
          recursive: oneOf('enabled', 'disabled', 'writable', 'readonly'),
          selinux: oneOf(...SELINUX),
        },
      }),
    ),
    volume: kept(record({ fields: { labels, nocopy: flag, subpath: text } })),
    tmpfs: kept(
      record({ fields: { size: someBytes, mode: whole({ least: 0, cut: true, noTexts: true }) } }),
    ),
    image: kept(record({ fields: { subpath: text } })),
  },
  required: ['type', 'target'],
});

function longMount(reading: Reading, node: ComposeMap, path: string): ComposeNode | undefined {
  const read = LONG(reading, node, path);
  if (read?.kind !== 'map') return undefined;
  if (textOf(read, 'type') === 'bind' && !node.entries.has('source')) {
    return reading.at('E_COMPOSE_VALUE', node, path, 'a bind mount needs a source');
  }
  const written = childOf(node, 'target');
  if (written?.kind !== 'scalar') return read;
  const target = targetAt(written, String(written.value));
  return mapAt(node, new Map([...read.entries, ['target', entryAt(written, target)]]));
}

/** A path, as opposed to the name of a volume. */
export const isPath = (source: string): boolean => /^(?:[./~]|\\\\|\p{L}:)/u.test(source);
