import { posix } from 'node:path';
import type { EngineBody } from '../schemas/domain/index.ts';
import { parseFileSource } from './files.ts';

/** What a container may ask of its host. Checked by the controller and again by the agent. */
export interface ContainerPolicy {
  readonly allowPrivileged: boolean;
  /** Absolute host paths that no container may see: neither they, nor below, nor around them. */
  readonly denyBinds: readonly string[];
}

export const DEFAULT_POLICY: ContainerPolicy = { allowPrivileged: false, denyBinds: [] };

export interface PolicyViolation {
  /** `P_…`, stable. */
  readonly code: 'P_FIELD' | 'P_PRIVILEGED' | 'P_BIND' | 'P_VOLUME_DRIVER_OPTS';
  /** Dotted path in the engine body. */
  readonly path: string;
  readonly message: string;
}

/**
 * Every member that a body may have. Whatever a newer engine understands and this list does not
 * know is refused, not passed on.
 */
export const CONTAINER_MEMBERS = {
  body: new Set([
    'Hostname',
    'Domainname',
    'MacAddress',
    'User',
    'AttachStdout',
    'AttachStderr',
    'Tty',
    'OpenStdin',
    'Env',
    'Cmd',
    'Entrypoint',
    'Healthcheck',
    'Image',
    'WorkingDir',
    'Labels',
    'StopSignal',
    'NetworkDisabled',
    'StopTimeout',
    'ExposedPorts',
    'HostConfig',
    'NetworkingConfig',
  ]),
  host: new Set([
    'Binds',
    'Mounts',
    'NetworkMode',
    'PortBindings',
    'Privileged',
    'ReadonlyRootfs',
    'Init',
    'ExtraHosts',
    'NanoCpus',
    'Memory',
    'MemoryReservation',
    'MemorySwap',
    'PidsLimit',
    'CpuShares',
    'CpusetCpus',
    'RestartPolicy',
    'Annotations',
    'BlkioDeviceReadBps',
    'BlkioDeviceReadIOps',
    'BlkioDeviceWriteBps',
    'BlkioDeviceWriteIOps',
    'BlkioWeight',
    'BlkioWeightDevice',
    'CapAdd',
    'CapDrop',
    'CgroupParent',
    'CgroupnsMode',
    'CpuCount',
    'CpuPercent',
    'CpuPeriod',
    'CpuQuota',
    'CpuRealtimePeriod',
    'CpuRealtimeRuntime',
    'DeviceCgroupRules',
    'DeviceRequests',
    'Devices',
    'Dns',
    'DnsOptions',
    'DnsSearch',
    'GroupAdd',
    'IpcMode',
    'Isolation',
    'Links',
    'LogConfig',
    'MaskedPaths',
    'MemorySwappiness',
    'OomKillDisable',
    'OomScoreAdj',
    'PidMode',
    'ReadonlyPaths',
    'Runtime',
    'SecurityOpt',
    'ShmSize',
    'StorageOpt',
    'Sysctls',
    'Tmpfs',
    'UTSMode',
    'Ulimits',
    'UsernsMode',
    'VolumesFrom',
  ]),
} as const;

interface HostConfig {
  readonly CgroupnsMode?: string;
  readonly IpcMode?: string;
  readonly PidMode?: string;
  readonly UTSMode?: string;
  readonly UsernsMode?: string;
  readonly Privileged?: boolean;
  readonly NetworkMode?: string;
  readonly SecurityOpt?: readonly string[];
  readonly Binds?: readonly string[];
  readonly Mounts?: readonly { readonly Type?: string; readonly Source?: string }[];
}

/** Modes that share the host's or another container's namespaces. */
const SHARED_NAMESPACE = /^(host|container:.*)$/;

/** The final create body against a policy; empty where it is allowed. */
export function checkContainerBody(
  body: EngineBody,
  policy: ContainerPolicy,
): readonly PolicyViolation[] {
  const host = (body['HostConfig'] ?? {}) as HostConfig;
  return [
    ...unknownMembers(body, CONTAINER_MEMBERS.body, ''),
    ...unknownMembers(host as EngineBody, CONTAINER_MEMBERS.host, 'HostConfig.'),
    ...privileges(host, policy),
    ...boundPaths(host).flatMap((source) => deniedPath(source, policy, 'P_BIND', 'HostConfig')),
  ];
}

/** A local volume with `o: bind` is a bind by another name. */
export function checkVolumeBody(
  body: EngineBody,
  policy: ContainerPolicy,
): readonly PolicyViolation[] {
  const options = (body['DriverOpts'] ?? {}) as Readonly<Record<string, string>>;
  const device = options['device'];
  if (!device?.startsWith('/')) return [];
  return deniedPath(device, policy, 'P_VOLUME_DRIVER_OPTS', 'DriverOpts.device');
}

function unknownMembers(
  members: EngineBody,
  known: ReadonlySet<string>,
  prefix: string,
): readonly PolicyViolation[] {
  return Object.keys(members)
    .filter((name) => !known.has(name))
    .map((name) => ({
      code: 'P_FIELD',
      path: `${prefix}${name}`,
      message: `${prefix}${name} is not among what containers may ask for`,
    }));
}

function privileges(host: HostConfig, policy: ContainerPolicy): readonly PolicyViolation[] {
  const violations: PolicyViolation[] = [];
  if (host.Privileged && !policy.allowPrivileged) {
    const path = 'HostConfig.Privileged';
    violations.push({
      code: 'P_PRIVILEGED',
      path,
      message: 'privileged containers are not allowed',
    });
  }
  if (SHARED_NAMESPACE.test(host.NetworkMode ?? '') && !policy.allowPrivileged) {
    const path = 'HostConfig.NetworkMode';
    const message = `network mode ${host.NetworkMode} shares a namespace, which is not allowed`;
    violations.push({ code: 'P_PRIVILEGED', path, message });
  }
  return [...violations, ...(policy.allowPrivileged ? [] : powers(host))];
}

/** Members that give a container a hold on its host: whoever may use them may be privileged. */
const POWERS = [
  'CapAdd',
  'CgroupParent',
  'DeviceCgroupRules',
  'Devices',
  'MaskedPaths',
  'ReadonlyPaths',
  'Runtime',
  'VolumesFrom',
] as const;
const NAMESPACES = ['CgroupnsMode', 'IpcMode', 'PidMode', 'UTSMode', 'UsernsMode'] as const;
/** The one security option that only takes away. */
const NO_NEW_PRIVILEGES = /^no-new-privileges(?:[:=]true)?$/;

function powers(host: HostConfig): readonly PolicyViolation[] {
  const members = host as EngineBody;
  const used = POWERS.filter((name) => members[name] !== undefined && members[name] !== null);
  const shared = NAMESPACES.filter((name) => SHARED_NAMESPACE.test(host[name] ?? ''));
  const loosened = (host.SecurityOpt ?? []).some((option) => !NO_NEW_PRIVILEGES.test(option));
  return [...used, ...shared, ...(loosened ? ['SecurityOpt'] : [])].map((name) => ({
    code: 'P_PRIVILEGED',
    path: `HostConfig.${name}`,
    message: `HostConfig.${name} gives power over the host, which is not allowed`,
  }));
}

/** Host paths that a body mounts. */
function boundPaths(host: HostConfig): readonly string[] {
  const binds = (host.Binds ?? []).map((bind) => bind.split(':', 1)[0] ?? '');
  const mounts = (host.Mounts ?? [])
    .filter((mount) => mount.Type === 'bind' && !parseFileSource(mount.Source ?? ''))
    .map((mount) => mount.Source ?? '');
  return [...binds, ...mounts].filter((path) => path.startsWith('/'));
}

/** The host paths of a body, for whoever can tell what lies behind their symbolic links. */
export const hostPaths = (body: EngineBody): readonly string[] =>
  boundPaths((body['HostConfig'] ?? {}) as HostConfig);

function deniedPath(
  source: string,
  policy: ContainerPolicy,
  code: PolicyViolation['code'],
  path: string,
): readonly PolicyViolation[] {
  const denied = policy.denyBinds.find((entry) => touches(source, entry));
  if (denied === undefined) return [];
  return [
    { code, path, message: `${source} may not be mounted: ${denied} is kept from containers` },
  ];
}

/** True where one of the two paths is the other or lies in it. */
export function touches(a: string, b: string): boolean {
  const [one, other] = [normal(a), normal(b)];
  return one === other || one.startsWith(folder(other)) || other.startsWith(folder(one));
}

const normal = (path: string): string => posix.normalize(`/${path}`).replace(/(?!^)\/$/, '');

const folder = (path: string): string => (path === '/' ? '/' : `${path}/`);
