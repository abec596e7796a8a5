import { containerRequest } from '../../../engine/container-body.ts';
import { dependencyOrder } from '../../../engine/dependency-order.ts';
import { containerHooks } from '../../../engine/hooks.ts';
import { type MountedFile, mountedFiles } from '../../../engine/mounted-files.ts';
import { filesRecord, type MountedTree, mountedTrees } from '../../../engine/mounted-trees.ts';
import { mutableConfig, withoutDiscarded } from '../../../engine/mutable.ts';
import { imageName, networkKeys, networkName } from '../../../engine/names.ts';
import { networkRequest } from '../../../engine/network-body.ts';
import { hostServices } from '../../../engine/references.ts';
import { replicasOf } from '../../../engine/replicas.ts';
import { usedNetworks, usedVolumes, volumeKeys } from '../../../engine/used-objects.ts';
import { volumeRequest } from '../../../engine/volume-body.ts';
import type {
  ComposeModel,
  ComposeService,
  DesiredApp,
  DesiredUnit,
  EngineBody,
  FilesRecord,
  HookPhase,
  HostPort,
  InstallationId,
  MutableConfig,
  OnChange,
} from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import {
  containerHash,
  firstContainerHash,
  hardenContainer,
  hardenObject,
  hashedContainer,
  type Ownership,
  objectHash,
} from './harden.ts';
import type { ResolvedImage } from './images.ts';
import { hookPhases, mustComplete } from './jobs.ts';
import { type Strategy, strategyOf } from './strategy.ts';

/** A unit in the engine's words: final bodies and the hashes they are recognised by. */
export interface HardenedUnit {
  /** In dependency order; after them the hooks, in the order in which they run. */
  readonly services: ReadonlyMap<string, HardenedService>;
  readonly networks: readonly HardenedObject[];
  readonly volumes: readonly HardenedObject[];
}

export interface HardenedService {
  readonly service: string;
  /** Set where it is run once for each rollout, and is no service otherwise. */
  readonly hook?: HookPhase;
  /** Something waits until it has run to its end. */
  readonly mustComplete: boolean;
  readonly spec: ComposeService;
  readonly specHash: string;
  /** What earlier versions of the hash make of the same spec. */
  readonly earlier: readonly string[];
  /** What `specHash` is the hash of. */
  readonly hashed: Readonly<Record<string, unknown>>;
  readonly image: ResolvedImage;
  readonly mutable: MutableConfig;
  /** Engine names of the networks it is on. */
  readonly networks: readonly string[];
  /** Engine names of the named volumes it mounts. */
  readonly volumes: readonly string[];
  readonly ports: readonly HostPort[];
  readonly files: readonly MountedFile[];
  readonly trees: readonly MountedTree[];
  readonly onChange: OnChange;
  /** What its containers should have been told of; undefined where they are made anew instead. */
  readonly filesRecord: FilesRecord | undefined;
  readonly strategy: Strategy;
  /** Another service's request names its container. */
  readonly isNamed: boolean;
  /** One for each replica, number 1 first. */
  readonly containers: readonly HardenedContainer[];
}

export interface HardenedContainer {
  readonly number: number;
  readonly name: string;
  readonly body: EngineBody;
  readonly attachments: readonly Attachment[];
}

export interface Attachment {
  readonly network: string;
  readonly aliases: readonly string[];
  /** Fixed addresses; empty = whichever the engine gives. */
  readonly ipv4: string;
  readonly ipv6: string;
  /** The engine's endpoint configuration. */
  readonly body: EngineBody;
}

export interface HardenedObject {
  readonly key: string;
  readonly name: string;
  readonly external: boolean;
  readonly body: EngineBody;
  readonly specHash: string;
}

export interface HardenInput {
  readonly installation: InstallationId;
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly images: ReadonlyMap<string, ResolvedImage>;
  /** What the host's kernel drops (`EngineInfo.discarded`). */
  readonly discarded?: readonly string[];
}

interface Remembered {
  readonly inputs: string;
  readonly hardened: HardenedUnit;
}

/** Only a memory of a pure function: without it every answer is the same, and slower. */
const remembered = new WeakMap<DesiredUnit, Remembered>();

export function hardenUnit(input: HardenInput): HardenedUnit {
  const { installation, app, unit, images, discarded = [] } = input;
  const given = [installation, app.restart ?? '', ...discarded];
  const inputs = [...given, ...[...images.values()].map(imageKey)].join('\n');
  const known = remembered.get(unit);
  if (known?.inputs === inputs) return known.hardened;
  const hardened = harden(input);
  remembered.set(unit, { inputs, hardened });
  return hardened;
}

const imageKey = ({ reference, id, create }: ResolvedImage): string =>
  `${reference} ${id} ${create}`;

function harden({ installation, app, unit, images, discarded = [] }: HardenInput): HardenedUnit {
  const { model } = unit;
  const owner: Ownership = { installation, app: app.id, projectName: model.name };
  const networks = usedNetworks(model).map((key) => network(model, key, owner));
  const volumes = usedVolumes(model).map((key) => volume(model, key, owner));
  const services = new Map<string, HardenedService>();
  const add = (name: string, more: Pick<ServiceInput, 'hook' | 'rollout'> = {}): void => {
    const spec = model.services[name];
    const image = images.get(imageName(model, name));
    if (!spec || !image) return;
    services.set(
      name,
      service({ app, unit, owner, name, spec, image, networks, services, discarded, ...more }),
    );
  };
  const hooks = hookPhases(unit);
  for (const name of dependencyOrder(model.services)) if (!hooks.has(name)) add(name);
  const rollout = Object.fromEntries([...services].map(([name, { specHash }]) => [name, specHash]));
  for (const [name, hook] of hooks) add(name, { hook, rollout });
  return { services, networks, volumes };
}

interface ServiceInput {
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly owner: Ownership;
  readonly name: string;
  readonly spec: ComposeService;
  readonly image: ResolvedImage;
  readonly networks: readonly HardenedObject[];
  /** Those before it in dependency order. */
  readonly services: ReadonlyMap<string, HardenedService>;
  readonly discarded: readonly string[];
  readonly hook?: HookPhase;
  readonly rollout?: Readonly<Record<string, string>>;
}

function service(input: ServiceInput): HardenedService {
  const { unit, owner, name, spec, image } = input;
  const { model, files } = unit;
  const request = (number: number) =>
    containerRequest({ model, service: name, number, files, image: image.create });
  const one = request(1);
  const networks = attachmentsOf(one.body).map(({ network }) => network);
  const hashInput = {
    body: one.body,
    imageId: image.id,
    networks: networkHashes(networks, input.networks),
    restart: input.app.restart,
    restartedWith: {
      ...restartedWith(spec, input.services, ({ specHash: hash }) => hash),
      ...hostHashes(spec, input.services),
    },
    postStart: containerHooks(spec.post_start),
    project: owner.projectName,
    ...(input.rollout && { rollout: input.rollout }),
    primary: ranked(spec) ? networkName(model, networkKeys(model, name)[0] ?? '') : undefined,
  };
  const atFirst = restartedWith(spec, input.services, ({ earlier }) => earlier[0]);
  const first = firstContainerHash({ ...hashInput, restartedWith: atFirst });
  const specHash = containerHash(hashInput);
  const numbers = Array.from({ length: replicasOf(spec) }, (_, index) => index + 1);
  return {
    service: name,
    ...(input.hook && { hook: input.hook }),
    mustComplete: mustComplete(unit, name),
    spec,
    specHash,
    earlier: [first],
    hashed: hashedContainer(hashInput),
    image,
    mutable: withoutDiscarded(mutableConfig(spec), input.discarded),
    networks,
    volumes: mountedVolumes(model, spec),
    ports: fixedPorts(spec),
    files: mountedFiles({ model, service: name, files }),
    trees: mountedTrees({ model, service: name, files }),
    onChange: spec['x-skep']?.onChange ?? 'recreate',
    filesRecord: filesRecord({ model, service: name, files }),
    strategy: strategyOf(spec, model, isNamed(model, name)),
    isNamed: isNamed(model, name),
    containers: numbers.map((number) => {
      const { name: containerName, body } = number === 1 ? one : request(number);
      const hardened = hardenContainer(body, owner, { service: name, number, specHash });
      return { number, name: containerName, body: hardened, attachments: attachmentsOf(body) };
    }),
  };
}

const isNamed = (model: ComposeModel, name: string): boolean =>
  Object.values(model.services).some(({ network_mode, ipc, pid, volumes_from }) => {
    const modes = [network_mode, ipc, pid];
    return (
      modes.includes(`service:${name}`) ||
      (volumes_from ?? []).some((text) => text.split(':')[0] === name)
    );
  });

/** Who lives in another container goes with it. */
function hostHashes(
  spec: ComposeService,
  services: ReadonlyMap<string, HardenedService>,
): Record<string, string> {
  const entries = hostServices(spec).flatMap((name) => {
    const host = services.get(name);
    return host ? [[name, host.specHash] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** Whether the author says which network comes first. */
const ranked = ({ networks }: ComposeService): boolean =>
  Object.values(networks ?? {}).some((attachment) => attachment?.priority);

function attachmentsOf(body: EngineBody): readonly Attachment[] {
  const config = body['NetworkingConfig'] as
    | { readonly EndpointsConfig?: Readonly<Record<string, EngineBody>> }
    | undefined;
  return Object.entries(config?.EndpointsConfig ?? {})
    .map(([network, endpoint]) => attachmentOf(network, endpoint, body['Hostname']))
    .sort((a, b) => compareText(a.network, b.network));
}

function attachmentOf(network: string, body: EngineBody, hostname: unknown): Attachment {
  const fixed = (body['IPAMConfig'] ?? {}) as Readonly<Record<string, string | undefined>>;
  return {
    network,
    // It answers to its host name anyway; some engines show that as an alias.
    aliases: aliasesOf(body).filter((alias) => alias !== hostname),
    ipv4: fixed['IPv4Address'] ?? '',
    ipv6: fixed['IPv6Address'] ?? '',
    body,
  };
}

function aliasesOf(endpoint: EngineBody): readonly string[] {
  const aliases = endpoint['Aliases'];
  return Array.isArray(aliases) ? aliases.map((alias) => String(alias)) : [];
}

function networkHashes(
  names: readonly string[],
  networks: readonly HardenedObject[],
): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const network of names) {
    const object = networks.find(({ name, external }) => name === network && !external);
    if (object) hashes[network] = object.specHash;
  }
  return hashes;
}

function restartedWith(
  spec: ComposeService,
  services: ReadonlyMap<string, HardenedService>,
  hashOf: (service: HardenedService) => string | undefined,
): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const [name, { restart }] of Object.entries(spec.depends_on ?? {})) {
    const dependency = services.get(name);
    const hash = dependency && hashOf(dependency);
    if (restart && hash) hashes[name] = hash;
  }
  return hashes;
}

function mountedVolumes(model: ComposeModel, spec: ComposeService): readonly string[] {
  return volumeKeys(model, spec).map((key) => volumeRequest(model, key).name);
}

function network(model: ComposeModel, key: string, owner: Ownership): HardenedObject {
  const { name, body } = networkRequest(model, key);
  const hash = objectHash(body);
  const external = model.networks[key]?.external === true;
  const hardened = hardenObject('network', body, owner, { key, specHash: hash });
  return { key, name, external, body: hardened, specHash: hash };
}

function volume(model: ComposeModel, key: string, owner: Ownership): HardenedObject {
  const { name, body } = volumeRequest(model, key);
  const hash = objectHash(body);
  const external = model.volumes[key]?.external === true;
  const hardened = hardenObject('volume', body, owner, { key, specHash: hash });
  return { key, name, external, body: hardened, specHash: hash };
}

/** Single host ports. Of a range the engine picks a free one. */
function fixedPorts(spec: ComposeService): readonly HostPort[] {
  return (spec.ports ?? []).flatMap(({ published, host_ip, protocol }) => {
    const port = Number(published);
    if (!published || !Number.isSafeInteger(port) || port === 0) return [];
    return [{ address: host_ip || '0.0.0.0', port, protocol }];
  });
}
