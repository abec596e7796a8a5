/** Engine objects, wire <-> domain. Both ways cut to the same bounds, so what fits comes back equal. */
import type {
  ContainerNetwork,
  EngineInfo,
  FilesTold,
  HostPort,
  MutableConfig,
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedVolume,
  Owner,
  SwarmObject,
} from '../schemas/domain/index.ts';
import { decodeForeign, encodeForeign } from './foreign.ts';
import type * as wire from './gen/skep/agent/v1/agent.ts';
import { decodeSwarmObject, encodeSwarmObject } from './swarm-objects.ts';
import { cleanText, cleanName as name } from './text.ts';
import { HEALTH_NUMBERS, healthWord, STATE_NUMBERS, stateWord } from './words.ts';

export interface WireObjects {
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
  readonly images: readonly ObservedImage[];
  readonly swarm?: readonly SwarmObject[];
}

/** Together they keep one object below 3 MiB. */
const MOST_NETWORKS = 64;
const MOST_ALIASES = 64;
const MOST_FILES = 500;
const MOST_PORTS = 2_000;
const MOST_REFERENCES = 500;
const ADDRESS_LENGTH = 64;
const MOST_JOINED = 16;
const MOST_DISCARDED = 32;
const MOST_STOP_S = 86_400;

const names = (texts: readonly string[], most: number) => texts.slice(0, most).map(name);
const address = (text: string) => cleanText(text, ADDRESS_LENGTH);
const finite = (value: number) => (Number.isFinite(value) ? value : 0);
const within = (value: number, low: number, high: number) =>
  Math.min(high, Math.max(low, Math.trunc(finite(value))));
const uint32 = (value: number) => within(value, 0, 2 ** 32 - 1);
const int32 = (value: number) => within(value, -(2 ** 31), 2 ** 31 - 1);

export function encodeObjects(objects: WireObjects): wire.Objects {
  return {
    containers: objects.containers.map(encodeContainer),
    networks: objects.networks.map((item) => ({
      ...networkTexts(item),
      owner: encodeOwner(item.owner),
      ...encodeForeign(item),
    })),
    volumes: objects.volumes.map((item) => ({
      ...volumeTexts(item),
      owner: encodeOwner(item.owner),
      ...encodeForeign(item),
    })),
    images: objects.images.map(imageTexts),
    swarm: (objects.swarm ?? []).map(encodeSwarmObject),
  };
}

export function decodeObjects(objects: wire.Objects | undefined): WireObjects {
  return {
    containers: (objects?.containers ?? []).map(decodeContainer),
    networks: (objects?.networks ?? []).map((item) => ({
      ...networkTexts(item),
      ...decodeOwner(item.owner),
      ...decodeForeign(item),
    })),
    volumes: (objects?.volumes ?? []).map((item) => ({
      ...volumeTexts(item),
      ...decodeOwner(item.owner),
      ...decodeForeign(item),
    })),
    images: (objects?.images ?? []).map(imageTexts),
    ...(objects?.swarm.length && {
      swarm: objects.swarm.flatMap((item) => decodeSwarmObject(item) ?? []),
    }),
  };
}

const networkTexts = (item: Pick<ObservedNetwork, 'id' | 'name' | 'driver' | 'scope'>) => ({
  id: name(item.id),
  name: name(item.name),
  driver: name(item.driver),
  scope: name(item.scope),
});

const volumeTexts = (item: Pick<ObservedVolume, 'name' | 'driver'>) => ({
  name: name(item.name),
  driver: name(item.driver),
});

const imageTexts = (item: ObservedImage) => ({
  id: name(item.id),
  tags: names(item.tags, MOST_REFERENCES),
  digests: names(item.digests, MOST_REFERENCES),
  os: name(item.os),
  architecture: name(item.architecture),
});

/** What both sides of the wire spell the same. */
type SharedFields = Pick<
  ObservedContainer,
  | 'id'
  | 'name'
  | 'recorded'
  | 'imageId'
  | 'image'
  | 'exitCode'
  | 'oomKilled'
  | 'error'
  | 'restartCount'
  | 'startedAt'
  | 'healthOutput'
>;

const sharedFields = (container: SharedFields): SharedFields => ({
  id: name(container.id),
  name: name(container.name),
  recorded: container.recorded,
  imageId: name(container.imageId),
  image: name(container.image),
  exitCode: int32(container.exitCode),
  oomKilled: container.oomKilled,
  error: cleanText(container.error),
  restartCount: uint32(container.restartCount),
  startedAt: name(container.startedAt),
  healthOutput: cleanText(container.healthOutput),
});

function encodeContainer(container: ObservedContainer): wire.Container {
  const { stopTimeoutS, files } = container;
  return {
    ...sharedFields(container),
    owner: encodeOwner(container.owner),
    adopted: container.adopted ?? false,
    ...encodeForeign(container),
    state: STATE_NUMBERS[container.state],
    health: HEALTH_NUMBERS[container.health],
    mutable: mutableFields(container.mutable),
    networks: container.networks.slice(0, MOST_NETWORKS).map(attachment),
    ports: container.ports.slice(0, MOST_PORTS).map(hostPort),
    joined: container.joined && { ids: names(container.joined, MOST_JOINED) },
    ...(stopTimeoutS !== undefined && { stopTimeoutS: within(stopTimeoutS, 0, MOST_STOP_S) }),
    ...(files && { files: filesTold(files) }),
  };
}

function decodeContainer(container: wire.Container): ObservedContainer {
  const { stopTimeoutS, files } = container;
  return {
    ...sharedFields(container),
    ...decodeOwner(container.owner),
    ...(container.adopted && { adopted: true }),
    ...decodeForeign(container),
    state: stateWord(container.state),
    health: healthWord(container.health),
    mutable: mutableFields(container.mutable),
    networks: container.networks.slice(0, MOST_NETWORKS).map(attachment),
    ports: container.ports.slice(0, MOST_PORTS).map(hostPort),
    ...(container.joined && { joined: names(container.joined.ids, MOST_JOINED) }),
    ...(stopTimeoutS !== undefined && { stopTimeoutS: within(stopTimeoutS, 0, MOST_STOP_S) }),
    ...(files && { files: filesTold(files) }),
    sinceMs: 0,
  };
}

const filesTold = ({ record, error }: FilesTold): FilesTold => ({
  record: Object.fromEntries(
    Object.entries(record)
      .slice(0, MOST_FILES)
      .map(([target, digest]) => [name(target), name(digest)]),
  ),
  error: cleanText(error),
});

const attachment = (network: ContainerNetwork) => ({
  name: name(network.name),
  id: name(network.id),
  aliases: names(network.aliases, MOST_ALIASES),
  address: address(network.address),
  ...(network.ipv4 !== undefined && { ipv4: address(network.ipv4) }),
  ...(network.ipv6 !== undefined && { ipv6: address(network.ipv6) }),
});

const hostPort = (port: HostPort) => ({
  address: address(port.address),
  port: within(port.port, 0, 65_535),
  protocol: address(port.protocol),
});

function mutableFields(mutable: MutableConfig | undefined): MutableConfig {
  return {
    nanoCpus: finite(mutable?.nanoCpus ?? 0),
    memory: finite(mutable?.memory ?? 0),
    memoryReservation: finite(mutable?.memoryReservation ?? 0),
    memorySwap: finite(mutable?.memorySwap ?? 0),
    pidsLimit: finite(mutable?.pidsLimit ?? 0),
    cpuShares: finite(mutable?.cpuShares ?? 0),
    cpusetCpus: name(mutable?.cpusetCpus ?? ''),
    restartPolicy: name(mutable?.restartPolicy ?? 'no'),
    restartMaximum: uint32(mutable?.restartMaximum ?? 0),
    ...addedLater(mutable),
  };
}

const ADDED_LATER = [
  'cpuPeriod',
  'cpuQuota',
  'cpuRealtimePeriod',
  'cpuRealtimeRuntime',
  'blkioWeight',
] as const;

function addedLater(mutable: MutableConfig | undefined): Partial<MutableConfig> {
  const told = ADDED_LATER.flatMap((member) => {
    const value = mutable?.[member];
    return value === undefined ? [] : [[member, finite(value)] as const];
  });
  return Object.fromEntries(told);
}

function encodeOwner(owner: Owner | undefined): wire.Owner | undefined {
  if (!owner) return undefined;
  const { installation, app, service = '', number = 0, object = '', specHash } = owner;
  return {
    installation: name(installation),
    app: name(app),
    service: name(service),
    number: uint32(number),
    object: name(object),
    specHash: name(specHash),
  };
}

function decodeOwner(owner: wire.Owner | undefined): { owner?: Owner } {
  if (!owner?.installation || !owner.app) return {};
  const { service, number, object } = owner;
  return {
    owner: {
      installation: name(owner.installation) as Owner['installation'],
      app: name(owner.app) as Owner['app'],
      specHash: name(owner.specHash),
      ...(service !== '' && { service: name(service) }),
      ...(number > 0 && { number }),
      ...(object !== '' && { object: name(object) }),
    },
  };
}

/** The same bounds hold both ways. */
export function engineFields(engine: EngineInfo | wire.Engine | undefined) {
  return {
    version: name(engine?.version ?? ''),
    apiVersion: name(engine?.apiVersion ?? ''),
    os: name(engine?.os ?? ''),
    architecture: name(engine?.architecture ?? ''),
    cpus: finite(engine?.cpus ?? 0),
    memoryBytes: finite(engine?.memoryBytes ?? 0),
    discarded: names(engine?.discarded ?? [], MOST_DISCARDED),
  };
}
