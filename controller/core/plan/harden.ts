/**
 * The step after the request Compose would send (decision 20): ownership labels, the locked
 * image, and the spec hash that tells whether a container is as asked (decisions 1, 2, 5).
 */
import type {
  AppId,
  ContainerHook,
  EngineBody,
  InstallationId,
} from '../../../schemas/domain/index.ts';
import {
  COMPOSE_LABEL,
  compareText,
  LABEL,
  RESERVED_LABEL_PREFIXES,
  specHash,
} from '../../../schemas/domain/index.ts';

export interface Ownership {
  readonly installation: InstallationId;
  readonly app: AppId;
  /** The engine's (Compose's) project name. */
  readonly projectName: string;
}

/** HostConfig members that `update` can change: compared one by one, so not part of the hash. */
const MUTABLE_MEMBERS: ReadonlySet<string> = new Set([
  'NanoCpus',
  'Memory',
  'MemoryReservation',
  'MemorySwap',
  'PidsLimit',
  'CpuShares',
  'CpusetCpus',
  'RestartPolicy',
]);

/** The same, from the second version of the hash on. */
const MUTABLE_LATER: ReadonlySet<string> = new Set([
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'BlkioWeight',
]);

/** Of an endpoint, what observation shows: a network can be left and joined again. */
const OBSERVED_ENDPOINT: ReadonlySet<string> = new Set(['Aliases', 'IPAddress', 'IPv6Gateway']);
const OBSERVED_ADDRESS: ReadonlySet<string> = new Set(['IPv4Address', 'IPv6Address']);

/** An empty list says something of its own here: it clears what the image sets. */
const EMPTY_COUNTS: ReadonlySet<string> = new Set(['Cmd', 'Entrypoint']);

export interface ContainerHashInput {
  readonly body: EngineBody;
  /** The image's id: the same content keeps its hash under every name. */
  readonly imageId: string;
  /** Network name -> its spec hash: a network that is recreated takes its containers along. */
  readonly networks: Readonly<Record<string, string>>;
  /** `spec.restart` of the app. */
  readonly restart: string | undefined;
  /** Dependency with `restart: true` -> its spec hash. */
  readonly restartedWith: Readonly<Record<string, string>>;
  /** The main network, where the author ranks them; observation does not show it. */
  readonly primary?: string | undefined;
  /** The engine's (Compose's) project name: it stands in labels, which never change. */
  readonly project?: string;
  /** Of a hook: every other service -> its spec hash. It runs once for each content of the app. */
  readonly rollout?: Readonly<Record<string, string>>;
  /** What runs in it once it is started; what runs before its stop can change without it. */
  readonly postStart?: readonly ContainerHook[];
}

/**
 * The second version of the hash. The first one stays, so that what it marked is recognised and
 * nothing is replaced for our own upgrade (decision 1).
 */
export const containerHash = (input: ContainerHashInput): string =>
  specHash(hashedContainer(input), 'v2');
export const firstContainerHash = (input: ContainerHashInput): string =>
  specHash(hashedAtFirst(input), 'v1');

/**
 * Replica number, owner and everything that can change in place are not in it; nor is what its
 * networks are made of, which the networks' own hashes tell.
 */
export function hashedContainer(input: ContainerHashInput): Readonly<Record<string, unknown>> {
  const { NetworkingConfig, HostConfig, ...body } = input.body;
  const endpoints = asRecord(asRecord(NetworkingConfig)['EndpointsConfig']);
  const host = asRecord(HostConfig);
  const kept = Object.entries(host).filter(
    ([name, value]) =>
      !MUTABLE_LATER.has(name) && !(name === 'NetworkMode' && String(value) in endpoints),
  );
  return {
    ...hashedAtFirst({
      ...input,
      networks: {},
      body: {
        ...body,
        NetworkingConfig: hashedEndpoints(endpoints),
        // Whether there is one; a kernel without it drops the weight, so its value tells nothing.
        HostConfig: { ...Object.fromEntries(kept), BlkioWeight: host['BlkioWeight'] && true },
      },
    }),
    ...withoutDefaults({ primary: input.primary, name: input.project }),
  };
}

function hashedEndpoints(endpoints: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(endpoints).map(([network, endpoint]) => {
    const { IPAMConfig, ...rest } = without(asRecord(endpoint), OBSERVED_ENDPOINT);
    const address = withoutDefaults(without(asRecord(IPAMConfig), OBSERVED_ADDRESS));
    return [network, withoutDefaults({ ...rest, IPAMConfig: address })];
  });
  return withoutDefaults({ EndpointsConfig: withoutDefaults(Object.fromEntries(entries)) });
}

const without = (
  members: Record<string, unknown>,
  names: ReadonlySet<string>,
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !names.has(name)));

function hashedAtFirst(input: ContainerHashInput): Readonly<Record<string, unknown>> {
  const { Image: _image, Labels, HostConfig, Env, ...rest } = input.body;
  return {
    ...withoutDefaults({
      ...rest,
      Env: sorted(Env),
      Labels: ownLabels(Labels),
      HostConfig: hashedHostConfig(HostConfig),
    }),
    image: input.imageId,
    ...withoutDefaults({
      networks: input.networks,
      restart: input.restart,
      restartedWith: input.restartedWith,
      rollout: input.rollout,
      postStart: input.postStart,
    }),
  };
}

/** Spec hash of a network or volume: its body without our labels. */
export function objectHash(body: EngineBody): string {
  const { Labels, ...rest } = body;
  return specHash(withoutDefaults({ ...rest, Labels: ownLabels(Labels) }));
}

export function hardenContainer(
  body: EngineBody,
  owner: Ownership,
  container: { readonly service: string; readonly number: number; readonly specHash: string },
): EngineBody {
  const number = String(container.number);
  return withLabels(body, {
    ...ownerLabels(owner, container.specHash),
    [LABEL.service]: container.service,
    [LABEL.number]: number,
    [COMPOSE_LABEL.service]: container.service,
    [COMPOSE_LABEL.number]: number,
    [COMPOSE_LABEL.oneoff]: 'False',
    [COMPOSE_LABEL.configHash]: container.specHash,
  });
}

export function hardenObject(
  kind: 'network' | 'volume',
  body: EngineBody,
  owner: Ownership,
  object: { readonly key: string; readonly specHash: string },
): EngineBody {
  return withLabels(body, {
    ...ownerLabels(owner, object.specHash),
    [LABEL.object]: object.key,
    [COMPOSE_LABEL[kind]]: object.key,
  });
}

/**
 * Whether an object's recorded hash says "as asked". A hash of an earlier version is compared with
 * what that version makes of the spec; one that nobody here can make tells nothing: such an object
 * is taken as it is, never recreated for our own upgrade (decision 1).
 */
export function isSameSpec(
  recorded: string,
  desired: string,
  earlier: readonly string[] = [],
): boolean {
  if (recorded === desired) return true;
  const version = recorded.slice(0, recorded.indexOf(':') + 1);
  if (version === '' || desired.startsWith(version)) return false;
  const then = earlier.find((hash) => hash.startsWith(version));
  return then === undefined || then === recorded;
}

/** Made by a version of the hash that is not known here. */
export function isForeignHash(recorded: string, known: readonly string[]): boolean {
  const version = recorded.slice(0, recorded.indexOf(':') + 1);
  return version !== '' && !known.some((hash) => hash.startsWith(version));
}

function ownerLabels(owner: Ownership, hash: string): Record<string, string> {
  return {
    [LABEL.installation]: owner.installation,
    [LABEL.app]: owner.app,
    [LABEL.specHash]: hash,
    [COMPOSE_LABEL.project]: owner.projectName,
  };
}

function withLabels(body: EngineBody, labels: Record<string, string>): EngineBody {
  const merged = { ...asRecord(body['Labels']), ...labels };
  const entries = Object.entries(merged).sort(([a], [b]) => compareText(a, b));
  return { ...body, Labels: Object.fromEntries(entries) };
}

function ownLabels(labels: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(asRecord(labels)).filter(
      ([name]) => !RESERVED_LABEL_PREFIXES.some((prefix) => name.startsWith(prefix)),
    ),
  );
}

function hashedHostConfig(hostConfig: unknown): Record<string, unknown> {
  const kept = Object.entries(asRecord(hostConfig)).filter(([name]) => !MUTABLE_MEMBERS.has(name));
  return withoutDefaults(Object.fromEntries(kept));
}

/** Drops members that say nothing, so that a field written empty hashes as one left out. */
function withoutDefaults(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(([name, value]) => EMPTY_COUNTS.has(name) || !isEmpty(value)),
  );
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function sorted(list: unknown): unknown {
  if (!Array.isArray(list)) return list;
  return list.map((item) => String(item)).sort(compareText);
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
