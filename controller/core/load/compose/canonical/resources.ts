import { type ComposeNode, entryAt, mapAt, recordAt, scalarAt, textOf } from '../node.ts';
import { labels } from './key-values.ts';
import {
  kept,
  list,
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
import { decimal, whole } from './scalars.ts';
import { bytes, duration, someDuration, wholeBytes } from './units.ts';

const COUNT_OF_ALL = -1;

const count: Reader = (reading, node, path) => {
  const value = node.kind === 'scalar' ? node.value : null;
  if (typeof value === 'string' && value.toLowerCase() === 'all') {
    return scalarAt(node, COUNT_OF_ALL);
  }
  return whole()(reading, node, path);
};

const DEVICE_FIELDS = {
  capabilities: texts,
  count,
  device_ids: texts,
  driver: text,
  options: labels,
} as const;

/** All devices, where neither a number nor ids are given. */
function deviceRequest(table: Reader): Reader {
  return (reading, node, path) => {
    const read = table(reading, node, path);
    if (read?.kind !== 'map' || node.kind !== 'map') return undefined;
    const hasCount = node.entries.has('count');
    if (hasCount && node.entries.has('device_ids')) {
      const message = '"count" and "device_ids" exclude each other';
      return reading.at('E_COMPOSE_VALUE', node, path, message);
    }
    if (hasCount || node.entries.has('device_ids')) return read;
    const all = entryAt(node, scalarAt(node, COUNT_OF_ALL));
    return mapAt(node, new Map([...read.entries, ['count', all]]));
  };
}

const reservedDevices = list(
  deviceRequest(record({ fields: DEVICE_FIELDS, required: ['capabilities'] })),
);
const gpuRequests = list(deviceRequest(record({ fields: DEVICE_FIELDS, open: true })));

/** `all`, or a list of requests. */
export const gpus: Reader = (reading, node, path) => {
  if (node.kind !== 'scalar') return gpuRequests(reading, node, path);
  if (node.value !== 'all') return wrongType(reading, node, path, 'all, or a list');
  const all = recordAt(node, { count: scalarAt(node, COUNT_OF_ALL) });
  return { kind: 'seq', at: node.at, from: node.from, items: [all] };
};

const LONG_DEVICE = record({
  fields: { source: text, target: text, permissions: text },
  required: ['source', 'target'],
});

const device: Reader = (reading, node, path) => {
  if (node.kind === 'map') return LONG_DEVICE(reading, node, path);
  const found = text(reading, node, path);
  if (found?.kind !== 'scalar') return undefined;
  const [source = '', target = '', permissions, ...more] = String(found.value).split(':');
  if (more.length > 0) {
    const message = `${JSON.stringify(found.value)} is not source[:target[:permissions]]`;
    return reading.at('E_COMPOSE_VALUE', node, path, message);
  }
  return recordAt(node, {
    source: someText(node, source),
    target: someText(node, target || source),
    permissions: someText(node, permissions ?? 'rwm'),
  });
};

const someText = (node: ComposeNode, value: string): ComposeNode | undefined =>
  value === '' ? undefined : scalarAt(node, value);

export const devices: Reader = (reading, node, path) => {
  if (node.kind !== 'seq') return wrongType(reading, node, path, 'a list');
  return { ...node, items: readItems(reading, node.items, path, device) };
};

/** Compose prints the two members with capitals. */
function blkioItems(member: 'rate' | 'weight', value: Reader): Reader {
  const table = record({ fields: { path: kept(text), [member]: kept(value) } });
  const name = member === 'rate' ? 'Rate' : 'Weight';
  return list((reading, item, path) => {
    const read = table(reading, item, path);
    if (read?.kind !== 'map') return undefined;
    const none = member === 'rate' ? '0' : 0;
    return recordAt(item, {
      Path: read.entries.get('path')?.value ?? scalarAt(item, ''),
      [name]: read.entries.get(member)?.value ?? scalarAt(item, none),
    });
  });
}

const weight = whole({ least: 0, most: 65_535, noTexts: true });
const throttles = blkioItems('rate', wholeBytes);

export const blkioConfig: Reader = record({
  fields: {
    weight,
    weight_device: blkioItems('weight', weight),
    device_read_bps: throttles,
    device_read_iops: throttles,
    device_write_bps: throttles,
    device_write_iops: throttles,
  },
});

const LIMITS = record({ fields: { soft: whole(), hard: whole() }, required: ['soft', 'hard'] });

/** One number, or the two; of a zero Compose keeps only that the limit stands there. */
const ulimit: Reader = (reading, node, path) => {
  if (node.kind === 'map') return LIMITS(reading, node, path);
  const one = whole()(reading, node, path);
  return one?.kind === 'scalar' && one.value === 0 ? mapAt(node, new Map()) : one;
};

export const ulimits: Reader = mapOf(ulimit);

const wholeOrCut = whole({ cut: true });

const UPDATE = record({
  fields: {
    parallelism: kept(whole({ least: 0 })),
    delay: someDuration,
    failure_action: text,
    monitor: someDuration,
    max_failure_ratio: decimal,
    order: oneOf('start-first', 'stop-first'),
  },
});

const memory: Reader = (reading, node, path) => {
  const found = text(reading, node, path);
  return found && bytes(reading, found, path);
};

const DISCRETE = record({ fields: { kind: kept(text), value: kept(wholeOrCut) } });

const discreteResource: Reader = (reading, node, path) => {
  const read = DISCRETE(reading, node, path);
  if (!read) return undefined;
  return recordAt(node, {
    kind: scalarAt(node, textOf(read, 'kind') ?? ''),
    value: scalarAt(node, Number(textOf(read, 'value') ?? 0)),
  });
};

const RESOURCES = record({
  fields: {
    limits: kept(record({ fields: { cpus: decimal, memory, pids: whole() } })),
    reservations: kept(
      record({
        fields: {
          cpus: decimal,
          memory,
          generic_resources: list(
            record({ fields: { discrete_resource_spec: kept(discreteResource) } }),
          ),
          devices: reservedDevices,
        },
      }),
    ),
  },
});

const PLACEMENT = record({
  fields: {
    constraints: texts,
    preferences: list(record({ fields: { spread: text } })),
    max_replicas_per_node: whole({ least: 0 }),
  },
});

export const deploy: Reader = nullable(
  record({
    fields: {
      mode: text,
      endpoint_mode: text,
      replicas: kept(whole()),
      labels,
      update_config: kept(UPDATE),
      rollback_config: kept(UPDATE),
      resources: kept(RESOURCES),
      restart_policy: kept(
        record({
          fields: {
            condition: text,
            delay: duration,
            max_attempts: kept(whole({ least: 0 })),
            window: duration,
          },
        }),
      ),
      placement: kept(PLACEMENT),
    },
    filled: ['resources', 'placement'],
  }),
);
