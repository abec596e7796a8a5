/** A small engine in memory: carries out operations as Docker would, and refuses what Docker refuses. */
import { joinedNames } from '../../engine/references.ts';
import {
  type ContainerNetwork,
  type FilesRecord,
  type HostOperation,
  type HostPort,
  LABEL,
  type ObservedContainer,
  type ObservedImage,
  type ObservedNetwork,
  type ObservedUnit,
  type ObservedVolume,
  type OperationFields,
  type OperationOf,
  parseOwner,
  sha256,
} from '../../schemas/domain/index.ts';
import {
  APP,
  anImage,
  anObservedUnit,
  INSTALLATION,
  NO_LIMITS,
  type ObservedObjects,
} from './builders.ts';
import { type Body, type Endpoint, labelsOf, mutableOf, portsOf } from './model-body.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Told = OperationOf<'apply-files'>;
type ModelContainer = Mutable<ObservedContainer>;

/** How a container with this body behaves once started. */
export type Behaviour = 'well' | 'unhealthy' | 'exits' | 'loops' | 'completes';

export class ModelEngine {
  nowMs = 1_000_000;
  readonly containers = new Map<string, ModelContainer>();
  readonly networks = new Map<string, ObservedNetwork>();
  readonly volumes = new Map<string, ObservedVolume>();
  readonly images = new Map<string, ObservedImage>();
  /** Every mutating call, in order. */
  readonly calls: string[] = [];
  /** Called after every change, to look whether an invariant still holds. */
  onChange: () => void = () => {};
  /** By what the image is called. */
  readonly behaviours = new Map<string, Behaviour>();
  /** Host ports a container asks for, held only while it runs. */
  readonly #wantedPorts = new Map<string, readonly HostPort[]>();
  readonly #hasHealthcheck = new Set<string>();
  #created = 0;

  addImages(...references: readonly string[]): void {
    for (const reference of references) {
      const named = reference.includes('@') ? { tags: [], digests: [reference] } : {};
      this.images.set(reference, anImage(reference, named));
    }
  }

  addContainer(container: ObservedContainer): void {
    this.containers.set(container.id, { ...container });
  }

  observed(over: ObservedObjects = {}): ObservedUnit {
    return anObservedUnit({
      containers: [...this.containers.values()].map((container) => ({ ...container })),
      networks: [...this.networks.values()],
      volumes: [...this.volumes.values()],
      images: [...this.images.values()],
      ...over,
    });
  }

  named(name: string): ModelContainer {
    const container = [...this.containers.values()].find((one) => one.name === name);
    if (!container) throw new Error(`no such container: ${name}`);
    return container;
  }

  /** Time passes: what was started becomes what it is going to be. */
  settle(ms = 10_000): void {
    this.nowMs += ms;
    for (const container of this.containers.values()) {
      if (container.state === 'running') this.#mature(container);
    }
  }

  #mature(container: ModelContainer): void {
    const behaviour = this.behaviours.get(container.image) ?? 'well';
    if (behaviour === 'exits') this.#exit(container, 1);
    else if (behaviour === 'loops') this.#loop(container);
    else if (behaviour === 'completes') this.#exit(container, 0);
    else if (this.#hasHealthcheck.has(container.id) && container.health === 'starting') {
      container.health = behaviour === 'well' ? 'healthy' : 'unhealthy';
      container.sinceMs = this.nowMs;
    }
  }

  /** Restarted by the engine again and again. */
  #loop(container: ModelContainer): void {
    container.restartCount += 5;
    container.sinceMs = this.nowMs;
  }

  #exit(container: ModelContainer, code: number): void {
    container.state = 'exited';
    container.exitCode = code;
    container.ports = [];
    container.sinceMs = this.nowMs;
  }

  /** @throws Error with the engine's refusal. */
  execute(operation: HostOperation): void {
    this.nowMs += 1;
    this.calls.push(operation.id);
    this.#perform(operation);
    this.onChange();
  }

  #perform(operation: HostOperation): void {
    switch (operation.kind) {
      case 'create-service':
      case 'update-service':
      case 'remove-service':
      case 'create-swarm-file':
      case 'update-swarm-file':
      case 'remove-swarm-file':
        throw new Error('this engine is no manager');
      case 'pull-image':
        this.addImages(operation.reference);
        return;
      case 'put-file':
      case 'put-tree':
        return;
      case 'apply-files':
        this.#tell(this.#owned(operation.target), operation);
        return;
      case 'create-network':
        this.#createNetwork(operation.name, operation.body);
        return;
      case 'remove-network':
        this.#removeNetwork(operation.network);
        return;
      case 'create-volume':
        this.#createVolume(operation.name, operation.body);
        return;
      case 'remove-image':
        this.#removeImage(operation.image);
        return;
      case 'remove-volume':
        this.volumes.delete(operation.name);
        return;
      case 'create-container':
        this.#create(operation.name, operation.body as unknown as Body, operation.files);
        return;
      case 'start-container':
        this.#start(this.#owned(operation.target));
        return;
      case 'stop-container':
        this.#exit(this.#owned(operation.target), this.stopCode);
        return;
      case 'unpause-container':
        this.#owned(operation.target).state = 'running';
        return;
      case 'remove-container':
        this.#remove(this.#owned(operation.target));
        return;
      case 'rename-container':
        this.#requireFree(operation.name);
        this.#owned(operation.target).name = operation.name;
        return;
      case 'update-container': {
        const container = this.#owned(operation.target);
        container.mutable = { ...container.mutable, ...mutableOf(operation.body) };
        return;
      }
      case 'connect-network':
        this.#connect(this.#owned(operation.target), operation.network, operation.body);
        return;
      case 'disconnect-network': {
        const container = this.#owned(operation.target);
        container.networks = container.networks.filter(({ name }) => name !== operation.network);
        return;
      }
      case 'adopt':
        this.#adopt(operation);
        return;
    }
  }

  /** What a stopped process answers with: 0 for one that ends well, 143 for one that does not. */
  stopCode = 143;

  #owned(target: string): ModelContainer {
    const container = this.containers.get(target) ?? this.named(target);
    if (!container.owner) throw new Error(`not owned: ${container.name}`);
    return container;
  }

  #requireFree(name: string): void {
    if ([...this.containers.values()].some((container) => container.name === name)) {
      throw new Error(`name taken: ${name}`);
    }
  }

  #removeImage(id: string): void {
    if ([...this.containers.values()].some(({ imageId }) => imageId === id)) {
      throw new Error(`image ${id} is in use`);
    }
    for (const [name, image] of this.images) if (image.id === id) this.images.delete(name);
  }

  #createNetwork(name: string, body: object): void {
    if (this.networks.has(name)) throw new Error(`network exists: ${name}`);
    this.#created += 1;
    const owner = parseOwner(labelsOf(body));
    const id = sha256(`network ${this.#created}`);
    this.networks.set(name, {
      id,
      name,
      driver: 'bridge',
      scope: 'local',
      ...(owner && { owner }),
    });
  }

  #removeNetwork(id: string): void {
    const active = [...this.containers.values()].find(
      ({ state, networks }) => state === 'running' && networks.some((network) => network.id === id),
    );
    if (active) throw new Error(`network has active endpoints: ${active.name}`);
    for (const [name, network] of this.networks) {
      if (network.id === id) this.networks.delete(name);
    }
  }

  #adopt({ object, target, key, number, specHash }: OperationFields['adopt']): void {
    const owner = { installation: INSTALLATION, app: APP, specHash };
    const container = this.containers.get(target);
    if (object === 'container' && container) {
      container.owner = { ...owner, service: key, number };
      container.adopted = true;
    }
    for (const [name, network] of this.networks) {
      if (network.id === target) this.networks.set(name, { ...network, owner });
    }
    const volume = this.volumes.get(target);
    if (object === 'volume' && volume) this.volumes.set(target, { ...volume, owner });
  }

  #createVolume(name: string, body: object): void {
    const owner = parseOwner(labelsOf(body));
    if (!this.volumes.has(name)) {
      this.volumes.set(name, { name, driver: 'local', ...(owner && { owner }) });
    }
  }

  #tell(container: ModelContainer, { files, action }: Told): void {
    container.files = { record: files, error: '' };
    if (action.kind !== 'restart' || container.state !== 'running') return;
    this.#exit(container, this.stopCode);
    this.#start(container);
  }

  #create(name: string, body: Body, files?: FilesRecord): void {
    this.#requireFree(name);
    const image = this.observed().image(body.Image);
    if (!image) throw new Error(`no such image: ${body.Image}`);
    this.#created += 1;
    const id = sha256(`${body.Labels[LABEL.app]} ${this.#created}`);
    const owner = parseOwner(body.Labels);
    const container: ModelContainer = {
      id,
      name,
      ...(owner && { owner }),
      recorded: true,
      imageId: image.id,
      image: body.Image,
      state: 'created',
      exitCode: 0,
      oomKilled: false,
      error: '',
      restartCount: 0,
      startedAt: '',
      health: 'none',
      healthOutput: '',
      joined: joinedNames({ HostConfig: body.HostConfig }).map((host) => this.named(host).id),
      mutable: { ...NO_LIMITS, ...mutableOf(body.HostConfig ?? {}) },
      networks: [],
      ports: [],
      sinceMs: this.nowMs,
      ...(files && { files: { record: files, error: '' } }),
    };
    const endpoints = Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {});
    for (const [network, endpoint] of endpoints) this.#connect(container, network, endpoint);
    this.#wantedPorts.set(id, portsOf(body));
    if (body.Healthcheck?.Test && body.Healthcheck.Test[0] !== 'NONE') this.#hasHealthcheck.add(id);
    this.containers.set(id, container);
  }

  #connect(container: ModelContainer, name: string, endpoint: Endpoint): void {
    const network = this.networks.get(name);
    if (!network) throw new Error(`no such network: ${name}`);
    if (container.networks.some((attached) => attached.name === name)) {
      throw new Error(`already connected: ${container.name} ${name}`);
    }
    const { Aliases: aliases = [], IPAMConfig: fixed } = endpoint;
    const attachment: ContainerNetwork = {
      name,
      id: network.id,
      aliases,
      address: '',
      ipv4: fixed?.IPv4Address ?? '',
      ipv6: fixed?.IPv6Address ?? '',
    };
    container.networks = [...container.networks, attachment];
  }

  #start(container: ModelContainer): void {
    if (container.state === 'running') return;
    for (const attached of container.networks) {
      if (this.networks.get(attached.name)?.id !== attached.id) {
        throw new Error(`network not found: ${attached.id}`);
      }
    }
    const ports = this.#wantedPorts.get(container.id) ?? [];
    for (const port of ports) {
      const holder = this.observed().portHolder(port);
      if (holder) throw new Error(`port ${port.port} is already allocated by ${holder.name}`);
    }
    container.state = 'running';
    container.exitCode = 0;
    container.ports = ports;
    container.startedAt = new Date(this.nowMs).toISOString();
    container.health = this.#hasHealthcheck.has(container.id) ? 'starting' : 'none';
    container.sinceMs = this.nowMs;
  }

  #remove(container: ModelContainer): void {
    if (container.state === 'running') throw new Error(`still running: ${container.name}`);
    this.containers.delete(container.id);
  }
}
