import { type ImageManifest, sha256 } from '../../schemas/domain/index.ts';
import type { EngineEvent, ObjectKind } from '../core/docker-engine.ts';
import { EngineRefusal } from './engine-refusal.ts';
import {
  type FakeBehaviour,
  type FakeBody,
  type FakeContainer,
  type FakeEndpoint,
  type FakeHostConfig,
  type FakeImage,
  type FakeNetwork,
  type FakeVolume,
  isAlive,
  newContainer,
} from './fake-objects.ts';

/**
 * An engine's objects and their rules, in memory. Deterministic: ids and times are counters.
 * Refusals have the words of a real engine.
 */
export class FakeHost {
  readonly containers = new Map<string, FakeContainer>();
  readonly networks = new Map<string, FakeNetwork>();
  readonly volumes = new Map<string, FakeVolume>();
  readonly images = new Map<string, FakeImage>();
  /** What a registry would serve: reference -> image. */
  readonly registry = new Map<string, Omit<FakeImage, 'tags'>>();
  readonly manyNetworks: boolean;
  #emit: (event: EngineEvent) => void;
  #serial = 0;

  constructor(manyNetworks: boolean, emit: (event: EngineEvent) => void) {
    this.manyNetworks = manyNetworks;
    this.#emit = emit;
    for (const name of ['bridge', 'host', 'none']) this.#addNetwork(name, {});
  }

  #id(kind: string): string {
    this.#serial += 1;
    return sha256(`${kind} ${this.#serial}`);
  }

  #time(): string {
    this.#serial += 1;
    return new Date(this.#serial * 1000).toISOString();
  }

  #event(kind: ObjectKind, action: string, id: string, attributes: Record<string, string> = {}) {
    this.#emit({ kind, action, id, attributes });
  }

  // Images

  /** Puts an image there, as `docker load` and `docker tag` do. */
  addImage(reference: string, behaviour: FakeBehaviour = {}, architecture = 'amd64'): FakeImage {
    const id = `sha256:${this.#id('image')}`;
    return this.#tagged(reference, { id, digests: [], architecture, behaviour });
  }

  /** Offers an image to pulls. */
  publish(reference: string, behaviour: FakeBehaviour = {}, architecture = 'amd64'): void {
    const id = `sha256:${this.#id('image')}`;
    const repository = reference.replace(/:[^/:]+$/, '');
    const digests = [`${repository}@sha256:${this.#id('digest')}`];
    this.registry.set(reference, { id, digests, architecture, behaviour });
  }

  #tagged(reference: string, image: Omit<FakeImage, 'tags'>): FakeImage {
    for (const other of this.images.values()) other.tags.delete(reference);
    const stored = this.images.get(image.id) ?? { ...image, tags: new Set<string>() };
    stored.tags.add(reference);
    this.images.set(stored.id, stored);
    this.#event('image', 'tag', stored.id, { name: reference });
    return stored;
  }

  image(reference: string): FakeImage | undefined {
    const all = [...this.images.values()];
    const named = reference.includes('@') || /:[^/]+$/.test(reference);
    const full = named ? reference : `${reference}:latest`;
    return all.find(
      ({ id, tags, digests }) => id === reference || tags.has(full) || digests.includes(reference),
    );
  }

  pull(reference: string): void {
    const offered = this.registry.get(reference);
    if (!offered)
      throw new EngineRefusal(404, `manifest for ${reference} not found: manifest unknown`);
    this.#tagged(reference, offered);
    this.#event('image', 'pull', reference);
  }

  manifest(reference: string): ImageManifest {
    const offered = this.registry.get(reference);
    if (!offered) throw new EngineRefusal(404, `manifest for ${reference} not found`);
    const digest = offered.digests[0]?.split('@')[1] ?? '';
    return { digest, platforms: [{ os: 'linux', architecture: offered.architecture }] };
  }

  removeImage(reference: string): void {
    const image = this.image(reference);
    if (!image) return;
    this.images.delete(image.id);
    this.#event('image', 'delete', image.id);
  }

  /** As the engine removes images that nobody forces it to. */
  removeUnusedImage(id: string): void {
    const isUsed = [...this.containers.values()].some(({ imageId }) => imageId === id);
    if (isUsed) throw new EngineRefusal(409, `image ${id} is being used by a container`);
    this.removeImage(id);
  }

  // Containers

  /** By id, by the beginning of an id, or by name. */
  container(target: string): FakeContainer | undefined {
    const all = [...this.containers.values()];
    return (
      this.containers.get(target) ??
      all.find(({ name }) => name === target) ??
      (target.length >= 12 ? all.find(({ id }) => id.startsWith(target)) : undefined)
    );
  }

  present(target: string): FakeContainer {
    const container = this.container(target);
    if (container) return container;
    throw new EngineRefusal(404, `No such container: ${target}`);
  }

  create(name: string, body: FakeBody): FakeContainer {
    const holder = this.container(name);
    if (holder && holder.name === name) throw nameConflict(name, holder.id);
    const image = this.image(body.Image ?? '');
    if (!image) throw new EngineRefusal(404, `No such image: ${body.Image}`);
    const endpoints = Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {});
    if (!this.manyNetworks && endpoints.length > 1) {
      const words = `Container cannot be connected to network endpoints: ${endpoints.join(', ')}`;
      throw new EngineRefusal(400, words);
    }
    for (const bind of body.HostConfig?.Binds ?? []) this.#volumeOf(bind);
    const container = newContainer(this.#id('container'), name, image.id, body);
    this.containers.set(container.id, container);
    this.#containerEvent(container, 'create');
    return container;
  }

  /** An engine makes the named volumes of binds by itself. */
  #volumeOf(bind: string): void {
    const [source = ''] = bind.split(':');
    if (!source.startsWith('/') && !this.volumes.has(source)) this.createVolume(source, {});
  }

  #containerEvent(container: FakeContainer, action: string): void {
    this.#event('container', action, container.id, { ...container.body.Labels });
  }

  start(target: string): void {
    const container = this.present(target);
    if (isAlive(container)) return;
    const image = this.images.get(container.imageId);
    this.#requireStartable(container, image?.behaviour.startError);
    container.stopped = false;
    this.#run(container, image?.behaviour ?? {});
  }

  #requireStartable(container: FakeContainer, startError: string | undefined): void {
    for (const name of container.networks.keys()) {
      if (!this.network(name)) this.#failStart(container, 404, `network ${name} not found`);
    }
    const port = this.#heldPort(container);
    if (port) this.#failStart(container, 500, portConflict(container.name, port));
    if (startError) {
      const words = `OCI runtime create failed: ${startError}: unknown`;
      this.#failStart(container, 400, `failed to create shim task: ${words}`);
    }
  }

  #failStart(container: FakeContainer, status: number, message: string): never {
    container.error = message;
    container.exitCode = 128;
    throw new EngineRefusal(status, message);
  }

  #heldPort(container: FakeContainer): string | undefined {
    const ports = (host: FakeHostConfig) =>
      Object.values(host.PortBindings ?? {}).flatMap((bindings) =>
        bindings.flatMap((binding) => binding.HostPort ?? []),
      );
    const held = new Set(
      [...this.containers.values()]
        .filter((other) => other !== container && isAlive(other))
        .flatMap((other) => ports(other.hostConfig)),
    );
    return ports(container.hostConfig).find((port) => held.has(port));
  }

  #run(container: FakeContainer, behaviour: FakeBehaviour): void {
    container.state = 'running';
    container.error = '';
    container.exitCode = 0;
    container.startedAt = this.#time();
    container.health = container.body.Healthcheck?.Test ? 'starting' : 'none';
    this.#containerEvent(container, 'start');
    if (behaviour.exits !== undefined) {
      // A crash loop: the engine's next try is for later, which never comes by itself here.
      this.#end(container, behaviour.exits);
      if (restartsAfter(container, behaviour.exits)) container.state = 'restarting';
    } else if (container.health === 'starting') {
      this.setHealth(container.id, behaviour.health ?? 'healthy');
    }
  }

  /** Its process ends by itself; its restart policy is followed. */
  exit(target: string, code: number): void {
    const container = this.present(target);
    this.#end(container, code);
    if (!restartsAfter(container, code)) return;
    container.restartCount += 1;
    this.#run(container, this.images.get(container.imageId)?.behaviour ?? {});
  }

  #end(container: FakeContainer, code: number): void {
    container.state = 'exited';
    container.exitCode = code;
    this.#containerEvent(container, 'die');
  }

  setHealth(target: string, health: FakeContainer['health'], output = ''): void {
    const container = this.present(target);
    container.healthOutput = output;
    if (container.health === health) return;
    container.health = health;
    if (health !== 'starting') this.#containerEvent(container, `health_status: ${health}`);
  }

  stop(target: string): void {
    const container = this.present(target);
    container.stopped = true;
    if (!isAlive(container)) return;
    this.#containerEvent(container, 'kill');
    container.state = 'exited';
    container.exitCode = 143;
    this.#containerEvent(container, 'die');
    this.#containerEvent(container, 'stop');
  }

  requireRunning(target: string): void {
    const { id, state } = this.present(target);
    if (state !== 'running') throw new EngineRefusal(409, `Container ${id} is not running`);
  }

  pause(target: string, paused: boolean): void {
    const container = this.present(target);
    if (!paused && container.state !== 'paused') {
      throw new EngineRefusal(500, `Container ${container.id} is not paused`);
    }
    container.state = paused ? 'paused' : 'running';
    this.#containerEvent(container, paused ? 'pause' : 'unpause');
  }

  remove(target: string, force = false): void {
    const container = this.present(target);
    if (isAlive(container) && !force) {
      const words = `You cannot remove a running container ${container.id}. Stop the container before attempting removal or force remove`;
      throw new EngineRefusal(409, words);
    }
    if (isAlive(container)) this.stop(container.id);
    this.containers.delete(container.id);
    this.#containerEvent(container, 'destroy');
  }

  rename(target: string, name: string): void {
    const container = this.present(target);
    const holder = this.container(name);
    if (holder && holder.name === name) throw nameConflict(name, holder.id);
    container.name = name;
    this.#containerEvent(container, 'rename');
  }

  update(target: string, host: FakeHostConfig): void {
    const container = this.present(target);
    container.hostConfig = { ...container.hostConfig, ...host };
    this.#containerEvent(container, 'update');
  }

  // Networks and volumes

  network(target: string): FakeNetwork | undefined {
    return (
      this.networks.get(target) ?? [...this.networks.values()].find(({ name }) => name === target)
    );
  }

  #addNetwork(name: string, labels: Readonly<Record<string, string>>): FakeNetwork {
    const network = { id: this.#id('network'), name, labels };
    this.networks.set(network.id, network);
    return network;
  }

  createNetwork(name: string, labels: Readonly<Record<string, string>>): FakeNetwork {
    if (this.network(name))
      throw new EngineRefusal(409, `network with name ${name} already exists`);
    const network = this.#addNetwork(name, labels);
    this.#event('network', 'create', network.id, { name });
    return network;
  }

  removeNetwork(target: string): void {
    const network = this.network(target);
    if (!network) throw new EngineRefusal(404, `network ${target} not found`);
    const users = [...this.containers.values()].filter(
      (container) => isAlive(container) && container.networks.has(network.name),
    );
    if (users.length > 0) {
      const words = `error while removing network: network ${network.name} id ${network.id} has active endpoints`;
      throw new EngineRefusal(403, words);
    }
    this.networks.delete(network.id);
    this.#event('network', 'destroy', network.id, { name: network.name });
  }

  connect(target: string, container: string, endpoint: FakeEndpoint): void {
    const network = this.network(target);
    if (!network) throw new EngineRefusal(404, `network ${target} not found`);
    const { id, networks } = this.present(container);
    if (networks.has(network.name)) {
      const words = `endpoint with name ${container} already exists in network ${network.name}`;
      throw new EngineRefusal(403, words);
    }
    networks.set(network.name, endpoint);
    this.#event('network', 'connect', network.id, { container: id });
  }

  disconnect(target: string, container: string): void {
    const network = this.network(target);
    if (!network) throw new EngineRefusal(404, `network ${target} not found`);
    const { id, networks } = this.present(container);
    networks.delete(network.name);
    this.#event('network', 'disconnect', network.id, { container: id });
  }

  createVolume(name: string, labels: Readonly<Record<string, string>>): void {
    if (this.volumes.has(name)) return;
    this.volumes.set(name, { name, labels, createdAt: this.#time() });
    this.#event('volume', 'create', name);
  }

  removeVolume(name: string): void {
    if (!this.volumes.has(name)) throw new EngineRefusal(404, `get ${name}: no such volume`);
    const users = [...this.containers.values()].filter((container) =>
      container.body.HostConfig?.Binds?.some((bind) => bind.startsWith(`${name}:`)),
    );
    if (users.length > 0) {
      throw new EngineRefusal(409, `remove ${name}: volume is in use - [${users[0]?.id}]`);
    }
    this.volumes.delete(name);
    this.#event('volume', 'destroy', name);
  }
}

function restartsAfter(container: FakeContainer, code: number): boolean {
  const policy = container.hostConfig.RestartPolicy?.Name ?? 'no';
  return (
    policy === 'always' || policy === 'unless-stopped' || (policy === 'on-failure' && code !== 0)
  );
}

const nameConflict = (name: string, holder: string): EngineRefusal =>
  new EngineRefusal(
    409,
    `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
  );

const portConflict = (name: string, port: string): string =>
  `driver failed programming external connectivity on endpoint ${name}: Bind for 0.0.0.0:${port} failed: port is already allocated`;
