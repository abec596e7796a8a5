/** What is hashed of a container, as fields in Compose's words: each difference has a name. */
import { canonicalText } from '../../../schemas/domain/index.ts';

/** Another one whenever a spec would come to other fields than before. */
export const FIELDS_FORM = 1;

/** `hidden`: only that it differs may be said. */
export type FieldValue = { readonly text: string } | { readonly hidden: string };
export type Field = readonly [name: string, value: FieldValue];

type Members = Readonly<Record<string, unknown>>;
type Reader = (value: unknown) => readonly Field[];

const NS_PER_MS = 1e6;
/** Files and folders in the agent's keeping: known by a hash, which may be that of a secret. */
const KEPT = ['skep-file:', 'skep-tree:', 'skep-live:'];

/** @param hashed what the spec hash is made of (`hashedContainer`). */
export function specFields(hashed: Members): readonly Field[] {
  const { HostConfig, ExposedPorts, image: _image, ...rest } = hashed;
  const host = membersOf(HostConfig);
  const published = membersOf(host['PortBindings']);
  const expose = Object.keys(membersOf(ExposedPorts)).filter((port) => !(port in published));
  return [
    ...Object.entries(rest),
    ...Object.entries(host),
    // What is published is exposed as well.
    ...(expose.length > 0 ? [['expose', expose.join(', ')] as const] : []),
  ].flatMap(([member, value]) => (READERS[member] ?? plain(WORDS[member] ?? snake(member)))(value));
}

/** Members whose word in Compose is not just their own in small letters. */
const WORDS: Readonly<Record<string, string>> = {
  BlkioDeviceReadBps: 'blkio_config.device_read_bps',
  BlkioDeviceReadIOps: 'blkio_config.device_read_iops',
  BlkioDeviceWriteBps: 'blkio_config.device_write_bps',
  BlkioDeviceWriteIOps: 'blkio_config.device_write_iops',
  BlkioWeight: 'blkio_config.weight',
  BlkioWeightDevice: 'blkio_config.weight_device',
  Cmd: 'command',
  CgroupnsMode: 'cgroup',
  CpuRealtimePeriod: 'cpu_rt_period',
  CpuRealtimeRuntime: 'cpu_rt_runtime',
  DnsOptions: 'dns_opt',
  IpcMode: 'ipc',
  MemorySwappiness: 'mem_swappiness',
  OpenStdin: 'stdin_open',
  PidMode: 'pid',
  ReadonlyRootfs: 'read_only',
  UTSMode: 'uts',
  restart: 'spec.restart',
};

const READERS: Readonly<Record<string, Reader>> = {
  Env: (value) =>
    listOf(value).map((entry) => {
      const [name, text] = cut(String(entry), '=');
      return field(`environment.${name}`, text);
    }),
  StopTimeout: (value) => [field('stop_grace_period', `${String(value)}s`)],
  Healthcheck: (value) => structure('healthcheck', membersOf(value)),
  PortBindings: (value) =>
    Object.entries(membersOf(value)).map(([port, bindings]) =>
      field(`ports.${port}`, listOf(bindings).map(binding).join(', ')),
    ),
  Binds: (value) =>
    listOf(value).map((bind) => {
      const [source = '', target = '', options = ''] = String(bind).split(':');
      return field(`volumes.${target}`, `${source}:${options}`);
    }),
  Mounts: (value) => listOf(value).map((mount) => mountField(membersOf(mount))),
  Devices: (value) =>
    listOf(value).map((device) => {
      const { PathOnHost, PathInContainer, CgroupPermissions } = membersOf(device);
      return field(`devices.${text(PathInContainer)}`, shown([PathOnHost, CgroupPermissions]));
    }),
  DeviceRequests: (value) => [field('gpus', text(value))],
  Ulimits: (value) =>
    listOf(value).map((limit) => {
      const { Name, Soft, Hard } = membersOf(limit);
      return field(`ulimits.${text(Name)}`, shown([Soft, Hard]));
    }),
  Labels: mapOf('labels'),
  Sysctls: mapOf('sysctls'),
  StorageOpt: mapOf('storage_opt'),
  Annotations: mapOf('annotations'),
  Tmpfs: mapOf('tmpfs'),
  LogConfig: (value) => {
    const { Type, Config } = membersOf(value);
    return [
      ...(Type === undefined ? [] : [field('logging.driver', text(Type))]),
      ...mapOf('logging.options')(Config),
    ];
  },
  NetworkingConfig: (value) =>
    Object.entries(membersOf(membersOf(value)['EndpointsConfig'])).flatMap(([network, endpoint]) =>
      structure(`networks.${network}`, membersOf(endpoint)),
    ),
  postStart: (value) => [['post_start', { hidden: text(value) }]],
  restartedWith: (value) => hiddenMap(value, (name) => `depends_on.${name}`),
};

const field = (name: string, value: string): Field => [name, { text: value }];

const plain =
  (name: string): Reader =>
  (value) => [field(name, text(value))];

function mapOf(name: string): Reader {
  return (value) =>
    Object.entries(membersOf(value)).map(([key, item]) => field(`${name}.${key}`, text(item)));
}

const hiddenMap = (value: unknown, name: (key: string) => string): readonly Field[] =>
  Object.entries(membersOf(value)).map(([key, hash]) => [name(key), { hidden: text(hash) }]);

/** Members of the engine's own, one by one. */
const structure = (name: string, members: Members): readonly Field[] =>
  Object.entries(members).map(([member, value]) =>
    field(`${name}.${snake(member)}`, DURATIONS.has(member) ? duration(value) : text(value)),
  );

const DURATIONS: ReadonlySet<string> = new Set([
  'Interval',
  'Timeout',
  'StartPeriod',
  'StartInterval',
]);

const duration = (value: unknown): string => `${Number(value) / NS_PER_MS}ms`;

function binding(value: unknown): string {
  const { HostIp, HostPort } = membersOf(value);
  return shown([HostIp, HostPort ?? 'any']);
}

function mountField({ Target, ...mount }: Members): Field {
  const source = mount['Source'];
  if (typeof source === 'string' && KEPT.some((prefix) => source.startsWith(prefix))) {
    return [`files.${text(Target)}`, { hidden: source }];
  }
  return field(`volumes.${text(Target)}`, text(mount));
}

const shown = (parts: readonly unknown[]): string => parts.map(text).filter(Boolean).join(':');

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : canonicalText(value);
}

function cut(value: string, at: string): readonly [string, string] {
  const index = value.indexOf(at);
  return index < 0 ? [value, ''] : [value.slice(0, index), value.slice(index + 1)];
}

const snake = (word: string): string =>
  word.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null ? (value as Members) : {};
