/** One group of containers as a Compose file. Pure. */
import { presentConfiguration } from '../../engine/configuration/configuration.ts';
import { orderedService, writtenService } from '../../engine/configuration/to-compose.ts';
import type { EndpointInspect } from '../../engine/inspect.ts';
import { mutableOf } from '../../engine/normalise.ts';
import type { Facts, Found } from './facts.ts';
import type { Group } from './groups.ts';
import { keyOf, type Plain, topLevel, type Writing } from './objects-of.ts';

export interface WrittenCompose {
  readonly compose: Plain;
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
}

const OWN_NETWORKS: ReadonlySet<string> = new Set(['bridge', 'host', 'none']);

export function composeOf(group: Group, facts: Facts): WrittenCompose {
  const writing: Writing = { group, facts, notes: [], networks: new Map(), volumes: new Map() };
  const services = [...group.services].map(
    ([key, containers]) => [key, serviceOf(writing, key, containers)] as const,
  );
  const networks = topLevel(writing, writing.networks, 'network');
  const volumes = topLevel(writing, writing.volumes, 'volume');
  const compose = {
    services: Object.fromEntries(services),
    ...(Object.keys(networks).length > 0 && { networks }),
    ...(Object.keys(volumes).length > 0 && { volumes }),
  };
  return { compose, notes: writing.notes };
}

function serviceOf(writing: Writing, key: string, containers: readonly Found[]): Plain {
  const [first] = containers;
  if (!first) return {};
  const { inspect, image, name } = first;
  const present = presentConfiguration(inspect, image);
  const mutable = mutableOf(inspect.HostConfig ?? {});
  const reference = imageReference(writing, first);
  const { service, unwritable } = writtenService(present, reference, mutable);
  for (const field of unwritable) {
    writing.notes.push(`${name}: Compose has no word for ${field}; it will be replaced without it`);
  }
  noteStopped(writing, containers);
  const networks = attachmentsOf(writing, key, first);
  const scale = containers.length;
  const own = isDefaultName(writing.group, key, containers) ? {} : { container_name: name };
  const dependsOn = dependenciesOf(first);
  return orderedService({
    ...service,
    ...own,
    ...(scale > 1 && { scale }),
    ...(networks && { networks }),
    ...(dependsOn && { depends_on: dependsOn }),
    ...sharedNamespaces(writing, service),
    ...volumesOf(writing, first, service),
  });
}

function noteStopped({ notes }: Writing, containers: readonly Found[]): void {
  for (const { name, inspect } of containers) {
    const { State: state, HostConfig: host } = inspect;
    const restart = host?.RestartPolicy?.Name ?? '';
    const isWanted = state?.Status === 'created' || /^(?:always|unless-stopped)$/.test(restart);
    if (isWanted && state?.Status !== 'running') {
      notes.push(`${name}: it does not run (${state?.Status}); it will be started`);
    }
  }
}

/** The name it was made with, where that is a name. */
function imageReference({ notes }: Writing, { inspect, name, image }: Found): string {
  const written = inspect.Config?.Image ?? '';
  if (!/^(?:sha256:)?[0-9a-f]{12,64}$/.test(written)) return written;
  const tags = (image?.['RepoTags'] ?? []) as readonly string[];
  const tag = tags.find((one) => !one.startsWith('<none>'));
  if (tag) return tag;
  notes.push(`${name}: its image has no name; no other host can get it`);
  return String(inspect.Image);
}

function isDefaultName(group: Group, key: string, containers: readonly Found[]): boolean {
  return containers.every(({ name, compose }) => {
    const number = compose?.number ?? 1;
    return ['-', '_'].some((sign) => name === [group.projectName, key, number].join(sign));
  });
}

/** Undefined where Compose attaches it so without a word. */
function attachmentsOf(writing: Writing, key: string, found: Found): Plain | undefined {
  const attached = found.inspect.NetworkSettings?.Networks ?? {};
  const names = Object.keys(attached).filter((name) => !OWN_NETWORKS.has(name));
  if (names.length === 0) return undefined;
  const entries = names.sort().map((name) => {
    const network = keyOf(writing, 'network', name);
    return [network, attachmentOf(key, found, attached[name] ?? {})] as const;
  });
  const [only] = entries;
  const isPlain = entries.length === 1 && only?.[0] === 'default' && only[1] === null;
  return isPlain ? undefined : Object.fromEntries(entries);
}

function attachmentOf(
  key: string,
  { id, name, inspect, compose }: Found,
  endpoint: EndpointInspect,
): Plain | null {
  const { project = '', number = 1 } = compose ?? {};
  const hostname = inspect.Config?.Hostname ?? '';
  const implied = [id.slice(0, 12), name, key, `${project}-${key}-${number}`, hostname];
  const aliases = (endpoint.Aliases ?? []).filter((alias) => !implied.includes(alias));
  const { IPAMConfig, DriverOpts } = endpoint as Plain;
  const ipam = (IPAMConfig ?? {}) as Plain;
  const mac = ((inspect as Plain)['Config'] as Plain | undefined)?.['MacAddress'];
  const said = Object.entries({
    aliases: [...new Set(aliases)].sort(),
    ipv4_address: ipam['IPv4Address'],
    ipv6_address: ipam['IPv6Address'],
    link_local_ips: ipam['LinkLocalIPs'],
    driver_opts: DriverOpts,
    mac_address: mac,
  }).filter(([, value]) => value && Object.keys(value).length > 0);
  return said.length > 0 ? Object.fromEntries(said) : null;
}

/** Compose's own note of it: `db:service_healthy:false,cache:service_started:true`. */
function dependenciesOf({ inspect }: Found): Plain | undefined {
  const text = inspect.Config?.Labels?.['com.docker.compose.depends_on'] ?? '';
  const entries = text.split(',').flatMap((part) => {
    const [service, condition = 'service_started', restart] = part.split(':');
    if (!service) return [];
    return [[service, { condition, ...(restart === 'true' && { restart: true }) }] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Ids of containers mean nothing in a repository. */
function sharedNamespaces(writing: Writing, service: Plain): Plain {
  const renamed: Record<string, unknown> = {};
  for (const member of ['network_mode', 'ipc', 'pid']) {
    const mode = service[member];
    if (typeof mode !== 'string' || !mode.startsWith('container:')) continue;
    renamed[member] = namedContainer(writing, mode.slice('container:'.length));
  }
  const from = service['volumes_from'];
  if (Array.isArray(from)) {
    renamed['volumes_from'] = from.map((text) => {
      const [, id = '', ...mode] = String(text).split(':');
      return [namedContainer(writing, id).replace(/^service:/, ''), ...mode].join(':');
    });
  }
  return renamed;
}

function namedContainer({ group, facts }: Writing, id: string): string {
  for (const [key, containers] of group.services) {
    if (containers.some((one) => one.id === id || one.name === id)) return `service:${key}`;
  }
  return `container:${facts.containers.find((one) => one.id === id)?.name ?? id}`;
}

/** Named volumes by their key in the file. */
function volumesOf(writing: Writing, found: Found, service: Plain): Plain {
  const mounts = service['volumes'];
  if (!Array.isArray(mounts)) return {};
  const volumes = mounts.map((mount: unknown) => {
    if (typeof mount === 'string') {
      const [source = '', ...rest] = mount.split(':');
      const isNamed = rest.length > 0 && !source.startsWith('/');
      return isNamed ? [keyOf(writing, 'volume', source), ...rest].join(':') : mount;
    }
    const { type, source } = mount as Plain;
    return type === 'volume' && typeof source === 'string' && source !== ''
      ? { ...(mount as Plain), source: keyOf(writing, 'volume', source) }
      : mount;
  });
  if (mounts.some((mount) => typeof mount === 'string' && !mount.includes(':'))) {
    writing.notes.push(
      `${found.name}: it keeps data in a volume without a name, which a replacement starts anew`,
    );
  }
  return { volumes };
}
