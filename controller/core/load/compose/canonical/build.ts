import { type ComposeNode, entryAt, mapAt, recordAt, scalarAt, seqAt } from '../node.ts';
import { joinPath } from '../reading.ts';
import { labels, variables } from './key-values.ts';
import {
  kept,
  list,
  listOrOne,
  mapOf,
  nullable,
  oneOf,
  type Reader,
  readItems,
  record,
  text,
  texts,
  wrongType,
} from './readers.ts';
import { ulimits } from './resources.ts';
import { flag, textOrFlag } from './scalars.ts';
import { extraHosts, fileReferences, hook } from './service-parts.ts';
import { wholeBytes } from './units.ts';

/** Each has a value, but for the one that is named `default`. */
const ssh: Reader = (reading, node, path) => {
  const read = labels(reading, node, path);
  if (read?.kind !== 'map') return undefined;
  const lines: ComposeNode[] = [];
  for (const [id, { value }] of read.entries) {
    const socket = value.kind === 'scalar' ? String(value.value) : '';
    if (socket === '' && id !== 'default' && node.kind === 'seq') {
      const message = `the key ${JSON.stringify(id)} has no path`;
      reading.at('E_COMPOSE_VALUE', value, path, message);
    }
    lines.push(scalarAt(value, socket === '' ? id : `${id}=${socket}`));
  }
  return seqAt(node, lines);
};

/** In a list, each has `=`. */
const contexts: Reader = (reading, node, path) => {
  for (const [index, item] of (node.kind === 'seq' ? node.items : []).entries()) {
    if (item.kind !== 'scalar' || String(item.value).includes('=')) continue;
    const message = `${JSON.stringify(item.value)} is not name=context`;
    reading.at('E_COMPOSE_VALUE', item, joinPath(path, index), message);
  }
  return labels(reading, node, path);
};

const BUILD = record({
  fields: {
    context: text,
    dockerfile: text,
    dockerfile_inline: text,
    entitlements: texts,
    args: variables,
    provenance: textOrFlag,
    sbom: textOrFlag,
    ssh,
    labels,
    cache_from: texts,
    cache_to: texts,
    no_cache: flag,
    additional_contexts: contexts,
    pull: flag,
    extra_hosts: extraHosts,
    isolation: text,
    network: text,
    target: text,
    secrets: fileReferences,
    shm_size: wholeBytes,
    tags: texts,
    ulimits,
    platforms: texts,
    privileged: flag,
  },
});

/** A context, or more; the folder of the project and its Dockerfile where nothing is said. */
export const build: Reader = (reading, node, path) => {
  const read = node.kind === 'map' ? BUILD(reading, node, path) : shortBuild(reading, node, path);
  if (read?.kind !== 'map') return undefined;
  const entries = new Map(read.entries);
  const written = node.kind === 'map' ? node.entries : read.entries;
  if (!written.has('context')) entries.set('context', entryAt(node, scalarAt(node, '.')));
  if (!written.has('dockerfile') && !written.has('dockerfile_inline')) {
    entries.set('dockerfile', entryAt(node, scalarAt(node, 'Dockerfile')));
  }
  return mapAt(node, entries);
};

const shortBuild: Reader = (reading, node, path) => {
  const context = text(reading, node, path);
  return context && recordAt(node, { context });
};

const ACTIONS = ['rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'];

const WATCH = record({
  fields: {
    path: kept(text),
    action: kept(oneOf(...ACTIONS)),
    target: text,
    exec: kept(hook),
    include: listOrOne(text),
    ignore: listOrOne(text),
    initial_sync: flag,
  },
  required: ['path', 'action'],
});

const watch: Reader = (reading, node, path) => {
  const read = WATCH(reading, node, path);
  if (read?.kind !== 'map' || read.entries.has('exec')) return read;
  const exec = recordAt(node, { command: scalarAt(node, null) });
  return mapAt(node, new Map([...read.entries, ['exec', entryAt(node, exec)]]));
};

export const develop: Reader = nullable(record({ fields: { watch: list(watch) } }));

const optionValue: Reader = (reading, node, path) => {
  if (node.kind !== 'scalar' || node.value === null) {
    return wrongType(reading, node, path, 'a text, a number, true or false');
  }
  return scalarAt(node, node.shown ?? node.text);
};

const optionValues: Reader = (reading, node, path) => {
  const items = node.kind === 'seq' ? node.items : [node];
  return seqAt(node, readItems(reading, items, path, optionValue));
};

export const provider: Reader = record({
  fields: { type: text, options: mapOf(optionValues) },
  required: ['type'],
});
