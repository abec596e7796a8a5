import type {
  AppId,
  EngineInfo,
  HostName,
  InstallationId,
  ObservedContainer,
  ObservedDelta,
  ObservedImage,
  ObservedNetwork,
  ObservedUnit,
  ObservedVolume,
  SwarmObject,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { ImageIndex } from './image-index.ts';
import { heldPorts, PortIndex } from './port-index.ts';
import { SwarmIndex } from './swarm-index.ts';
import { UnitIndex } from './unit-index.ts';

export interface HostObjects {
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
  readonly images: readonly ObservedImage[];
  readonly swarm?: readonly SwarmObject[];
}

export interface HostStateOptions {
  readonly host: HostName;
  readonly installation: InstallationId;
  readonly engine: EngineInfo;
  readonly objects: HostObjects;
  /** Controller time. */
  readonly nowMs: number;
  /** What was known before this snapshot: a container that is as it was keeps its `sinceMs`. */
  readonly before?: HostState | undefined;
}

/** What a fold touched: units by name, and whether others may have waited for it. */
interface Changes {
  readonly units: Set<UnitKey>;
  all: boolean;
}

/**
 * The observed state of one host, folded from a snapshot and deltas and indexed as it changes:
 * looking at a unit costs nothing that grows with the host.
 */
export class HostState {
  readonly engine: EngineInfo;
  /** Empty where the host is no manager. */
  readonly swarm: SwarmIndex;
  readonly #containers = new Map<string, ObservedContainer>();
  readonly #containerNames = new Map<string, ObservedContainer>();
  readonly #networks = new Map<string, ObservedNetwork>();
  readonly #networkNames = new Map<string, ObservedNetwork>();
  readonly #volumes = new Map<string, ObservedVolume>();
  readonly #images = new ImageIndex();
  readonly #ports = new PortIndex();
  readonly #units: UnitIndex;
  /** Made at the first look after a container changed. */
  #grouped: Groups | undefined;

  constructor({ host, installation, engine, objects, nowMs, before }: HostStateOptions) {
    this.engine = engine;
    this.#units = new UnitIndex(host, installation, {
      host,
      engine,
      image: (reference) => this.#images.find(reference),
      containerNamed: (name) => this.#containerNames.get(name),
      networkNamed: (name) => this.#networkNames.get(name) ?? this.#networks.get(name),
      volumeNamed: (name) => this.#volumes.get(name),
      portHolder: (port) => this.#ports.holder(port),
      usersOf: (imageId) => this.#usersOf(imageId),
      attachedTo: (networkId) => this.#groups().attached.get(networkId) ?? [],
      ofComposeProject: (project) => this.#groups().composed.get(project) ?? [],
    });
    this.swarm = new SwarmIndex(installation, {
      all: () => this.#networks.values(),
      named: (name) => this.#networkNames.get(name),
    });
    const changes: Changes = { units: new Set(), all: true };
    for (const container of objects.containers) {
      this.#putContainer(container, nowMs, changes, before?.container(container.id));
    }
    for (const network of objects.networks) this.#putNetwork(network, changes);
    for (const volume of objects.volumes) this.#putVolume(volume, changes);
    for (const image of objects.images) this.#images.put(image);
    for (const object of objects.swarm ?? []) this.swarm.put(object);
  }

  get containerCount(): number {
    return this.#containers.size;
  }

  get objectCount(): number {
    const sizes = [this.#containers, this.#networks, this.#volumes, this.#images, this.swarm];
    return sizes.reduce((sum, { size }) => sum + size, 0);
  }

  container(id: string): ObservedContainer | undefined {
    return this.#containers.get(id);
  }

  units(): readonly UnitKey[] {
    return this.#units.keys();
  }

  unit(key: UnitKey): ObservedUnit {
    return this.#units.view(key);
  }

  /** @returns what something changed for, or `all` where any may be concerned. */
  fold(delta: ObservedDelta, nowMs: number): readonly UnitKey[] | 'all' {
    const changes: Changes = { units: new Set(), all: false };
    const { removed } = delta;
    const known = new Map(
      [...removed.containers, ...delta.containers.map(({ id }) => id)].map((id) => [
        id,
        this.#containers.get(id),
      ]),
    );
    for (const id of removed.containers) this.#dropContainer(id, changes);
    for (const container of delta.containers) {
      this.#putContainer(container, nowMs, changes, known.get(container.id));
    }
    for (const before of known.values()) {
      if (before) changes.all ||= this.#letsGo(before, this.#containers.get(before.id));
    }
    for (const id of removed.networks) this.#dropNetwork(id, changes);
    for (const network of delta.networks) this.#putNetwork(network, changes);
    for (const name of removed.volumes) this.#dropVolume(name, changes);
    for (const volume of delta.volumes) this.#putVolume(volume, changes);
    // A unit may wait for any image, and for a network or volume it does not own.
    for (const id of removed.images) changes.all = this.#images.drop(id) || changes.all;
    for (const image of delta.images) changes.all = this.#images.put(image) || changes.all;
    return changes.all ? 'all' : [...changes.units];
  }

  /** The swarm's part of a delta, before the host's own. @returns the stacks it concerns. */
  foldSwarm({ swarm = [], networks, removed }: ObservedDelta): readonly AppId[] | 'all' {
    const concerned = [
      ...(removed.swarm ?? []).map((key) => this.swarm.drop(key)),
      ...swarm.map((object) => this.swarm.put(object)),
    ];
    const left = removed.networks.map((id) => this.#networks.get(id)?.scope);
    const scopes = [...left, ...networks.map(({ scope }) => scope)];
    if (scopes.includes('swarm') || concerned.includes('all')) return 'all';
    return [...new Set(concerned.filter((apps) => apps !== 'all').flat())];
  }

  /** Whether a container gave up what a unit other than its own may wait for. */
  #letsGo(before: ObservedContainer, after: ObservedContainer | undefined): boolean {
    const kept = after ? heldPorts(after) : [];
    const portGone = heldPorts(before).some(
      (port) => !kept.some((other) => other.port === port.port && other.protocol === port.protocol),
    );
    if (portGone || this.#units.keyOf(before.owner)) return portGone;
    const detached = before.networks.some(
      (network) => !after?.networks.some((other) => other.id === network.id),
    );
    return after?.name !== before.name || detached;
  }

  #usersOf(imageId: string): readonly string[] {
    return [...this.#containers.values()].flatMap((one) => (one.imageId === imageId ? one.id : []));
  }

  #groups(): Groups {
    this.#grouped ??= groupsOf(this.#containers.values());
    return this.#grouped;
  }

  #putContainer(
    container: ObservedContainer,
    nowMs: number,
    changes: Changes,
    before: ObservedContainer | undefined,
  ): void {
    const same = before !== undefined && phase(before) === phase(container);
    const dated = { ...container, sinceMs: same ? before.sinceMs : nowMs };
    const present = this.#containers.get(dated.id);
    if (present && JSON.stringify(present) === JSON.stringify(dated)) return;
    this.#dropContainer(dated.id, changes);
    this.#containers.set(dated.id, dated);
    this.#containerNames.set(dated.name, dated);
    this.#ports.put(dated);
    this.#grouped = undefined;
    this.#units.touch(dated.owner, changes.units, (owned) => owned.containers.set(dated.id, dated));
  }

  #dropContainer(id: string, changes: Changes): void {
    const known = this.#containers.get(id);
    if (!known) return;
    this.#containers.delete(id);
    if (this.#containerNames.get(known.name)?.id === id) this.#containerNames.delete(known.name);
    this.#ports.drop(known);
    this.#grouped = undefined;
    this.#units.touch(known.owner, changes.units, (owned) => owned.containers.delete(id));
  }

  #putNetwork(network: ObservedNetwork, changes: Changes): void {
    this.#dropNetwork(network.id, changes);
    changes.all = true;
    this.#networks.set(network.id, network);
    this.#networkNames.set(network.name, network);
    if (this.#isOfSwarm(network)) return;
    this.#units.touch(network.owner, changes.units, (owned) =>
      owned.networks.set(network.id, network),
    );
  }

  #dropNetwork(id: string, changes: Changes): void {
    const known = this.#networks.get(id);
    if (!known) return;
    changes.all = true;
    this.#networks.delete(id);
    if (this.#networkNames.get(known.name)?.id === id) this.#networkNames.delete(known.name);
    if (this.#isOfSwarm(known)) return;
    this.#units.touch(known.owner, changes.units, (owned) => owned.networks.delete(id));
  }

  /** What a stack owns is no unit's of this host. */
  #isOfSwarm({ scope }: ObservedNetwork): boolean {
    if (scope !== 'swarm') return false;
    this.swarm.networkChanged();
    return true;
  }

  #putVolume(volume: ObservedVolume, changes: Changes): void {
    this.#dropVolume(volume.name, changes);
    changes.all = true;
    this.#volumes.set(volume.name, volume);
    this.#units.touch(volume.owner, changes.units, (owned) =>
      owned.volumes.set(volume.name, volume),
    );
  }

  #dropVolume(name: string, changes: Changes): void {
    const known = this.#volumes.get(name);
    if (!known) return;
    changes.all = true;
    this.#volumes.delete(name);
    this.#units.touch(known.owner, changes.units, (owned) => owned.volumes.delete(name));
  }
}

interface Groups {
  /** By network id. */
  readonly attached: ReadonlyMap<string, readonly ObservedContainer[]>;
  /** Without our labels, by Compose project. */
  readonly composed: ReadonlyMap<string, readonly ObservedContainer[]>;
}

function groupsOf(containers: Iterable<ObservedContainer>): Groups {
  const attached = new Map<string, ObservedContainer[]>();
  const composed = new Map<string, ObservedContainer[]>();
  const add = (groups: typeof attached, key: string, container: ObservedContainer) => {
    const known = groups.get(key);
    if (known) known.push(container);
    else groups.set(key, [container]);
  };
  for (const container of containers) {
    for (const { id } of container.networks) add(attached, id, container);
    if (!container.owner && container.compose) add(composed, container.compose.project, container);
  }
  return { attached, composed };
}

/** What `sinceMs` dates. */
const phase = (container: ObservedContainer): string =>
  [container.state, container.startedAt, container.restartCount, container.health].join(' ');
