import {
  type ContainerHealth,
  type ContainerNetwork,
  type ContainerState,
  compareText,
  type HostPort,
  type MutableConfig,
  type ObservedContainer,
  type ObservedImage,
  type ObservedNetwork,
  type ObservedVolume,
  type Owner,
  parseOwner,
} from '../schemas/domain/index.ts';
import type {
  ContainerInspect,
  ContainerSummary,
  EndpointInspect,
  HealthInspect,
  HostConfigInspect,
  ImageInspect,
  NetworkInspect,
  PortInspect,
  VolumeInspect,
} from './inspect.ts';
import { joinedNames } from './references.ts';

const STATES: readonly ContainerState[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
];
const HEALTHS: readonly ContainerHealth[] = ['none', 'starting', 'healthy', 'unhealthy'];
const HEALTH_OUTPUT_LIMIT = 1024;
const SHORT_ID = 12;

/**
 * A container inspection as the domain sees it; one without our labels, and not adopted, keeps only
 * what planning needs of a stranger. `sinceMs` and `recorded` are for others to fill in.
 */
export function observedContainer(inspect: object, adoptedBy?: Owner): ObservedContainer {
  const { Config, NetworkSettings } = inspect as ContainerInspect;
  const own = parseOwner(Config?.Labels ?? {});
  const owner = own ?? adoptedBy;
  if (owner) {
    return { ...wholeContainer(inspect), owner, ...(!own && { adopted: true }) };
  }
  const networks = attachments(NetworkSettings?.Networks ?? {}, networkOnly);
  return { ...inspectedBase(inspect), networks };
}

/** Everything but whose it is. */
export function wholeContainer(inspect: object): ObservedContainer {
  const container = inspect as ContainerInspect;
  const networks = container.NetworkSettings?.Networks ?? {};
  // Engines below API 1.45 add both by themselves, and keep them when they are upgraded.
  const added = [(container.Id ?? '').slice(0, SHORT_ID), container.Config?.Hostname];
  return {
    ...inspectedBase(inspect),
    ...ownState(container),
    mutable: mutableOf(container.HostConfig ?? {}),
    joined: joinedNames({ HostConfig: container.HostConfig }),
    networks: attachments(networks, (endpoint) => attachment(endpoint, added)),
  };
}

function inspectedBase(inspect: object): ObservedContainer {
  const container = inspect as ContainerInspect;
  return {
    ...strangerBase(container.Id, container.Name, container.State?.Status),
    ports: inspectedPorts(container.NetworkSettings?.Ports ?? {}),
  };
}

/** The same from one entry of the engine's list, which is enough for a stranger. */
export function observedStranger(entry: object): ObservedContainer {
  const summary = entry as ContainerSummary;
  return {
    ...strangerBase(summary.Id, summary.Names?.[0], summary.State),
    ports: summaryPorts(summary),
    networks: attachments(summary.NetworkSettings?.Networks ?? {}, networkOnly),
  };
}

/** True where a list entry carries the labels of an installation. */
export const isOwned = (entry: object): boolean =>
  parseOwner((entry as ContainerSummary).Labels ?? {}) !== undefined;

function strangerBase(
  id: string | undefined,
  name: string | undefined,
  status: string | undefined,
): ObservedContainer {
  return {
    id: id ?? '',
    name: (name ?? '').replace(/^\//, ''),
    recorded: false,
    imageId: '',
    image: '',
    state: STATES.find((state) => state === status) ?? 'dead',
    exitCode: 0,
    oomKilled: false,
    error: '',
    restartCount: 0,
    startedAt: '',
    health: 'none',
    healthOutput: '',
    mutable: mutableOf({}),
    networks: [],
    ports: [],
    sinceMs: 0,
  };
}

function ownState(container: ContainerInspect) {
  const state = container.State ?? {};
  const stopTimeout = container.Config?.StopTimeout;
  return {
    imageId: container.Image ?? '',
    image: container.Config?.Image ?? '',
    exitCode: state.ExitCode ?? 0,
    oomKilled: state.OOMKilled ?? false,
    error: state.Error ?? '',
    restartCount: container.RestartCount ?? 0,
    startedAt: state.StartedAt ?? '',
    ...healthOf(state.Health ?? {}),
    ...(typeof stopTimeout === 'number' && { stopTimeoutS: stopTimeout }),
  };
}

function healthOf(health: HealthInspect): { health: ContainerHealth; healthOutput: string } {
  const failed = (health.Log ?? []).findLast((probe) => (probe.ExitCode ?? 0) !== 0);
  return {
    health: HEALTHS.find((known) => known === health.Status) ?? 'none',
    healthOutput: (failed?.Output ?? '').slice(0, HEALTH_OUTPUT_LIMIT),
  };
}

/** What `update` can change, as the engine shows it. */
export function mutableOf(host: HostConfigInspect): MutableConfig {
  const policy = host.RestartPolicy ?? {};
  return {
    nanoCpus: host.NanoCpus ?? 0,
    memory: host.Memory ?? 0,
    memoryReservation: host.MemoryReservation ?? 0,
    memorySwap: host.MemorySwap ?? 0,
    // Unlimited shows as null, 0 or -1.
    pidsLimit: Math.max(0, host.PidsLimit ?? 0),
    cpuShares: host.CpuShares ?? 0,
    cpusetCpus: host.CpusetCpus ?? '',
    cpuPeriod: host.CpuPeriod ?? 0,
    // Taken away by an update it shows as -1.
    cpuQuota: Math.max(0, host.CpuQuota ?? 0),
    cpuRealtimePeriod: host.CpuRealtimePeriod ?? 0,
    cpuRealtimeRuntime: host.CpuRealtimeRuntime ?? 0,
    blkioWeight: host.BlkioWeight ?? 0,
    restartPolicy: policy.Name || 'no',
    restartMaximum: policy.MaximumRetryCount ?? 0,
  };
}

function attachments(
  networks: Readonly<Record<string, EndpointInspect>>,
  project: (endpoint: EndpointInspect) => Omit<ContainerNetwork, 'name'>,
): readonly ContainerNetwork[] {
  return Object.keys(networks)
    .sort(compareText)
    .map((name) => ({ name, ...project(networks[name] ?? {}) }));
}

const networkOnly = (endpoint: EndpointInspect): Omit<ContainerNetwork, 'name'> => ({
  id: endpoint.NetworkID ?? '',
  aliases: [],
  address: '',
});

function attachment(
  endpoint: EndpointInspect,
  added: readonly (string | undefined)[],
): Omit<ContainerNetwork, 'name'> {
  const aliases = (endpoint.Aliases ?? []).filter((alias) => !added.includes(alias));
  return {
    id: endpoint.NetworkID ?? '',
    aliases: [...new Set(aliases)].sort(compareText),
    address: endpoint.IPAddress ?? '',
    ipv4: endpoint.IPAMConfig?.IPv4Address ?? '',
    ipv6: endpoint.IPAMConfig?.IPv6Address ?? '',
  };
}

function inspectedPorts(
  ports: Readonly<Record<string, readonly PortInspect[] | null>>,
): readonly HostPort[] {
  const all = Object.entries(ports).flatMap(([port, bindings]) =>
    (bindings ?? []).map((binding) =>
      hostPort(binding.HostIp, Number(binding.HostPort), port.split('/')[1]),
    ),
  );
  return distinct(all);
}

const summaryPorts = (summary: ContainerSummary): readonly HostPort[] =>
  distinct((summary.Ports ?? []).map((port) => hostPort(port.IP, port.PublicPort, port.Type)));

const hostPort = (
  address: string | undefined,
  port: number | undefined,
  protocol: string | undefined,
): HostPort => ({ address: address || '0.0.0.0', port: port || 0, protocol: protocol ?? 'tcp' });

/** Sorted; without the ports that are not published. */
function distinct(ports: readonly HostPort[]): readonly HostPort[] {
  const byText = new Map(
    ports
      .filter((port) => port.port > 0)
      .map((port) => [`${port.protocol} ${port.address} ${port.port}`, port]),
  );
  return [...byText.keys()].sort(compareText).flatMap((key) => byText.get(key) ?? []);
}

export function observedNetwork(inspect: object, adoptedBy?: Owner): ObservedNetwork {
  const network = inspect as NetworkInspect;
  const owner = parseOwner(network.Labels ?? {}) ?? adoptedBy;
  return {
    id: network.Id ?? '',
    name: network.Name ?? '',
    driver: network.Driver ?? '',
    scope: network.Scope ?? '',
    ...(owner && { owner }),
  };
}

export function observedVolume(inspect: object, adoptedBy?: Owner): ObservedVolume {
  const volume = inspect as VolumeInspect;
  const owner = parseOwner(volume.Labels ?? {}) ?? adoptedBy;
  return {
    name: volume.Name ?? '',
    driver: volume.Driver ?? '',
    ...(owner && { owner }),
  };
}

/** From an inspection, or from a list entry with the platform that an inspection once told. */
export function observedImage(inspect: object): ObservedImage {
  const image = inspect as ImageInspect;
  const named = (names: readonly string[] | null | undefined) =>
    (names ?? []).filter((name) => !name.startsWith('<none>')).sort(compareText);
  return {
    id: image.Id ?? '',
    tags: named(image.RepoTags),
    digests: named(image.RepoDigests),
    os: image.Os ?? '',
    architecture: image.Architecture ?? '',
  };
}
