import { type BackoffPolicy, fullJitterMs } from '../../kit/backoff.ts';
import { type Clock, sleep } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import type { EngineInfo } from '../../schemas/domain/index.ts';
import type { DockerEngine, EngineEvent } from '../core/docker-engine.ts';
import { EngineFailure } from '../core/engine-failure.ts';

const RECONNECT: BackoffPolicy = { firstMs: 250, maxMs: 10_000, factor: 2 };

export interface EventStreamOptions {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Each time the stream is open (again): events before this moment may be missing. */
  readonly onOpen: () => void;
  readonly onEvent: (event: EngineEvent) => void;
}

/** Keeps the engine's event stream open, over restarts of the engine. */
export class EventStream {
  readonly #options: EventStreamOptions;
  #engine: EngineInfo | undefined;
  #failure: unknown;
  #waiters = new Set<() => void>();

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** The engine behind the open stream; undefined while there is none. */
  get engine(): EngineInfo | undefined {
    return this.#engine;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let attempt = 0;
    while (!signal.aborted) {
      try {
        await this.#once(signal, () => {
          attempt = 0;
        });
        this.#failure = undefined;
      } catch (error) {
        this.#failure = error;
        if (!signal.aborted) this.#options.logger.warn({ error }, 'engine events broke off');
      }
      this.#engine = undefined;
      attempt += 1;
      const pause = fullJitterMs(RECONNECT, attempt, this.#options.random);
      await sleep(this.#options.clock, pause, signal).catch(() => {});
    }
  }

  async #once(signal: AbortSignal, onOpened: () => void): Promise<void> {
    const { engine, onOpen, onEvent } = this.#options;
    const info = await engine.connect(signal);
    const opened = () => {
      onOpened();
      this.#engine = info;
      onOpen();
      for (const waiter of [...this.#waiters]) waiter();
    };
    await engine.events({ opened, event: onEvent }, signal);
  }

  /**
   * The engine once its events are watched.
   * @throws EngineFailure EngineUnreachable after `ms` without one.
   */
  async opened(ms: number, signal: AbortSignal): Promise<EngineInfo> {
    if (!this.#engine) await this.#wait(ms, signal);
    if (this.#engine) return this.#engine;
    const why = this.#failure instanceof Error ? `: ${this.#failure.message}` : '';
    throw new EngineFailure('EngineUnreachable', 'world', `the engine does not answer${why}`);
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#waiters.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#options.clock.setTimer(ms, end);
      this.#waiters.add(end);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }
}
