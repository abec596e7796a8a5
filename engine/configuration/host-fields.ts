import { compareText } from '../../schemas/domain/index.ts';
import { capabilities } from '../capabilities.ts';
import { isVoid, listOf, type Members, membersOf, sortedTexts, textOf, trimmed } from './values.ts';

/** How one member of `HostConfig` reads, where its order or spelling may vary. */
type Read = (value: unknown, host: Members) => unknown;

const plain: Read = (value) => value;
const byText: Read = (value) =>
  listOf(value)
    .map(trimmed)
    .sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)));
const caps: Read = (value) => capabilities(listOf(value).map((item) => String(item)));

/**
 * Compose's word for each member that is compared. What `update` can change is not here: it is
 * compared by itself, and brought in line without a new container.
 */
const MEMBERS: Readonly<Record<string, readonly [field: string, read: Read]>> = {
  Annotations: ['annotations', plain],
  AutoRemove: ['--rm', plain],
  BlkioDeviceReadBps: ['blkio_config.device_read_bps', byText],
  BlkioDeviceReadIOps: ['blkio_config.device_read_iops', byText],
  BlkioDeviceWriteBps: ['blkio_config.device_write_bps', byText],
  BlkioDeviceWriteIOps: ['blkio_config.device_write_iops', byText],
  BlkioWeightDevice: ['blkio_config.weight_device', byText],
  CapAdd: ['cap_add', caps],
  CapDrop: ['cap_drop', caps],
  CgroupParent: ['cgroup_parent', plain],
  CgroupnsMode: ['cgroup', plain],
  CpuCount: ['cpu_count', plain],
  CpuPercent: ['cpu_percent', plain],
  DeviceCgroupRules: ['device_cgroup_rules', sortedTexts],
  DeviceRequests: ['gpus', byText],
  Devices: ['devices', devices],
  Dns: ['dns', plain],
  DnsOptions: ['dns_opt', sortedTexts],
  DnsSearch: ['dns_search', plain],
  ExtraHosts: ['extra_hosts', sortedTexts],
  GroupAdd: ['group_add', sortedTexts],
  Init: ['init', plain],
  IpcMode: ['ipc', plain],
  Isolation: ['isolation', (value) => (value === 'default' ? '' : value)],
  Links: ['links', links],
  LogConfig: ['logging', plain],
  MemorySwappiness: ['mem_swappiness', (value) => (value === -1 ? 0 : value)],
  OomKillDisable: ['oom_kill_disable', plain],
  OomScoreAdj: ['oom_score_adj', plain],
  PidMode: ['pid', plain],
  Privileged: ['privileged', plain],
  PublishAllPorts: ['--publish-all', plain],
  ReadonlyRootfs: ['read_only', plain],
  Runtime: ['runtime', plain],
  SecurityOpt: ['security_opt', securityOptions],
  ShmSize: ['shm_size', plain],
  StorageOpt: ['storage_opt', plain],
  Sysctls: ['sysctls', plain],
  UTSMode: ['uts', plain],
  Ulimits: ['ulimits', byText],
  UsernsMode: ['userns_mode', plain],
  VolumesFrom: ['volumes_from', volumesFrom],
};

/** Fields that say nothing are left out. */
export function hostFields(host: Members): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [member, [field, read]] of Object.entries(MEMBERS)) {
    const value = trimmed(read(host[member], host));
    if (!isVoid(value)) fields.set(field, value);
  }
  for (const [path, options] of Object.entries(membersOf(host['Tmpfs']))) {
    fields.set(`tmpfs.${path}`, sortedTexts(textOf(options).split(',')).filter(Boolean));
  }
  for (const [port, bindings] of Object.entries(membersOf(host['PortBindings']))) {
    const published = sortedTexts(listOf(bindings).map(binding));
    if (published.length > 0) fields.set(`ports.${port}`, published);
  }
  const mode = networkMode(host);
  if (mode !== '') fields.set('network_mode', mode);
  if (hasOpenPaths(host)) fields.set('security_opt.systempaths', 'unconfined');
  return fields;
}

const OWN_STACK: ReadonlySet<string> = new Set(['host', 'none']);
const BRIDGE: ReadonlySet<string> = new Set(['', 'default', 'bridge']);

/** The default bridge has several names; a network of one's own is an attachment, not a mode. */
export function networkMode(host: Members): string {
  const mode = textOf(host['NetworkMode']);
  if (BRIDGE.has(mode)) return 'bridge';
  return OWN_STACK.has(mode) || mode.startsWith('container:') ? mode : '';
}

function binding(value: unknown): string {
  const { HostIp, HostPort } = membersOf(value);
  const port = textOf(HostPort);
  return `${textOf(HostIp)}:${port === '0' ? '' : port}`;
}

function devices(value: unknown): unknown {
  const all = listOf(value).map((device) => {
    const { CgroupPermissions, ...paths } = membersOf(device);
    return { ...paths, CgroupPermissions: CgroupPermissions || 'rwm' };
  });
  return byText(all, {});
}

/** Only on the default bridge do they make anything; elsewhere they are one client's habit. */
function links(value: unknown, host: Members): unknown {
  if (networkMode(host) !== 'bridge') return [];
  return sortedTexts(
    listOf(value).map((link) => {
      const [name = '', alias = name] = String(link).split(':');
      return [name, alias].map((path) => path.slice(path.lastIndexOf('/') + 1)).join(':');
    }),
  );
}

/** The engine turns labelling off by itself for whoever sees the host anyway. */
function securityOptions(value: unknown, host: Members): unknown {
  const seesHost = [host['PidMode'], host['IpcMode']].includes('host') || host['Privileged'];
  return sortedTexts(value)
    .map((option) => (option === 'no-new-privileges:true' ? 'no-new-privileges' : option))
    .filter((option) => !(seesHost && /^label[=:]disable$/.test(option)));
}

function volumesFrom(value: unknown): unknown {
  return sortedTexts(listOf(value).map((text) => String(text).replace(/:rw$/, '')));
}

/** An empty list hides nothing; none at all is the engine's own. */
function hasOpenPaths({ MaskedPaths, Privileged }: Members): boolean {
  return Array.isArray(MaskedPaths) && MaskedPaths.length === 0 && !Privileged;
}
