import type { ComposeEntry, ComposeNode } from '../node.ts';
import { mapAt } from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';
import {
  flag,
  keyValues,
  list,
  mapOf,
  matching,
  nullable,
  type Reader,
  record,
  text,
  textOrNumber,
  wrongType,
} from './readers.ts';
import { service } from './service.ts';

const KEY = /^[a-zA-Z0-9._-]{1,128}$/;

const network = record({
  fields: {
    name: text,
    driver: text,
    driver_opts: mapOf(textOrNumber),
    ipam: record({
      fields: {
        driver: text,
        config: list(
          record({
            fields: { subnet: text, gateway: text, ip_range: text, aux_addresses: mapOf(text) },
            unsupported: [],
          }),
        ),
        options: mapOf(text),
      },
      unsupported: [],
    }),
    external: flag,
    internal: flag,
    attachable: flag,
    enable_ipv6: flag,
    labels: keyValues({ bare: 'empty' }),
  },
  unsupported: ['enable_ipv4'],
});

const volume = record({
  fields: {
    name: text,
    driver: text,
    driver_opts: mapOf(textOrNumber),
    external: flag,
    labels: keyValues({ bare: 'empty' }),
  },
  unsupported: [],
});

const fileObject = record({
  fields: { name: text, file: text, content: text },
  unsupported: ['driver', 'driver_opts', 'environment', 'external', 'labels', 'template_driver'],
});

/** An external one is filled from a Secret. */
const secretObject = record({
  fields: { name: text, file: text, content: text, external: flag },
  unsupported: ['driver', 'driver_opts', 'environment', 'labels', 'template_driver'],
});

/** A map with names of the Compose kind; `x-…` is kept as it is. */
function named(reader: Reader): Reader {
  return nullable((reading, node, path) => {
    if (node.kind === 'scalar' && node.value === null) return mapAt(node, new Map());
    if (node.kind !== 'map') return wrongType(reading, node, path, 'a mapping');
    const entries = new Map<string, ComposeEntry>();
    for (const [key, entry] of node.entries) {
      const value = readNamed(reading, reader, key, entry, joinPath(path, key));
      if (value) entries.set(key, { ...entry, value });
    }
    return mapAt(node, entries);
  });
}

function readNamed(
  reading: Reading,
  reader: Reader,
  key: string,
  entry: ComposeEntry,
  path: string,
): ComposeNode | undefined {
  if (!KEY.test(key)) {
    const message = `${JSON.stringify(key.slice(0, 60))} is not a name; letters, digits, . _ - only`;
    return reading.atKey('E_COMPOSE_VALUE', entry, path, message);
  }
  const { value } = entry;
  if (value.tag === '!reset') return value;
  if (value.kind === 'scalar' && value.value === null) return mapAt(value, new Map());
  const read = reader(reading, value, path);
  return read && value.tag !== undefined ? { ...read, tag: value.tag } : read;
}

const FILE = record({
  fields: {
    version: textOrNumber,
    name: text,
    services: named(service),
    networks: named(network),
    volumes: named(volume),
    configs: named(fileObject),
    secrets: named(secretObject),
  },
  unsupported: ['include', 'models'],
});

/** One Compose file: closed list of keys, types checked, every value in its long form. */
export const canonicalFile: Reader = (reading, node, path) => {
  const version = node.kind === 'map' ? node.entries.get('version') : undefined;
  if (version) {
    const message = 'the top-level version means nothing and can be removed';
    reading.atKey('W_COMPOSE_VERSION', version, joinPath(path, 'version'), message);
  }
  return FILE(reading, node, path);
};

export const PROJECT_NAME = /^[a-z0-9][a-z0-9_-]*$/;
export const projectName = matching(PROJECT_NAME, 'a project name');
