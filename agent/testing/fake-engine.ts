import { atLeast } from '../../engine/version.ts';
import type { EngineBody, EngineInfo, OperationProgress } from '../../schemas/domain/index.ts';
import type {
  DockerEngine,
  EngineEvent,
  EngineJson,
  ExecCommand,
  ExecResult,
} from '../core/docker-engine.ts';
import { EngineFailure } from '../core/engine-failure.ts';
import { classifyEngineError, type EngineCall } from '../docker/classify-engine-error.ts';
import { EngineRefusal } from './engine-refusal.ts';
import { FakeHost } from './fake-host.ts';
import {
  inspectedContainer,
  inspectedImage,
  inspectedNetwork,
  inspectedVolume,
  listedContainer,
  listedImage,
} from './fake-inspect.ts';
import { bodyOf, type FakeBody, type FakeEndpoint, type FakeHostConfig } from './fake-objects.ts';
import { type FakeCall, type Fault, FaultScript } from './fault-script.ts';

export interface FakeEngineOptions {
  readonly apiVersion?: string;
  /** Asked before the scripted faults; a simulation decides here by its seed. */
  readonly fault?: (call: FakeCall, target: string) => Fault | undefined;
}

interface Listener {
  readonly event: (event: EngineEvent) => void;
  readonly end: () => void;
}

/**
 * A DockerEngine in memory. No timers, no randomness: a call takes some microtasks, or hangs until
 * its signal aborts. `host` is the engine's own world, for people and strangers to act in.
 */
export class FakeEngine implements DockerEngine {
  readonly host: FakeHost;
  readonly faults = new FaultScript();
  /** Every change that was carried out, oldest first: `startContainer web-1`. */
  readonly changes: string[] = [];
  /** What a command in a container comes to. */
  execResult: (target: string, argv: readonly string[]) => ExecResult = () => ({
    exitCode: 0,
    output: [],
  });
  /** Calls of any kind, carried out or not. */
  calls = 0;
  readonly #options: FakeEngineOptions;
  readonly #listeners = new Set<Listener>();
  #down = false;

  constructor(options: FakeEngineOptions = {}) {
    this.#options = options;
    this.host = new FakeHost(atLeast(this.apiVersion(), '1.44'), (event) => {
      for (const listener of [...this.#listeners]) listener.event(event);
    });
  }

  /** The engine goes away: streams end, calls find nobody. Containers stay as they are. */
  goDown(): void {
    this.#down = true;
    for (const listener of [...this.#listeners]) listener.end();
  }

  comeUp(): void {
    this.#down = false;
  }

  apiVersion(): string {
    return this.#options.apiVersion ?? '1.41';
  }

  async #call<T>(
    name: FakeCall,
    target: string,
    signal: AbortSignal,
    work: () => T,
    kind: EngineCall = 'read',
  ): Promise<T> {
    this.calls += 1;
    await Promise.resolve();
    if (signal.aborted) throw givenUp();
    if (this.#down) throw unreachable();
    const fault = this.#options.fault?.(name, target) ?? this.faults.take(name);
    if (fault?.kind === 'hang-before') await hang(signal);
    if (fault?.kind === 'before') throw broken(kind, fault);
    const result = this.#refusable(kind, work);
    if (kind !== 'read') this.changes.push(`${name} ${target}`);
    await Promise.resolve();
    if (fault?.kind === 'hang-after') await hang(signal);
    if (fault?.kind === 'after') throw broken(kind, fault);
    return result;
  }

  #refusable<T>(kind: EngineCall, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      throw classifyEngineError(kind, { status: error.status, message: error.message });
    }
  }

  readonly #networkId = (name: string): string => this.host.network(name)?.id ?? '';

  connect(signal: AbortSignal): Promise<EngineInfo> {
    return this.#call('connect', '', signal, () => ({
      version: 'fake',
      apiVersion: this.apiVersion(),
      os: 'linux',
      architecture: 'amd64',
      cpus: 2,
      memoryBytes: 2 ** 30,
    }));
  }

  listContainers(signal: AbortSignal): Promise<readonly EngineJson[]> {
    return this.#call('listContainers', '', signal, () =>
      [...this.host.containers.values()].map((one) => listedContainer(one, this.#networkId)),
    );
  }

  listNetworks(signal: AbortSignal): Promise<readonly EngineJson[]> {
    return this.#call('listNetworks', '', signal, () =>
      [...this.host.networks.values()].map(inspectedNetwork),
    );
  }

  listVolumes(signal: AbortSignal): Promise<readonly EngineJson[]> {
    return this.#call('listVolumes', '', signal, () =>
      [...this.host.volumes.values()].map(inspectedVolume),
    );
  }

  listImages(signal: AbortSignal): Promise<readonly EngineJson[]> {
    return this.#call('listImages', '', signal, () =>
      [...this.host.images.values()].map(listedImage),
    );
  }

  inspectContainer(target: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    return this.#call('inspectContainer', target, signal, () => {
      const found = this.host.container(target);
      return found && inspectedContainer(found, this.#networkId);
    });
  }

  inspectNetwork(target: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    return this.#call('inspectNetwork', target, signal, () => {
      const found = this.host.network(target);
      return found && inspectedNetwork(found);
    });
  }

  inspectVolume(name: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    return this.#call('inspectVolume', name, signal, () => {
      const found = this.host.volumes.get(name);
      return found && inspectedVolume(found);
    });
  }

  inspectImage(reference: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    return this.#call('inspectImage', reference, signal, () => {
      const found = this.host.image(reference);
      return found && inspectedImage(found);
    });
  }

  createContainer(name: string, body: EngineBody, signal: AbortSignal): Promise<string> {
    const work = () => this.host.create(name, bodyOf(body)).id;
    return this.#call('createContainer', name, signal, work, 'create-container');
  }

  startContainer(target: string, signal: AbortSignal): Promise<void> {
    const work = () => this.host.start(target);
    return this.#call('startContainer', target, signal, work, 'start-container');
  }

  stopContainer(target: string, _timeoutS: number, signal: AbortSignal): Promise<void> {
    return this.#call('stopContainer', target, signal, () => this.host.stop(target), 'change');
  }

  killContainer(target: string, name: string, signal: AbortSignal): Promise<void> {
    const work = () => this.host.requireRunning(target);
    return this.#call('killContainer', `${target} ${name}`, signal, work, 'change');
  }

  exec(target: string, { argv }: ExecCommand, signal: AbortSignal): Promise<ExecResult> {
    const work = () => {
      this.host.requireRunning(target);
      return this.execResult(target, argv);
    };
    return this.#call('exec', `${target} ${argv.join(' ')}`, signal, work, 'change');
  }

  unpauseContainer(target: string, signal: AbortSignal): Promise<void> {
    const work = () => this.host.pause(target, false);
    return this.#call('unpauseContainer', target, signal, work, 'change');
  }

  removeContainer(target: string, signal: AbortSignal): Promise<void> {
    return this.#call('removeContainer', target, signal, () => this.host.remove(target), 'change');
  }

  renameContainer(target: string, name: string, signal: AbortSignal): Promise<void> {
    const work = () => this.host.rename(target, name);
    return this.#call('renameContainer', target, signal, work, 'change');
  }

  updateContainer(target: string, body: EngineBody, signal: AbortSignal): Promise<void> {
    const work = () => this.host.update(target, body as FakeHostConfig);
    return this.#call('updateContainer', target, signal, work, 'change');
  }

  createNetwork(body: EngineBody, signal: AbortSignal): Promise<string> {
    const name = String(body['Name']);
    const work = () => this.host.createNetwork(name, (body as FakeBody).Labels ?? {}).id;
    return this.#call('createNetwork', name, signal, work, 'change');
  }

  removeNetwork(target: string, signal: AbortSignal): Promise<void> {
    const work = () => this.host.removeNetwork(target);
    return this.#call('removeNetwork', target, signal, work, 'change');
  }

  connectNetwork(
    network: string,
    container: string,
    endpoint: EngineBody,
    signal: AbortSignal,
  ): Promise<void> {
    const work = () => this.host.connect(network, container, endpoint as FakeEndpoint);
    return this.#call('connectNetwork', container, signal, work, 'change');
  }

  disconnectNetwork(network: string, container: string, signal: AbortSignal): Promise<void> {
    const work = () => this.host.disconnect(network, container);
    return this.#call('disconnectNetwork', container, signal, work, 'change');
  }

  createVolume(body: EngineBody, signal: AbortSignal): Promise<void> {
    const name = String(body['Name']);
    const work = () => this.host.createVolume(name, (body as FakeBody).Labels ?? {});
    return this.#call('createVolume', name, signal, work, 'change');
  }

  removeVolume(name: string, signal: AbortSignal): Promise<void> {
    return this.#call('removeVolume', name, signal, () => this.host.removeVolume(name), 'change');
  }

  pullImage(
    reference: string,
    _auth: Uint8Array | undefined,
    progress: (progress: OperationProgress) => void,
    signal: AbortSignal,
  ) {
    const work = () => {
      progress({ text: `Pulling ${reference}`, doneBytes: 0, totalBytes: 0 });
      this.host.pull(reference);
    };
    return this.#call('pullImage', reference, signal, work, 'pull-image');
  }

  removeImage(image: string, signal: AbortSignal): Promise<void> {
    const work = () => this.host.removeUnusedImage(image);
    return this.#call('removeImage', image, signal, work, 'change');
  }

  inspectManifest(reference: string, _auth: Uint8Array | undefined, signal: AbortSignal) {
    const work = () => this.host.manifest(reference);
    return this.#call('inspectManifest', reference, signal, work, 'read');
  }

  async events(
    listener: { opened(): void; event(event: EngineEvent): void },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#call('events', '', signal, () => {});
    await new Promise<void>((resolve) => {
      const own: Listener = {
        event: (event) => listener.event(event),
        end: () => {
          this.#listeners.delete(own);
          signal.removeEventListener('abort', own.end);
          resolve();
        },
      };
      this.#listeners.add(own);
      signal.addEventListener('abort', own.end, { once: true });
      listener.opened();
    });
  }

  /** The stream goes on in silence, as a broken one does: nothing is heard until it is reopened. */
  muteEvents(): void {
    this.#listeners.clear();
  }

  tailLogs(target: string, lines: number, signal: AbortSignal): Promise<readonly string[]> {
    return this.#call('tailLogs', target, signal, () =>
      (this.host.container(target)?.log ?? []).slice(-lines),
    );
  }
}

function broken(kind: EngineCall, fault: Extract<Fault, { kind: 'before' | 'after' }>) {
  const { status, message = 'server error' } = fault;
  return classifyEngineError(kind, { status, message });
}

/** Ends only by its signal. */
function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(givenUp());
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

const givenUp = (): EngineFailure =>
  new EngineFailure('EngineError', 'world', 'the call was given up');

const unreachable = (): EngineFailure =>
  classifyEngineError('read', {
    status: undefined,
    message: 'connect ENOENT /var/run/docker.sock',
    cause: { code: 'ENOENT' },
  });
