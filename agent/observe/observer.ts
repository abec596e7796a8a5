import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { type EngineInfo, Failure, type ObservedDelta } from '../../schemas/domain/index.ts';
import type { DockerEngine, EngineEvent, ObjectRef } from '../core/docker-engine.ts';
import { volumeKey } from '../core/record-key.ts';
import type { SwarmEngine } from '../core/swarm-engine.ts';
import type { Observer, Snapshot } from '../session/ports.ts';
import { Dirty, type Mark, touchedBy } from './dirty.ts';
import { EventStream } from './event-stream.ts';
import { Knowledge, type ListedKind } from './knowledge.ts';
import { Looker, mapLimited, type Records } from './look.ts';
import { nextLookMs } from './swarm-look.ts';

export interface ObserverOptions {
  /** With deadlines on its calls (`timedEngine`). */
  readonly engine: DockerEngine;
  readonly swarm?: SwarmEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly records: Records;
  /** Of the digests under which foreign objects are told; without it they are told by name alone. */
  readonly salt?: string;
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
 * Watches the engine. Events only mark what must be looked at again; what is told is always the
 * latest. Looks run side by side, since the engine makes a look wait while it starts or stops that
 * container; each delta stands on the one told before.
 */
export class HostObserver implements Observer {
  readonly #options: ObserverOptions;
  readonly #looker: Looker;
  readonly #stream: EventStream;
  readonly #knowledge = new Knowledge();
  readonly #dirty = new Dirty();
  /** What events set off is looked at once at a time; marked again meanwhile: once more. */
  readonly #looking = new Map<string, { again: boolean }>();
  readonly #stopped = new AbortController();
  #listener: Listener | undefined;
  /** False until the first snapshot, and from a broken chain until the next one. */
  #chained = false;
  /** How often the stream of events was opened. */
  #openings = 0;
  #snapshots: Promise<unknown> = Promise.resolve();
  #cancelFlush: (() => void) | undefined;
  #cancelTell: (() => void) | undefined;
  #cancelResync: (() => void) | undefined;
  #cancelSwarm: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#looker = new Looker(options.engine, options.records, options.salt, options.swarm);
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
    this.#chained = false;
    this.#cancelFlush?.();
    this.#cancelTell?.();
    this.#cancelResync?.();
    this.#cancelSwarm?.();
    await this.#running;
    await this.#snapshots;
  }

  listen(listener: Listener): void {
    this.#listener = listener;
  }

  /** One at a time; nothing is told while one is made. */
  snapshot(signal: AbortSignal): Promise<Snapshot> {
    const snapshot = this.#snapshots.then(() => this.#snapshot(signal));
    this.#snapshots = snapshot.catch(() => {});
    return snapshot;
  }

  async #snapshot(signal: AbortSignal): Promise<Snapshot> {
    const both = AbortSignal.any([signal, this.#stopped.signal]);
    this.#chained = false;
    let opening: number;
    let engine: EngineInfo;
    do {
      engine = await this.#stream.opened(OPEN_MS, both);
      opening = this.#openings;
      await this.#lookAtAll(both);
      // Opened anew meanwhile: what happened between the two streams may be missing.
    } while (opening !== this.#openings);
    this.#chained = true;
    const { containers, networks, volumes, images, swarm } = this.#knowledge.tellAll();
    return {
      engine,
      containers: [...containers.values()],
      networks: [...networks.values()],
      volumes: [...volumes.values()],
      images: [...images.values()],
      swarm: [...swarm.values()],
    };
  }

  /** Looks at everything and tells what changed, before it resolves. Never rejects. */
  async settle(signal: AbortSignal): Promise<void> {
    await this.#tried({ kind: 'all' }, () =>
      this.#lookAtAll(AbortSignal.any([signal, this.#stopped.signal])),
    );
    this.#tell();
  }

  /** Looks at these objects now and tells what changed, before it resolves. Never rejects. */
  async refresh(refs: readonly ObjectRef[]): Promise<void> {
    const marks = new Dirty();
    for (const ref of refs) {
      marks.add(ref);
      this.#dirty.forget(ref);
    }
    await Promise.all(marks.take().map((mark) => this.#tried(mark, () => this.#lookAt(mark))));
    this.#tell();
  }

  #onOpen(): void {
    this.#openings += 1;
    if (!this.#chained) return;
    this.#chained = false;
    this.#listener?.resync('the stream of engine events was open anew');
  }

  #onEvent(event: EngineEvent): void {
    // Another volume may have its name before the next look.
    if (event.kind === 'volume' && event.action === 'destroy') {
      this.#options.records.forget(volumeKey(event.id));
    }
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

  async #flush(): Promise<void> {
    await mapLimited(this.#dirty.take(), CONCURRENCY, async (mark) => {
      await this.#lookOnce(mark);
      this.#tellSoon();
    });
    this.#tell();
  }

  async #lookOnce(mark: Mark): Promise<void> {
    const key = mark.kind === 'container' ? mark.id : mark.kind;
    const underWay = this.#looking.get(key);
    if (underWay) {
      underWay.again = true;
      return;
    }
    const look = { again: false };
    this.#looking.set(key, look);
    do {
      look.again = false;
      await this.#tried(mark, () => this.#lookAt(mark));
    } while (look.again);
    this.#looking.delete(key);
  }

  /** What could not be read stays marked. */
  async #tried(mark: Mark, look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#options.logger.warn({ error }, 'engine could not be read');
      if (mark.kind === 'all') this.#dirty.addAll();
      else this.#dirty.add(mark.kind === 'container' ? mark : { kind: mark.kind, id: '' });
      this.#scheduleFlush(RETRY_MS);
    }
  }

  #lookAt(mark: Mark): Promise<void> {
    switch (mark.kind) {
      case 'all':
        return this.#lookAtAll(this.#stopped.signal);
      case 'container':
        return this.#lookAtContainer(mark.id);
      case 'network':
      case 'volume':
      case 'image':
      case 'swarm':
        return this.#lookAtList(mark.kind);
    }
  }

  async #lookAtAll(signal: AbortSignal): Promise<void> {
    const ticket = this.#knowledge.ticket();
    this.#dirty.clear();
    this.#knowledge.learnAll(ticket, await this.#looker.all(signal));
    this.#armSwarm();
  }

  async #lookAtContainer(id: string): Promise<void> {
    const ticket = this.#knowledge.ticket();
    const container = await this.#looker.container(id, this.#stopped.signal);
    this.#knowledge.learnContainer(ticket, id, container);
  }

  async #lookAtList(kind: ListedKind): Promise<void> {
    const ticket = this.#knowledge.ticket();
    const { signal } = this.#stopped;
    const learn = this.#knowledge;
    if (kind === 'network') learn.learnList(ticket, kind, await this.#looker.networks(signal));
    if (kind === 'volume') learn.learnList(ticket, kind, await this.#looker.volumes(signal));
    if (kind === 'image') learn.learnList(ticket, kind, await this.#looker.images(signal));
    if (kind === 'swarm') {
      learn.learnList(ticket, kind, await this.#looker.swarm(signal));
      this.#armSwarm();
    }
  }

  /** Nobody tells of tasks: a manager is asked again after a while. */
  #armSwarm(): void {
    this.#cancelSwarm?.();
    const ms = nextLookMs(this.#knowledge.state.swarm);
    if (ms === undefined || this.#stopped.signal.aborted) return;
    this.#cancelSwarm = this.#options.clock.setTimer(ms, () => {
      this.#dirty.add({ kind: 'swarm', id: '' });
      this.#scheduleFlush(0);
    });
  }

  #tellSoon(): void {
    if (this.#stopped.signal.aborted) return;
    this.#cancelTell ??= this.#options.clock.setTimer(COALESCE_MS, () => this.#tell());
  }

  #tell(): void {
    this.#cancelTell?.();
    this.#cancelTell = undefined;
    if (!this.#chained) return;
    const delta = this.#knowledge.tell();
    if (delta) this.#listener?.delta(delta);
  }

  #armResync(): void {
    if (this.#stopped.signal.aborted) return;
    const ms = this.#options.resyncMs ?? RESYNC_MS;
    const jittered = ms * (0.75 + this.#options.random() / 2);
    this.#cancelResync = this.#options.clock.setTimer(jittered, () => {
      const done = this.#chained ? this.settle(this.#stopped.signal) : Promise.resolve();
      void done.finally(() => this.#armResync());
    });
  }
}
