/** Networks and volumes of one group, as a Compose file declares them. Pure. */
import { presentNetwork, presentVolume } from '../../engine/configuration/object-fields.ts';
import type { ContainerInspect } from '../../engine/inspect.ts';
import type { Facts } from './facts.ts';
import type { Group } from './groups.ts';

export type Plain = Readonly<Record<string, unknown>>;

/** A Compose file while it is being written. */
export interface Writing {
  readonly group: Group;
  readonly facts: Facts;
  readonly notes: string[];
  /** Engine name -> key in the file. */
  readonly networks: Map<string, string>;
  readonly volumes: Map<string, string>;
}

export function keyOf(writing: Writing, kind: 'network' | 'volume', name: string): string {
  const keys = kind === 'network' ? writing.networks : writing.volumes;
  const known = keys.get(name);
  if (known) return known;
  const prefix = `${writing.group.projectName}_`;
  const key = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  keys.set(name, key);
  return key;
}

export function topLevel(
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
