import {
  compareText,
  type EngineInfo,
  type HostName,
  type HostPort,
  type InstallationId,
  type ObservedContainer,
  type ObservedDelta,
  type ObservedImage,
  type ObservedNetwork,
  type ObservedUnit,
  type ObservedVolume,
  type Owner,
  toUnitKey,
  type UnitKey,
} from '../../schemas/domain/index.ts';

export interface HostObjects {
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
  readonly images: readonly ObservedImage[];
}

interface UnitIndex {
  readonly containers: Map<string, ObservedContainer>;
  readonly networks: Map<string, ObservedNetwork>;
  readonly volumes: Map<string, ObservedVolume>;
  view: ObservedUnit | undefined;
}

type Changed = Set<UnitKey>;

/**
 * The observed state of one host, folded from a snapshot and deltas, indexed by unit as it
 * changes: looking at a unit costs nothing that grows with the host.
 */
export class HostState {
  readonly host: HostName;
  readonly engine: EngineInfo;
  readonly #installation: InstallationId;
  readonly #containers = new Map<string, ObservedContainer>();
  readonly #networks = new Map<string, ObservedNetwork>();
  readonly #volumes = new Map<string, ObservedVolume>();
  readonly #images = new Map<string, ObservedImage>();
  readonly #references = new Map<string, ObservedImage>();
  readonly #containerNames = new Map<string, ObservedContainer>();
  readonly #networkNames = new Map<string, ObservedNetwork>();
  readonly #units = new Map<UnitKey, UnitIndex>();

  constructor(
    host: HostName,
    installation: InstallationId,
    engine: EngineInfo,
    objects: HostObjects,
    nowMs: number,
    before?: HostState,
  ) {
    this.host = host;
    this.engine = engine;
    this.#installation = installation;
    const changed: Changed = new Set();
    for (const container of objects.containers) {
      this.#putContainer(container, nowMs, changed, before?.container(container.id));
    }
    for (const network of objects.networks) this.#putNetwork(network, changed);
    for (const volume of objects.volumes) this.#putVolume(volume, changed);
    for (const image of objects.images) this.#images.set(image.id, image);
    this.#indexImages();
  }

  container(id: string): ObservedContainer | undefined {
    return this.#containers.get(id);
  }

  /** @returns the units something changed for, or `all` where any unit may be concerned. */
  fold(delta: ObservedDelta, nowMs: number): readonly UnitKey[] | 'all' {
    const changed: Changed = new Set();
    for (const id of delta.removed.containers) this.#dropContainer(id, changed);
    for (const container of delta.containers) {
      this.#putContainer(container, nowMs, changed, this.#containers.get(container.id));
    }
    const removed = delta.removed;
    for (const id of removed.networks) this.#dropNetwork(id, changed);
    for (const network of delta.networks) this.#putNetwork(network, changed);
    for (const name of removed.volumes) this.#dropVolume(name, changed);
    for (const volume of delta.volumes) this.#putVolume(volume, changed);
    for (const id of removed.images) this.#images.delete(id);
    for (const image of delta.images) this.#images.set(image.id, image);
    const images = removed.images.length + delta.images.length > 0;
    if (images) this.#indexImages();
    // A foreign network, volume, name or port may be what a blocked unit waits for.
    const foreign =
      [...delta.containers, ...delta.networks, ...delta.volumes].some(
        (object) => this.#unitOf(object.owner) === undefined,
      ) || removed.networks.length + removed.volumes.length > 0;
    return images || foreign ? 'all' : [...changed];
  }

  units(): readonly UnitKey[] {
    return [...this.#units.keys()];
  }

  unit(key: UnitKey, app: ObservedUnit['app']): ObservedUnit {
    const index = this.#units.get(key);
    if (!index) return this.#view(key, app, undefined);
    index.view ??= this.#view(key, app, index);
    return index.view;
  }

  #view(key: UnitKey, app: ObservedUnit['app'], index: UnitIndex | undefined): ObservedUnit {
    return {
      key,
      app,
      host: this.host,
      engine: this.engine,
      containers: byName(index?.containers),
      networks: byName(index?.networks),
      volumes: byName(index?.volumes),
      image: (reference) => this.#images.get(reference) ?? this.#references.get(reference),
      containerNamed: (name) => this.#containerNames.get(name),
      networkNamed: (name) => this.#networkNames.get(name) ?? this.#networks.get(name),
      volumeNamed: (name) => this.#volumes.get(name),
      portHolder: (port) => this.#portHolder(port),
      attachedTo: (id) =>
        [...this.#containers.values()].filter((c) => c.networks.some((n) => n.id === id)),
    };
  }

  #portHolder(port: HostPort): ObservedContainer | undefined {
    for (const container of this.#containers.values()) {
      if (container.state !== 'running') continue;
      if (container.ports.some((held) => overlaps(held, port))) return container;
    }
    return undefined;
  }

  #unitOf(owner: Owner | undefined): UnitKey | undefined {
    if (owner?.installation !== this.#installation) return undefined;
    return toUnitKey(owner.app, this.host);
  }

  #index(owner: Owner | undefined, changed: Changed): UnitIndex | undefined {
    const key = this.#unitOf(owner);
    if (!key) return undefined;
    changed.add(key);
    const found = this.#units.get(key);
    if (found) {
      found.view = undefined;
      return found;
    }
    const index: UnitIndex = {
      containers: new Map(),
      networks: new Map(),
      volumes: new Map(),
      view: undefined,
    };
    this.#units.set(key, index);
    return index;
  }

  #forgetEmpty(owner: Owner | undefined): void {
    const key = this.#unitOf(owner);
    const index = key && this.#units.get(key);
    if (!index || index.containers.size + index.networks.size + index.volumes.size > 0) return;
    this.#units.delete(key);
  }

  #putContainer(
    container: ObservedContainer,
    nowMs: number,
    changed: Changed,
    before: ObservedContainer | undefined,
  ): void {
    this.#dropContainer(container.id, changed);
    const same = before !== undefined && phase(before) === phase(container);
    const dated = { ...container, sinceMs: same ? before.sinceMs : nowMs };
    this.#containers.set(dated.id, dated);
    this.#containerNames.set(dated.name, dated);
    this.#index(dated.owner, changed)?.containers.set(dated.id, dated);
  }

  #dropContainer(id: string, changed: Changed): void {
    const known = this.#containers.get(id);
    if (!known) return;
    this.#containers.delete(id);
    if (this.#containerNames.get(known.name)?.id === id) this.#containerNames.delete(known.name);
    this.#index(known.owner, changed)?.containers.delete(id);
    this.#forgetEmpty(known.owner);
  }

  #putNetwork(network: ObservedNetwork, changed: Changed): void {
    this.#dropNetwork(network.id, changed);
    this.#networks.set(network.id, network);
    this.#networkNames.set(network.name, network);
    this.#index(network.owner, changed)?.networks.set(network.id, network);
  }

  #dropNetwork(id: string, changed: Changed): void {
    const known = this.#networks.get(id);
    if (!known) return;
    this.#networks.delete(id);
    if (this.#networkNames.get(known.name)?.id === id) this.#networkNames.delete(known.name);
    this.#index(known.owner, changed)?.networks.delete(id);
    this.#forgetEmpty(known.owner);
  }

  #putVolume(volume: ObservedVolume, changed: Changed): void {
    this.#volumes.set(volume.name, volume);
    this.#index(volume.owner, changed)?.volumes.set(volume.name, volume);
  }

  #dropVolume(name: string, changed: Changed): void {
    const known = this.#volumes.get(name);
    this.#volumes.delete(name);
    this.#index(known?.owner, changed)?.volumes.delete(name);
    this.#forgetEmpty(known?.owner);
  }

  #indexImages(): void {
    this.#references.clear();
    for (const image of this.#images.values()) {
      for (const reference of [...image.tags, ...image.digests]) {
        for (const spelling of spellings(reference)) this.#references.set(spelling, image);
      }
    }
  }
}

/** What a Compose file may call `docker.io/library/nginx:latest`: each is that image. */
function spellings(reference: string): readonly string[] {
  const short = reference.replace(/^docker\.io\//, '').replace(/^library\//, '');
  const bare = short.replace(/:latest$/, '');
  return [...new Set([reference, short, bare])];
}

const phase = (container: ObservedContainer): string =>
  [container.state, container.startedAt, container.restartCount, container.health].join(' ');

function overlaps(a: HostPort, b: HostPort): boolean {
  const any = (address: string) => address === '' || address === '0.0.0.0' || address === '::';
  const address = a.address === b.address || any(a.address) || any(b.address);
  return a.port === b.port && a.protocol === b.protocol && address;
}

function byName<T extends { readonly name: string }>(objects: Map<string, T> | undefined): T[] {
  return [...(objects?.values() ?? [])].sort((a, b) => compareText(a.name, b.name));
}
