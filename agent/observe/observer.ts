import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { type EngineInfo, Failure, type ObservedDelta } from '../../schemas/domain/index.ts';
import type { DockerEngine, EngineEvent, ObjectRef } from '../core/docker-engine.ts';
import type { Observer, Snapshot } from '../session/ports.ts';
import { Dirty, touchedBy } from './dirty.ts';
import { EventStream } from './event-stream.ts';
import { Looker, mapLimited } from './look.ts';
import { difference, EMPTY_STATE, type HostState, settled } from './state.ts';

export interface ObserverOptions {
  /** With deadlines on its calls (`timedEngine`). */
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** True where the journal records this container as created or adopted by us. */
  readonly recorded: (containerId: string) => boolean;
  readonly resyncMs?: number;
  readonly coalesceMs?: number;
}

interface Listener {
  delta(delta: ObservedDelta): void;
  resync(cause: string): void;
}

const RESYNC_MS = 60_000;
const COALESCE_MS = 20;
const RETRY_MS = 1000;
const OPEN_MS = 10_000;
const CONCURRENCY = 8;

/**
 * Watches the engine. Events only mark what must be looked at again; what is reported is always
 * the latest. One look at a time, so deltas leave in order, each standing on the one before.
 */
export class HostObserver implements Observer {
  readonly #options: ObserverOptions;
  readonly #looker: Looker;
  readonly #stream: EventStream;
  readonly #dirty = new Dirty();
  readonly #stopped = new AbortController();
  #listener: Listener | undefined;
  #state: HostState = EMPTY_STATE;
  /** False until the first snapshot, and from a broken chain until the next one. */
  #chained = false;
  /** How often the stream of events was opened. */
  #openings = 0;
  #turn: Promise<void> = Promise.resolve();
  #cancelFlush: (() => void) | undefined;
  #cancelResync: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#looker = new Looker(options.engine, options.recorded);
    this.#stream = new EventStream({
      ...options,
      onOpen: () => this.#onOpen(),
      onEvent: (event) => this.#onEvent(event),
    });
  }

  start(): void {
    this.#running ??= this.#stream.run(this.#stopped.signal);
    this.#armResync();
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Failure('Stopped', 'the observer was stopped'));
    this.#cancelFlush?.();
    this.#cancelResync?.();
    await this.#running;
    await this.#turn;
  }

  listen(listener: Listener): void {
    this.#listener = listener;
  }

  snapshot(signal: AbortSignal): Promise<Snapshot> {
    return this.#exclusive(async () => {
      const both = AbortSignal.any([signal, this.#stopped.signal]);
      let opening: number;
      let engine: EngineInfo;
      do {
        engine = await this.#stream.opened(OPEN_MS, both);
        opening = this.#openings;
        // Marks made from here on are looked at after this look.
        this.#dirty.clear();
        this.#state = await this.#looker.all(both);
        // Opened anew meanwhile: what happened between the two streams may be missing.
      } while (opening !== this.#openings);
      this.#chained = true;
      return { engine, ...listed(this.#state) };
    });
  }

  /** Looks at everything marked, and reports it, before it resolves. Never rejects. */
  async settle(signal: AbortSignal): Promise<void> {
    await this.#lookAtAll(signal);
  }

  /** Looks at these objects now: their effects are reported when it resolves. Never rejects. */
  async refresh(refs: readonly ObjectRef[]): Promise<void> {
    for (const ref of refs) this.#dirty.add(ref);
    await this.#flush();
  }

  #onOpen(): void {
    this.#openings += 1;
    if (!this.#chained) return;
    this.#chained = false;
    this.#listener?.resync('the stream of engine events was open anew');
  }

  #onEvent(event: EngineEvent): void {
    for (const ref of touchedBy(event)) this.#dirty.add(ref);
    this.#scheduleFlush(this.#options.coalesceMs ?? COALESCE_MS);
  }

  #scheduleFlush(ms: number): void {
    if (this.#cancelFlush || this.#dirty.empty || this.#stopped.signal.aborted) return;
    this.#cancelFlush = this.#options.clock.setTimer(ms, () => {
      this.#cancelFlush = undefined;
      void this.#flush();
    });
  }

  #flush(): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#dirty.empty) return;
      if (!this.#chained) {
        this.#dirty.clear();
        return;
      }
      const marked = this.#dirty.take();
      try {
        this.#report(await this.#lookAt(marked, this.#stopped.signal));
      } catch (error) {
        this.#again(marked, error);
      }
    });
  }

  /** What could not be read stays marked. */
  #again(marked: ReturnType<Dirty['take']>, error: unknown): void {
    if (this.#stopped.signal.aborted) return;
    this.#options.logger.warn({ error }, 'engine could not be read');
    for (const kind of ['network', 'volume', 'image'] as const) {
      if (marked.has(kind)) this.#dirty.add({ kind, id: '' });
    }
    if (marked.containers === 'all') this.#dirty.addAll();
    else for (const id of marked.containers) this.#dirty.add({ kind: 'container', id });
    this.#scheduleFlush(RETRY_MS);
  }

  async #lookAt(marked: ReturnType<Dirty['take']>, signal: AbortSignal): Promise<HostState> {
    const before = this.#state;
    const [containers, networks, volumes, images] = await Promise.all([
      this.#containers(marked.containers, signal),
      marked.has('network') ? this.#looker.networks(signal) : before.networks,
      marked.has('volume') ? this.#looker.volumes(signal) : before.volumes,
      marked.has('image') ? this.#looker.images(signal) : before.images,
    ]);
    return { containers, networks, volumes, images };
  }

  async #containers(ids: readonly string[] | 'all', signal: AbortSignal) {
    if (ids === 'all') return await this.#looker.containers(signal);
    const containers = new Map(this.#state.containers);
    const found = await mapLimited(ids, CONCURRENCY, (id) => this.#looker.container(id, signal));
    for (const [index, container] of found.entries()) {
      if (container) containers.set(container.id, container);
      else containers.delete(ids[index] ?? '');
    }
    return containers;
  }

  #report(looked: HostState): void {
    const after = settled(this.#state, looked);
    const delta = difference(this.#state, after);
    this.#state = after;
    if (delta && this.#chained) this.#listener?.delta(delta);
  }

  #armResync(): void {
    if (this.#stopped.signal.aborted) return;
    const ms = this.#options.resyncMs ?? RESYNC_MS;
    const jittered = ms * (0.75 + this.#options.random() / 2);
    this.#cancelResync = this.#options.clock.setTimer(jittered, () => {
      void this.#lookAtAll(this.#stopped.signal).finally(() => this.#armResync());
    });
  }

  #lookAtAll(signal: AbortSignal): Promise<void> {
    return this.#exclusive(async () => {
      if (!this.#chained) return;
      this.#dirty.clear();
      try {
        this.#report(await this.#looker.all(AbortSignal.any([signal, this.#stopped.signal])));
      } catch (error) {
        this.#dirty.addAll();
        this.#scheduleFlush(RETRY_MS);
        this.#options.logger.warn({ error }, 'engine could not be read');
      }
    });
  }

  /** One after the other. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => {},
      () => {},
    );
    return result;
  }
}

const listed = (state: HostState): Omit<Snapshot, 'engine'> => ({
  containers: [...state.containers.values()],
  networks: [...state.networks.values()],
  volumes: [...state.volumes.values()],
  images: [...state.images.values()],
});
