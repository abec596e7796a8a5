import { isIP } from 'node:net';
import {
  type ComposeEntry,
  type ComposeNode,
  type ComposeScalar,
  entryAt,
  mapAt,
  recordAt,
  scalarAt,
  seqAt,
  textOf,
} from '../node.ts';
import { joinPath, type Reading } from '../reading.ts';
import {
  decimal,
  flag,
  isRefusedKey,
  list,
  mapOf,
  matching,
  oneOf,
  type Reader,
  readItems,
  record,
  text,
  whole,
  wrongType,
} from './readers.ts';
import { bytes, duration } from './units.ts';
import { healthTest } from './words.ts';

/** Engine limit of skep, not of Compose: a typo must not start a million containers. */
export const MAX_REPLICAS = 1_000;

export const healthcheck: Reader = record({
  fields: {
    test: healthTest,
    interval: duration,
    timeout: duration,
    retries: whole(0, 1_000_000),
    start_period: duration,
    start_interval: duration,
    disable: flag,
  },
  unsupported: [],
});

const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'];

const DEPENDENCY = record({
  fields: { condition: oneOf(...CONDITIONS), restart: flag, required: flag },
  unsupported: [],
  required: ['condition'],
});

/** A list of names, or name -> condition. */
export const dependsOn: Reader = (reading, node, path) => {
  if (node.kind === 'seq') {
    const started = (item: ComposeNode) =>
      recordAt(item, {
        condition: scalarAt(item, 'service_started'),
        required: scalarAt(item, true),
      });
    return namedItems(reading, node, path, started);
  }
  return mapOf(
    (inner, value, at) => {
      const read = DEPENDENCY(inner, value, at);
      if (read?.kind !== 'map') return undefined;
      if (read.entries.has('required')) return read;
      const required = entryAt(value, scalarAt(value, true));
      return mapAt(value, new Map([...read.entries, ['required', required]]));
    },
    { nullIsKept: false },
  )(reading, node, path);
};

const address =
  (version: 4 | 6): Reader =>
  (reading, node, path) => {
    const found = text(reading, node, path);
    if (found?.kind !== 'scalar' || isIP(String(found.value)) === version) return found;
    const message = `${JSON.stringify(found.value)} is no IPv${version} address`;
    return reading.at('E_COMPOSE_VALUE', node, path, message);
  };

const ATTACHMENT = record({
  fields: {
    aliases: list(text),
    ipv4_address: address(4),
    ipv6_address: address(6),
    priority: decimal,
  },
  unsupported: ['driver_opts', 'gw_priority', 'interface_name', 'link_local_ips', 'mac_address'],
});

/** A list of names, or name -> attachment; null stays null. */
export const attachments: Reader = (reading, node, path) => {
  if (node.kind !== 'seq') return mapOf(ATTACHMENT)(reading, node, path);
  return namedItems(reading, node, path, (item) => scalarAt(item, null));
};

function namedItems(
  reading: Reading,
  node: Extract<ComposeNode, { kind: 'seq' }>,
  path: string,
  value: (item: ComposeNode) => ComposeNode,
): ComposeNode {
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
}

const ENV_FILE = record({
  fields: { path: text, required: flag, format: oneOf('raw') },
  unsupported: [],
  required: ['path'],
});

/** A path, or a list of paths and long forms; the long form is what comes out. */
export const envFiles: Reader = (reading, node, path) => {
  const items = node.kind === 'seq' ? node.items : [node];
  const read: Reader = (inner, item, at) => {
    if (item.kind === 'map') return ENV_FILE(inner, item, at);
    const found = text(inner, item, at);
    return found && recordAt(item, { path: found });
  };
  const one = node.kind !== 'seq';
  return seqAt(
    node,
    one ? [read(reading, node, path) ?? []].flat() : readItems(reading, items, path, read),
  );
};

/** `host:address` or `host=address` (list), or host -> address(es); `host=address` each comes out. */
export const extraHosts: Reader = (reading, node, path) => {
  if (node.kind === 'seq') {
    const items = readItems(reading, node.items, path, (inner, item, at) => {
      const found = text(inner, item, at);
      return found?.kind === 'scalar' ? hostLine(inner, item, String(found.value), at) : undefined;
    });
    return seqAt(node, items);
  }
  if (node.kind !== 'map') return wrongType(reading, node, path, 'a list or a mapping');
  const items = [...node.entries].flatMap(([host, { value }]) => {
    const at = joinPath(path, host);
    const addresses = value.kind === 'seq' ? value.items : [value];
    return readItems(reading, addresses, at, (inner, item) => {
      const found = text(inner, item, at);
      return found?.kind === 'scalar'
        ? hostLine(inner, item, `${host}=${String(found.value)}`, at)
        : undefined;
    });
  });
  return seqAt(node, items);
};

function hostLine(
  reading: Reading,
  node: ComposeNode,
  written: string,
  path: string,
): ComposeNode | undefined {
  const [, host, target = ''] = /^([^=:\s]+)[=:]\s*(.+)$/.exec(written) ?? [];
  const plain = target.replace(/^\[(.*)\]$/, '$1');
  if (host !== undefined && (isIP(plain) > 0 || plain === 'host-gateway')) {
    return scalarAt(node, `${host}=${plain}`);
  }
  const message = `${JSON.stringify(written.slice(0, 120))} is not host=address`;
  return reading.at('E_COMPOSE_VALUE', node, path, message);
}

/** A number is a number (`0440` octal, `288` decimal, to YAML), a text is octal. */
const fileMode: Reader = (reading, node, path) => {
  const mode = node.kind === 'scalar' ? modeBits(node) : undefined;
  if (mode !== undefined && mode >= 0 && mode <= 0o7777) {
    const written = `0${mode.toString(8)}`;
    if (node.kind === 'scalar' && typeof node.value === 'number' && !node.text.startsWith('0')) {
      const message = `unquoted, ${node.text} is decimal and means ${written}`;
      reading.at('W_SCALAR_CHANGED', node, path, message, `write 0${node.text}`);
    }
    return scalarAt(node, written);
  }
  return reading.at('E_COMPOSE_VALUE', node, path, 'not a file mode such as 0444');
};

function modeBits(node: ComposeScalar): number | undefined {
  if (typeof node.value === 'number') return Number.isInteger(node.value) ? node.value : undefined;
  const textual = typeof node.value === 'string' && /^[0-7]{1,5}$/.test(node.value);
  return textual ? Number.parseInt(String(node.value), 8) : undefined;
}

const FILE_REFERENCE = record({
  fields: { source: text, target: text, uid: text, gid: text, mode: fileMode },
  unsupported: [],
  required: ['source'],
});

/** `configs` and `secrets` of a service; a secret in short form lands in /run/secrets. */
export function fileReferences(kind: 'configs' | 'secrets'): Reader {
  return list((reading, item, path) => {
    if (item.kind === 'map') return withSecretTarget(kind, FILE_REFERENCE(reading, item, path));
    const source = text(reading, item, path);
    return source && withSecretTarget(kind, recordAt(item, { source }));
  });
}

function withSecretTarget(kind: string, node: ComposeNode | undefined): ComposeNode | undefined {
  const source = textOf(node, 'source');
  if (kind === 'configs' || node?.kind !== 'map' || source === undefined) return node;
  if (node.entries.has('target')) return node;
  const target = scalarAt(node, `/run/secrets/${source}`);
  return mapAt(node, new Map([...node.entries, ['target', entryAt(node, target)]]));
}

const cpus: Reader = (reading, node, path) => decimal(reading, node, path);

export const deploy: Reader = record({
  fields: {
    replicas: whole(0, MAX_REPLICAS),
    resources: record({
      fields: {
        limits: record({
          fields: { cpus, memory: bytes, pids: whole(-1, 4_194_304) },
          unsupported: [],
        }),
        reservations: record({
          fields: { cpus, memory: bytes },
          unsupported: ['devices', 'generic_resources'],
        }),
      },
      unsupported: [],
    }),
    update_config: record({
      fields: {
        parallelism: whole(0, 10_000),
        delay: duration,
        failure_action: oneOf('pause', 'continue', 'rollback'),
        monitor: duration,
        max_failure_ratio: decimal,
        order: oneOf('start-first', 'stop-first'),
      },
      unsupported: [],
    }),
  },
  unsupported: [
    'endpoint_mode',
    'labels',
    'mode',
    'placement',
    'restart_policy',
    'rollback_config',
  ],
});

/** `restart`: YAML reads a bare `no` as a text, `false` as a boolean. */
export const restart: Reader = matching(
  /^(?:no|always|unless-stopped|on-failure(?::[0-9]{1,9})?)$/,
  'no, always, unless-stopped or on-failure[:tries]',
);

export const nameOf = matching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/, 'a name the engine takes');
