import {
  type ComposeEntry,
  type ComposeNode,
  entryAt,
  mapAt,
  recordAt,
  scalarAt,
  seqAt,
  textOf,
} from '../node.ts';
import { joinPath } from '../reading.ts';
import { isRefusedKey, logOptions, optionTexts, variables } from './key-values.ts';
import {
  kept,
  list,
  listOrOne,
  mapOf,
  oneOf,
  type Reader,
  record,
  text,
  texts,
  wrongType,
} from './readers.ts';
import { flag, whole } from './scalars.ts';
import { duration } from './units.ts';
import { healthTest, words } from './words.ts';

export const healthcheck: Reader = record({
  fields: {
    test: healthTest,
    interval: duration,
    timeout: duration,
    retries: kept(whole({ least: 0, cut: true })),
    start_period: duration,
    start_interval: duration,
    disable: flag,
  },
});

const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'];

const DEPENDENCY = record({
  fields: { condition: oneOf(...CONDITIONS), restart: flag, required: kept(flag) },
  required: ['condition'],
});

const dependency: Reader = (reading, node, path) => {
  const read = DEPENDENCY(reading, node, path);
  if (read?.kind !== 'map' || read.entries.has('required')) return read;
  return mapAt(node, new Map([...read.entries, ['required', entryAt(node, scalarAt(node, true))]]));
};

/** A list of names, or name -> condition. */
export const dependsOn: Reader = namesOrMap(mapOf(dependency), (item) =>
  recordAt(item, {
    condition: scalarAt(item, 'service_started'),
    required: scalarAt(item, true),
  }),
);

const cutNumber = whole({ cut: true, noTexts: true });

const ATTACHMENT = record({
  fields: {
    aliases: texts,
    driver_opts: optionTexts,
    gw_priority: cutNumber,
    interface_name: text,
    ipv4_address: text,
    ipv6_address: text,
    link_local_ips: texts,
    mac_address: text,
    priority: cutNumber,
  },
});

const nothing = (item: ComposeNode): ComposeNode => scalarAt(item, null);

/** A list of names, or name -> attachment; null stays null. */
export const attachments: Reader = namesOrMap(mapOf(ATTACHMENT, { nulls: true }), nothing);

const MODEL_USE = record({ fields: { endpoint_var: text, model_var: text } });

export const modelUses: Reader = namesOrMap(mapOf(MODEL_USE, { nulls: true }), nothing);

function namesOrMap(map: Reader, value: (item: ComposeNode) => ComposeNode): Reader {
  return (reading, node, path) => {
    if (node.kind !== 'seq') return map(reading, node, path);
    const entries = new Map<string, ComposeEntry>();
    for (const [index, item] of node.items.entries()) {
      const at = joinPath(path, index);
      const name = text(reading, item, at);
      if (name?.kind !== 'scalar') continue;
      const key = String(name.value);
      if (isRefusedKey(reading, item, at, key)) continue;
      if (entries.has(key)) {
        reading.at('E_COMPOSE_VALUE', item, at, `${JSON.stringify(key)} stands here twice`);
      }
      entries.set(key, entryAt(item, value(item)));
    }
    return mapAt(node, entries);
  };
}

const ENV_FILE = record({
  fields: { path: text, required: kept(flag), format: text },
  required: ['path'],
});

/** A path, or a list of paths and long forms; the long form is what comes out. */
export const envFiles: Reader = listOrOne((reading, item, path) => {
  if (item.kind === 'map') return ENV_FILE(reading, item, path);
  const found = text(reading, item, path);
  return found && recordAt(item, { path: found });
});

/** Compose leaves empty names out. */
export const nameServers: Reader = listOrOne((reading, item, path) => {
  const found = text(reading, item, path);
  return found?.kind === 'scalar' && found.value === '' ? undefined : found;
});

/** `host:address` or `host=address` (list), or host -> address(es); `host=address` each comes out. */
export const extraHosts: Reader = (reading, node, path) => {
  if (node.kind !== 'seq' && node.kind !== 'map') {
    return wrongType(reading, node, path, 'a list or a mapping');
  }
  const lines: ComposeNode[] = [];
  const items = node.kind === 'seq' ? listedHosts : mappedHosts;
  items(reading, node, path, lines);
  return seqAt(node, lines);
};

type HostItems = (
  reading: Parameters<Reader>[0],
  node: ComposeNode,
  path: string,
  lines: ComposeNode[],
) => void;

const listedHosts: HostItems = (reading, node, path, lines) => {
  for (const [index, item] of (node.kind === 'seq' ? node.items : []).entries()) {
    const at = joinPath(path, index);
    const found = text(reading, item, at);
    if (found?.kind !== 'scalar') continue;
    const written = String(found.value);
    const separator = written.includes('=') ? '=' : ':';
    const cut = written.indexOf(separator);
    if (cut < 0) {
      const message = `${JSON.stringify(written.slice(0, 120))} is not host=address`;
      reading.at('E_COMPOSE_VALUE', item, at, message);
      continue;
    }
    const addresses = written.slice(cut + 1).split(',');
    addHost(reading, item, at, written.slice(0, cut), addresses, lines);
  }
};

const mappedHosts: HostItems = (reading, node, path, lines) => {
  for (const [host, { value }] of node.kind === 'map' ? node.entries : []) {
    const at = joinPath(path, host);
    const read = listOrOne(text)(reading, value, at);
    const addresses = (read?.kind === 'seq' ? read.items : []).map((item) =>
      item.kind === 'scalar' ? String(item.value) : '',
    );
    addHost(reading, value, at, host, addresses, lines);
  }
};

function addHost(
  reading: Parameters<Reader>[0],
  node: ComposeNode,
  path: string,
  host: string,
  addresses: readonly string[],
  lines: ComposeNode[],
): void {
  if (host === '' || /[:=]/.test(host)) {
    reading.at('E_COMPOSE_VALUE', node, path, `${JSON.stringify(host)} is not a host name`);
    return;
  }
  for (const address of addresses) {
    lines.push(scalarAt(node, `${host}=${address.replace(/^\[(.+)\]$/, '$1')}`));
  }
}

/** A number is a number (`0440` octal, `288` decimal, to YAML), a text is octal. */
const fileMode: Reader = (reading, node, path) => {
  const value = node.kind === 'scalar' ? node.value : null;
  const textual = typeof value === 'string' && /^[-+]?[0-7]{1,15}$/.test(value);
  if (textual) return scalarAt(node, `0${Number.parseInt(value, 8).toString(8)}`);
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return reading.at('E_COMPOSE_VALUE', node, path, 'not a file mode such as 0444');
  }
  const written = `0${value.toString(8)}`;
  if (node.kind === 'scalar' && !node.text.startsWith('0')) {
    const message = `unquoted, ${node.text} is decimal and means ${written}`;
    reading.at('W_SCALAR_CHANGED', node, path, message, `write 0${node.text}`);
  }
  return scalarAt(node, written);
};

const FILE_REFERENCE = record({
  fields: { source: text, target: text, uid: text, gid: text, mode: fileMode },
});

/** `configs` and `secrets` of a service. */
export const fileReferences: Reader = list((reading, item, path) => {
  if (item.kind === 'map') return FILE_REFERENCE(reading, item, path);
  const source = text(reading, item, path);
  return source && recordAt(item, { source });
});

/** `secrets` of a service: one without a target lands in /run/secrets. */
export const secretReferences: Reader = (reading, node, path) => {
  const read = fileReferences(reading, node, path);
  if (read?.kind !== 'seq') return undefined;
  return seqAt(node, read.items.map(withSecretTarget));
};

function withSecretTarget(item: ComposeNode): ComposeNode {
  const source = textOf(item, 'source');
  if (item.kind !== 'map' || source === undefined || item.entries.has('target')) return item;
  const target = scalarAt(item, `/run/secrets/${source}`);
  return mapAt(item, new Map([...item.entries, ['target', entryAt(item, target)]]));
}

export const logging: Reader = record({ fields: { driver: text, options: logOptions } });

export const credentialSpec: Reader = record({
  fields: { config: text, file: text, registry: text },
});

const HOOK_FIELDS = {
  command: kept(words),
  user: text,
  privileged: flag,
  working_dir: text,
  environment: variables,
};

export const hook: Reader = record({ fields: HOOK_FIELDS, required: ['command'] });
export const hooks: Reader = list(hook);
