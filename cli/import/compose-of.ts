/** One group of containers as a Compose file. Pure. */
import { presentConfiguration } from '../../engine/configuration/configuration.ts';
import { presentNetwork, presentVolume } from '../../engine/configuration/object-fields.ts';
import { orderedService, writtenService } from '../../engine/configuration/to-compose.ts';
import type { ContainerInspect, EndpointInspect } from '../../engine/inspect.ts';
import { mutableOf } from '../../engine/normalise.ts';
import type { Facts, Found } from './facts.ts';
import type { Group } from './groups.ts';

type Plain = Readonly<Record<string, unknown>>;

export interface WrittenCompose {
  readonly compose: Plain;
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
}

interface Writing {
  readonly group: Group;
  readonly facts: Facts;
  readonly notes: string[];
  /** Engine name -> key in the file. */
  readonly networks: Map<string, string>;
  readonly volumes: Map<string, string>;
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
  const scale = scaleOf(writing, key, containers);
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

function scaleOf({ notes }: Writing, key: string, containers: readonly Found[]): number {
  const numbers = containers.map(({ compose }) => compose?.number ?? 1);
  const isGapless = numbers.every((number, index) => number === index + 1);
  if (!isGapless) {
    notes.push(`${key}: its containers are numbered ${numbers.join(', ')}; gaps will be filled`);
  }
  return containers.length;
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

function keyOf(writing: Writing, kind: 'network' | 'volume', name: string): string {
  const keys = kind === 'network' ? writing.networks : writing.volumes;
  const known = keys.get(name);
  if (known) return known;
  const prefix = `${writing.group.projectName}_`;
  const key = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  keys.set(name, key);
  return key;
}

function topLevel(
  writing: Writing,
  keys: ReadonlyMap<string, string>,
  kind: 'network' | 'volume',
): Plain {
  const objects = kind === 'network' ? writing.facts.networks : writing.facts.volumes;
  const entries = [...keys]
    .map(([name, key]) => [key, objectOf(writing, kind, name, objects.get(name))] as const)
    .filter(([key, object]) => !(key === 'default' && object === null))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

function objectOf(
  writing: Writing,
  kind: 'network' | 'volume',
  name: string,
  listed: Plain | undefined,
): Plain | null {
  const { projectName } = writing.group;
  const isNamed = !name.startsWith(`${projectName}_`);
  const own = isNamed ? { name } : {};
  const sharing = listed && sharedWith(writing, kind, name, listed);
  if (!listed || sharing !== undefined) {
    if (sharing) writing.notes.push(`${kind} ${name} is external: ${sharing}`);
    return { external: true, name };
  }
  const fields = kind === 'network' ? networkMembers(writing, name, listed) : volumeMembers(listed);
  const said = { ...own, ...fields };
  return Object.keys(said).length > 0 ? said : null;
}

/** Why it is not this app's alone; undefined where it is. */
function sharedWith(
  { group, facts }: Writing,
  kind: 'network' | 'volume',
  name: string,
  listed: Plain,
): string | undefined {
  const labels = (listed['Labels'] ?? {}) as Readonly<Record<string, string>>;
  const project = labels['com.docker.compose.project'];
  if (project !== undefined && project !== group.projectName) {
    return `it is of the Compose project ${project}`;
  }
  if (project !== undefined) return undefined;
  const own = new Set([...group.services.values()].flat().map(({ id }) => id));
  const other = facts.containers.find(
    ({ id, inspect }) => !own.has(id) && uses(inspect, kind, name),
  );
  return other && `${other.name} uses it too`;
}

function uses(inspect: ContainerInspect & Plain, kind: 'network' | 'volume', name: string) {
  if (kind === 'network') return Object.hasOwn(inspect.NetworkSettings?.Networks ?? {}, name);
  const mounts = (inspect['Mounts'] ?? []) as readonly { readonly Name?: string }[];
  return mounts.some((mount) => mount.Name === name);
}

/** Its addresses only where a container has one of its own in it. */
function networkMembers({ group }: Writing, name: string, listed: Plain): Plain {
  const hasFixed = [...group.services.values()].flat().some(({ inspect }) => {
    const endpoint = (inspect.NetworkSettings?.Networks?.[name] ?? {}) as Plain;
    const { IPv4Address, IPv6Address } = (endpoint['IPAMConfig'] ?? {}) as Plain;
    return Boolean(IPv4Address || IPv6Address);
  });
  const { fields } = presentNetwork(listed);
  const members: Record<string, unknown> = {};
  const labels: Record<string, unknown> = {};
  for (const [field, value] of fields) {
    if (field.startsWith('ipam.') || (field === 'driver' && value === 'bridge')) continue;
    if (field.startsWith('labels.')) labels[field.slice('labels.'.length)] = value;
    else members[field] = value;
  }
  const ipam = (listed['IPAM'] ?? {}) as { readonly Config?: readonly Plain[] | null };
  const pools = (ipam.Config ?? []).map(({ Subnet, IPRange, Gateway }) => ({
    subnet: Subnet,
    ...(IPRange ? { ip_range: IPRange } : {}),
    ...(Gateway ? { gateway: Gateway } : {}),
  }));
  return {
    ...members,
    ...(hasFixed && { ipam: { config: pools } }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}

function volumeMembers(listed: Plain): Plain {
  const { fields } = presentVolume(listed);
  const members: Record<string, unknown> = {};
  const labels: Record<string, unknown> = {};
  for (const [field, value] of fields) {
    if (field === 'driver' && value === 'local') continue;
    if (field.startsWith('labels.')) labels[field.slice('labels.'.length)] = value;
    else members[field] = value;
  }
  return { ...members, ...(Object.keys(labels).length > 0 && { labels }) };
}
