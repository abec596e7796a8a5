/**
 * The way back: what a container was told to be, as a service of a Compose file that asks for the
 * same. What the image and the engine filled in is left out.
 */
import { compareText, type MutableConfig } from '../../schemas/domain/index.ts';
import type { PresentConfiguration } from './configuration.ts';
import { type Members, membersOf, textOf } from './values.ts';
import { mount, said, size } from './written-mount.ts';

/** A service as it is written: plain data in a readable order. */
export interface WrittenService {
  readonly service: Members;
  /** Fields for which Compose has no word. */
  readonly unwritable: readonly string[];
}

/** In the order in which people write them; the rest follows by name. */
const ORDER: readonly string[] = [
  ...[
    'image',
    'container_name',
    'scale',
    'command',
    'entrypoint',
    'environment',
    'ports',
    'expose',
  ],
  ...['volumes', 'tmpfs', 'networks', 'network_mode', 'depends_on', 'restart', 'healthcheck'],
];
/** Written under their own name, as they are. */
const SAME: ReadonlySet<string> = new Set([
  ...['annotations', 'cap_add', 'cap_drop', 'cgroup', 'cgroup_parent', 'cpu_count', 'cpu_percent'],
  ...['device_cgroup_rules', 'dns'],
  ...['dns_opt', 'dns_search', 'domainname', 'extra_hosts', 'group_add', 'hostname', 'init', 'ipc'],
  ...['isolation', 'mem_swappiness', 'network_mode', 'oom_kill_disable', 'oom_score_adj', 'pid'],
  ...['privileged', 'read_only', 'runtime', 'security_opt', 'stdin_open'],
  ...['stop_signal', 'storage_opt', 'sysctls', 'tty', 'user', 'userns_mode', 'uts', 'working_dir'],
]);

type Write = (value: unknown) => unknown;

/** Fields whose value Compose writes in another form. */
const FORMS: Readonly<Record<string, Write>> = {
  command: words,
  entrypoint: words,
  stop_grace_period: (value) => `${Number(value)}s`,
  cpu_percent: (value) => Number(value) / 100,
  devices: (value) => listed(value).map(device),
  volumes_from: (value) => words(value).map((id) => `container:${id}`),
  shm_size: size,
  ulimits: (value) => Object.fromEntries(listed(value).map(ulimit)),
  logging: (value) => {
    const { Type, Config } = membersOf(value);
    return { driver: Type, ...(Config ? { options: Config } : {}) };
  },
};

/** Fields with a part of their own after the dot. */
const PARTS: Readonly<
  Record<
    string,
    (service: Draft, part: string, value: unknown, all: PresentConfiguration) => boolean
  >
> = {
  environment: (service, part, value) => put(service.map('environment'), part, value),
  labels: (service, part, value) => put(service.map('labels'), part, value),
  healthcheck: (service, part, value) =>
    put(
      service.map('healthcheck'),
      part,
      typeof value === 'number' && part !== 'retries' ? duration(value) : value,
    ),
  expose: (service, part, _value, { fields }) =>
    fields.has(`ports.${part}`) || push(service.list('expose'), withoutTcp(part)),
  ports: (service, part, value) =>
    listed(value).every((published) => push(service.list('ports'), port(part, String(published)))),
  volumes: (service, part, value) => push(service.list('volumes'), mount(part, value)),
  tmpfs: (service, part, value) => {
    const options = listed(value).join(',');
    return push(service.list('tmpfs'), options === '' ? part : `${part}:${options}`);
  },
  security_opt: (service, part, value) =>
    push(service.list('security_opt'), `${part}=${String(value)}`),
  blkio_config: (service, part, value) => put(service.map('blkio_config'), part, lowered(value)),
};

export function writtenService(
  present: PresentConfiguration,
  image: string,
  mutable: MutableConfig,
): WrittenService {
  const draft = new Draft();
  draft.members.set('image', image);
  const unwritable: string[] = [];
  for (const [name, value] of present.fields) {
    if (present.implied.has(name) || name.startsWith('networks.')) continue;
    if (!writeField(draft, name, value, present)) unwritable.push(name);
  }
  for (const [name, value] of limits(mutable)) draft.members.set(name, value);
  if (mutable.blkioWeight) draft.map('blkio_config')['weight'] = mutable.blkioWeight;
  return { service: orderedService(Object.fromEntries(draft.members)), unwritable };
}

function writeField(
  draft: Draft,
  name: string,
  value: unknown,
  present: PresentConfiguration,
): boolean {
  const form = FORMS[name];
  if (form) return draft.set(name, form(value));
  if (name === 'links') return draft.set('external_links', value);
  if (name === 'gpus') return draft.set('deploy', devicesOf(value));
  if (SAME.has(name)) return draft.set(name, value);
  const dot = name.indexOf('.');
  const part = PARTS[name.slice(0, dot)];
  return dot > 0 && part !== undefined && part(draft, name.slice(dot + 1), value, present);
}

/** A service while it is being written. */
class Draft {
  readonly members = new Map<string, unknown>();

  set(name: string, value: unknown): boolean {
    const before = this.members.get(name);
    this.members.set(name, Array.isArray(before) ? [...listed(value), ...before] : value);
    return true;
  }

  map(name: string): Record<string, unknown> {
    const known = (this.members.get(name) ?? {}) as Record<string, unknown>;
    this.members.set(name, known);
    return known;
  }

  list(name: string): unknown[] {
    const known = this.members.get(name);
    const list = Array.isArray(known) ? [...known] : [];
    this.members.set(name, list);
    return list;
  }
}

export function orderedService(service: Members): Members {
  const rank = (name: string) => {
    const at = ORDER.indexOf(name);
    return at < 0 ? ORDER.length : at;
  };
  const entries = Object.entries(service).sort(
    ([a], [b]) => rank(a) - rank(b) || compareText(a, b),
  );
  return Object.fromEntries(entries);
}

function put(map: Record<string, unknown>, key: string, value: unknown): boolean {
  map[key] = value;
  return true;
}

function push(list: unknown[], value: unknown): boolean {
  list.push(value);
  return true;
}

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function words(value: unknown): readonly string[] {
  return listed(value).map((word) => String(word));
}

const withoutTcp = (port: string): string => port.replace(/\/tcp$/, '');

/** `ADDRESS:PORT`, either of them empty. */
function port(target: string, published: string): string {
  const colon = published.lastIndexOf(':');
  const [address, host] = [published.slice(0, colon), published.slice(colon + 1)];
  const at = address.includes(':') ? `[${address}]:` : address && `${address}:`;
  const left = at + (host || at ? `${host}:` : '');
  return left + withoutTcp(target);
}

function device(value: unknown): string {
  const { PathOnHost, PathInContainer, CgroupPermissions } = membersOf(value);
  const [from, to] = [textOf(PathOnHost), textOf(PathInContainer)];
  const permissions = CgroupPermissions === 'rwm' ? '' : textOf(CgroupPermissions);
  return [from, to, permissions].filter(Boolean).join(':');
}

function ulimit(value: unknown): [string, unknown] {
  const { Name, Soft = 0, Hard = 0 } = membersOf(value);
  return [textOf(Name), Soft === Hard ? Soft : { soft: Soft, hard: Hard }];
}

/** `gpus` proper cannot say that no count was asked for. */
function devicesOf(value: unknown): Members {
  const devices = listed(value).map((request) => {
    const { Driver, Count, DeviceIDs, Capabilities, Options } = membersOf(request);
    return said({
      driver: Driver,
      count: Count,
      device_ids: DeviceIDs,
      capabilities: listed(Capabilities).flat(),
      options: Options,
    });
  });
  return { resources: { reservations: { devices } } };
}

/** Compose's lower-case words inside `blkio_config`. */
function lowered(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry) =>
    Object.fromEntries(
      Object.entries(membersOf(entry)).map(([name, member]) => [name.toLowerCase(), member]),
    ),
  );
}

const NS: readonly (readonly [unit: string, ns: number])[] = [
  ['h', 3_600e9],
  ['m', 60e9],
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
  ['ns', 1],
];

/** `1m30s`. */
function duration(ns: number): string {
  let left = ns;
  let text = '';
  for (const [unit, size] of NS) {
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text || '0s';
}

/** What `update` can change, where it says something. */
function limits(mutable: MutableConfig): readonly (readonly [string, unknown])[] {
  const { restartPolicy, restartMaximum, memory, memorySwap } = mutable;
  const restart = restartMaximum > 0 ? `${restartPolicy}:${restartMaximum}` : restartPolicy;
  const isOwnSwap = memorySwap === 0 || memorySwap === -1 || memorySwap === 2 * memory;
  const all: readonly (readonly [string, unknown])[] = [
    ['restart', restart === 'no' ? '' : restart],
    ['cpus', mutable.nanoCpus / 1e9],
    ['mem_limit', size(memory)],
    ['mem_reservation', size(mutable.memoryReservation)],
    ['memswap_limit', isOwnSwap ? 0 : size(memorySwap)],
    ['pids_limit', mutable.pidsLimit],
    ['cpu_shares', mutable.cpuShares],
    ['cpuset', mutable.cpusetCpus],
    ['cpu_period', mutable.cpuPeriod],
    ['cpu_quota', mutable.cpuQuota],
    ['cpu_rt_period', mutable.cpuRealtimePeriod],
    ['cpu_rt_runtime', mutable.cpuRealtimeRuntime],
  ];
  return all.filter(([, value]) => Boolean(value));
}
