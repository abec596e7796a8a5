/**
 * What a container was told to be, field by field, in Compose's words: the same for a create
 * request and for what the engine shows of a container that came of it, whoever sent it.
 */
import { canonicalText } from '../../schemas/domain/index.ts';
import { configFields, wordsOf } from './config-fields.ts';
import { hostFields, networkMode } from './host-fields.ts';
import { mountFields } from './mounts.ts';
import { isVoid, type Members, membersOf, textOf, trimmed } from './values.ts';

/** Field -> plain value. Fields that say nothing are not in it. */
export type Fields = ReadonlyMap<string, unknown>;

export interface PresentConfiguration {
  readonly fields: Fields;
  /** Those the engine or the image may have filled in: they stand where nothing is asked. */
  readonly implied: ReadonlySet<string>;
}

const SHORT_ID = 12;
const DEFAULT_SHM_BYTES = 64 * 1024 * 1024;
/** The engine's own, or its configuration's: which of them it is, an inspection does not tell. */
const ENGINE_DEFAULTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  cgroup: (value) => value === 'private' || value === 'host',
  ipc: (value) => value === 'private' || value === 'shareable',
  logging: () => true,
  runtime: (value) => value === 'runc' || value === 'io.containerd.runc.v2',
  shm_size: (value) => value === DEFAULT_SHM_BYTES,
  stop_grace_period: (value) => value === 10,
  stop_signal: (value) => value === 'SIGTERM',
};

/** Of a create request, as the engine would be sent it. */
export function askedConfiguration(body: Members): Fields {
  const host = membersOf(body['HostConfig']);
  const fields = common(body, host, membersOf(body['NetworkingConfig'])['EndpointsConfig']);
  if (!isVoid(body['Hostname'])) fields.set('hostname', body['Hostname']);
  // The engine takes the image's command only where neither is said.
  if (body['Entrypoint'] !== undefined) {
    fields.set('entrypoint', wordsOf(body['Entrypoint']));
    fields.set('command', wordsOf(body['Cmd']));
  } else if (wordsOf(body['Cmd']).length > 0) fields.set('command', wordsOf(body['Cmd']));
  return fields;
}

/** Of an inspected container. @param image its inspected image; undefined where that is gone. */
export function presentConfiguration(
  inspect: Members,
  image: Members | undefined,
): PresentConfiguration {
  const config = membersOf(inspect['Config']);
  const host = membersOf(inspect['HostConfig']);
  const fields = common(config, host, membersOf(inspect['NetworkSettings'])['Networks']);
  const hostname = textOf(config['Hostname']);
  if (hostname !== '' && hostname !== textOf(inspect['Id']).slice(0, SHORT_ID)) {
    fields.set('hostname', hostname);
  }
  fields.set('entrypoint', wordsOf(config['Entrypoint']));
  fields.set('command', wordsOf(config['Cmd']));
  const fromImage = imageFields(membersOf(image?.['Config']));
  const implied = [...fields].filter(
    ([name, value]) =>
      isSame(fromImage.get(name), value) ||
      ENGINE_DEFAULTS[name]?.(value) ||
      isImplied(name, networkMode(host)),
  );
  return { fields, implied: new Set(implied.map(([name]) => name)) };
}

/** What an image says, in the same fields. */
export function imageFields(config: Members): Fields {
  const fields = new Map(configFields(config));
  for (const [target, mount] of mountFields(config, {})) fields.set(`volumes.${target}`, mount);
  fields.set('entrypoint', wordsOf(config['Entrypoint']));
  fields.set('command', wordsOf(config['Cmd']));
  return fields;
}

/** An address of its own is asked for; the one the engine gave is not. */
const isImplied = (name: string, mode: string): boolean =>
  (name === 'hostname' && (mode === 'host' || mode.startsWith('container:'))) ||
  (name.startsWith('networks.') && name.endsWith('.mac_address'));

const isSame = (a: unknown, b: unknown): boolean =>
  a !== undefined && canonicalText(a) === canonicalText(b);

function common(config: Members, host: Members, endpoints: unknown): Map<string, unknown> {
  const fields = new Map([...configFields(config), ...hostFields(host)]);
  for (const [target, mount] of mountFields(config, host)) fields.set(`volumes.${target}`, mount);
  for (const [name, endpoint] of Object.entries(membersOf(endpoints))) {
    for (const [field, value] of endpointFields(membersOf(endpoint))) {
      if (!isVoid(value)) fields.set(`networks.${name}.${field}`, trimmed(value));
    }
  }
  return fields;
}

/** What cannot be set right by connecting anew: networks and aliases are compared elsewhere. */
function endpointFields(endpoint: Members): readonly (readonly [string, unknown])[] {
  const ipam = membersOf(endpoint['IPAMConfig']);
  return [
    ['ipv4_address', ipam['IPv4Address']],
    ['ipv6_address', ipam['IPv6Address']],
    ['link_local_ips', ipam['LinkLocalIPs']],
    ['driver_opts', endpoint['DriverOpts']],
    ['mac_address', endpoint['MacAddress']],
  ];
}
