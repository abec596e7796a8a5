import {
  type ComposeEntry,
  type ComposeNode,
  childOf,
  entryAt,
  isNull,
  mapAt,
  scalarAt,
} from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';
import { labels, optionTexts, wholeTexts } from './key-values.ts';
import { kept, list, mapOf, type Reader, record, text, texts, wrongType } from './readers.ts';
import { flag, whole } from './scalars.ts';
import { service } from './service.ts';

const KEY = /^[a-zA-Z0-9._-]+$/;

const LEGACY_EXTERNAL = record({ fields: { name: text } });

/** A boolean, or the old form with the name in it. */
const external: Reader = (reading, node, path) => {
  if (node.kind !== 'map') return flag(reading, node, path);
  return LEGACY_EXTERNAL(reading, node, path) && scalarAt(node, true);
};

/** The name that the old form gives, where there is no other. */
function withExternalName(table: Reader): Reader {
  return (reading, node, path) => {
    const read = table(reading, node, path);
    const name = childOf(childOf(node, 'external'), 'name');
    if (read?.kind !== 'map' || name?.kind !== 'scalar') return read;
    const at = joinPath(path, 'external');
    const own = childOf(node, 'name');
    if (own?.kind === 'scalar' && own.value !== name.value) {
      const message = `${JSON.stringify(own.value)} and ${JSON.stringify(name.value)}: two names`;
      return reading.at('E_COMPOSE_VALUE', name, at, message, 'keep name, and external: true');
    }
    reading.at('W_COMPOSE_OLD', name, at, 'external.name is old', 'write name: and external: true');
    return mapAt(read, new Map([...read.entries, ['name', entryAt(name, name)]]));
  };
}

const IPAM_POOL = record({
  fields: {
    subnet: text,
    gateway: text,
    ip_range: text,
    aux_addresses: mapOf(text),
  },
});

const network = withExternalName(
  record({
    fields: {
      name: kept(text),
      driver: text,
      driver_opts: optionTexts,
      ipam: record({ fields: { driver: text, config: list(IPAM_POOL) }, dropped: ['options'] }),
      external,
      internal: flag,
      attachable: flag,
      enable_ipv4: kept(flag),
      enable_ipv6: kept(flag),
      labels,
    },
  }),
);

const volume = withExternalName(
  record({
    fields: { name: kept(text), driver: text, driver_opts: optionTexts, external, labels },
  }),
);

const secret = withExternalName(
  record({
    fields: {
      name: kept(text),
      environment: kept(text),
      file: kept(text),
      external,
      labels,
      driver: text,
      driver_opts: wholeTexts,
      template_driver: text,
    },
  }),
);

const config = withExternalName(
  record({
    fields: {
      name: kept(text),
      content: kept(text),
      environment: kept(text),
      file: kept(text),
      external,
      labels,
      template_driver: text,
    },
  }),
);

const model = record({
  fields: {
    name: text,
    model: text,
    context_size: whole({ noTexts: true }),
    runtime_flags: texts,
  },
  required: ['model'],
});

/** A map with names of the Compose kind; with `nulls`, nothing said is an empty object. */
function named(reader: Reader, options: { readonly nulls?: boolean } = {}): Reader {
  return (reading, node, path) => {
    if (node.kind !== 'map') return wrongType(reading, node, path, 'a mapping');
    const entries = new Map<string, ComposeEntry>();
    for (const [key, entry] of node.entries) {
      const value = readNamed(reading, reader, key, entry, joinPath(path, key), options.nulls);
      if (value) entries.set(key, { ...entry, value });
    }
    return mapAt(node, entries);
  };
}

function readNamed(
  reading: Reading,
  reader: Reader,
  key: string,
  entry: ComposeEntry,
  path: string,
  nulls = false,
): ComposeNode | undefined {
  if (!KEY.test(key)) {
    const message = `${JSON.stringify(key.slice(0, 60))} is not a name; letters, digits, . _ - only`;
    return reading.atKey('E_COMPOSE_VALUE', entry, path, message);
  }
  const { value } = entry;
  if (value.tag === '!reset') return value;
  if (nulls && isNull(value)) return mapAt(value, new Map());
  const read = reader(reading, value, path);
  return read && value.tag !== undefined ? { ...read, tag: value.tag } : read;
}

const FIELDS = {
  version: text,
  name: text,
  services: kept(named(service)),
  networks: named(network, { nulls: true }),
  volumes: named(volume, { nulls: true }),
  configs: named(config),
  secrets: named(secret),
  models: named(model),
};

const FILE = record({ fields: FIELDS });

/** One Compose file: closed list of keys, types checked, every value in its canonical form. */
export const canonicalFile: Reader = (reading, node, path) => {
  const version = node.kind === 'map' ? node.entries.get('version') : undefined;
  if (version) {
    const message = 'the top-level version means nothing and can be removed';
    reading.atKey('W_COMPOSE_VERSION', version, joinPath(path, 'version'), message);
  }
  const read = FILE(reading, node, path);
  if (read?.kind !== 'map' || node.kind !== 'map') return read;
  const extensions = [...node.entries].filter(([key]) => key.startsWith('x-'));
  return mapAt(node, new Map([...read.entries, ...extensions]));
};
