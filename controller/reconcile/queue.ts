import { type BackoffPolicy, backoffMs } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';

/**
 * How a pass ends. One switch maps them (controller-runtime's contract):
 * done: forget the key's failures · again: after a time · failed: back off ·
 * stalled: wait for a change.
 */
export type PassEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'failed' }
  | { readonly kind: 'stalled' };

/** What made a key dirty: `desired` runs at once, `observed` respects a running backoff. */
export type Trigger = 'desired' | 'observed' | 'timer';

export interface Running {
  /** Aborted when the key is preempted or the queue stops. */
  readonly signal: AbortSignal;
  /** `listener` is called whenever the key is marked dirty while it runs. */
  onPoke(listener: () => void): void;
}

export interface QueueOptions<K extends string> {
  readonly run: (key: K, running: Running) => Promise<PassEnd>;
  /** Keys of one group share `groupLimit` concurrent passes; groups never wait for each other. */
  readonly groupOf: (key: K) => string;
  readonly groupLimit: number;
  readonly backoff: BackoffPolicy;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Entry {
  state: 'idle' | 'waiting' | 'queued' | 'running';
  attempt: number;
  endedMs: number;
  dueMs: number;
  dirty: Trigger | undefined;
  abort: AbortController | undefined;
  poke: (() => void) | undefined;
  cancelTimer: (() => void) | undefined;
}

/** At most this long does an observed change wait behind a backoff. */
const OBSERVED_DELAY_STEP_MS = 1_000;
const OBSERVED_DELAY_MAX_MS = 30_000;

/**
 * A keyed queue: a key runs once at a time, a key marked dirty while it runs runs again, equal
 * keys coalesce. Its length is bounded by the number of keys.
 */
export class KeyedQueue<K extends string> {
  readonly #options: QueueOptions<K>;
  readonly #entries = new Map<K, Entry>();
  readonly #groups = new Map<string, { running: number; ready: K[] }>();
  #stopped = false;
  #idle: (() => void)[] = [];

  constructor(options: QueueOptions<K>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Marks a key dirty. A `desired` trigger also preempts the pass that runs. */
  add(key: K, trigger: Trigger): void {
    if (this.#stopped) return;
    const entry = this.#entry(key);
    switch (entry.state) {
      case 'running':
        if (entry.dirty !== 'desired') entry.dirty = trigger;
        if (trigger === 'desired') entry.abort?.abort(new Error('preempted'));
        entry.poke?.();
        return;
      case 'queued':
        return;
      case 'idle':
        this.#enqueue(key, entry);
        return;
      case 'waiting':
        this.#wake(key, entry, trigger);
        return;
    }
  }

  /** Stops running passes and waits for them, at most `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    for (const entry of this.#entries.values()) {
      entry.cancelTimer?.();
      entry.abort?.abort(new Error('stopping'));
    }
    if (this.#runningCount() === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.setTimer(deadlineMs, resolve);
      this.#idle.push(() => {
        cancel();
        resolve();
      });
    });
  }

  #entry(key: K): Entry {
    const found = this.#entries.get(key);
    if (found) return found;
    const entry: Entry = {
      state: 'idle',
      attempt: 0,
      endedMs: 0,
      dueMs: 0,
      dirty: undefined,
      abort: undefined,
      poke: undefined,
      cancelTimer: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #wake(key: K, entry: Entry, trigger: Trigger): void {
    if (trigger === 'desired') entry.attempt = 0;
    if (trigger !== 'observed' || entry.attempt === 0) {
      this.#enqueue(key, entry);
      return;
    }
    const delay = Math.min(entry.attempt * OBSERVED_DELAY_STEP_MS, OBSERVED_DELAY_MAX_MS);
    const dueMs = Math.min(entry.dueMs, entry.endedMs + delay);
    this.#schedule(key, entry, dueMs - this.#options.clock.now());
  }

  #schedule(key: K, entry: Entry, afterMs: number): void {
    entry.cancelTimer?.();
    entry.state = 'waiting';
    entry.dueMs = this.#options.clock.now() + Math.max(0, afterMs);
    entry.cancelTimer = this.#options.clock.setTimer(Math.max(0, afterMs), () => {
      entry.cancelTimer = undefined;
      this.#enqueue(key, entry);
    });
  }

  #enqueue(key: K, entry: Entry): void {
    entry.cancelTimer?.();
    entry.cancelTimer = undefined;
    entry.state = 'queued';
    const group = this.#group(key);
    group.ready.push(key);
    this.#drain(group);
  }

  #group(key: K): { running: number; ready: K[] } {
    const name = this.#options.groupOf(key);
    const found = this.#groups.get(name);
    if (found) return found;
    const group = { running: 0, ready: [] };
    this.#groups.set(name, group);
    return group;
  }

  #drain(group: { running: number; ready: K[] }): void {
    while (!this.#stopped && group.running < this.#options.groupLimit) {
      const key = group.ready.shift();
      if (key === undefined) return;
      group.running += 1;
      void this.#runOne(key, this.#entry(key)).finally(() => {
        group.running -= 1;
        this.#drain(group);
        if (this.#runningCount() === 0) for (const resolve of this.#idle.splice(0)) resolve();
      });
    }
  }

  async #runOne(key: K, entry: Entry): Promise<void> {
    const abort = new AbortController();
    entry.state = 'running';
    entry.dirty = undefined;
    entry.abort = abort;
    const running: Running = {
      signal: abort.signal,
      onPoke: (listener) => {
        entry.poke = listener;
      },
    };
    let end: PassEnd;
    try {
      end = await this.#options.run(key, running);
    } catch (error) {
      this.#options.logger.error({ key, error: errorText(error) }, 'a pass threw');
      end = { kind: 'failed' };
    }
    entry.abort = undefined;
    entry.poke = undefined;
    this.#finish(key, entry, end);
  }

  #finish(key: K, entry: Entry, end: PassEnd): void {
    entry.endedMs = this.#options.clock.now();
    entry.state = 'idle';
    if (this.#stopped) return;
    if (entry.dirty === 'desired') {
      entry.attempt = 0;
      this.#enqueue(key, entry);
      return;
    }
    this.#settle(key, entry, end);
  }

  #settle(key: K, entry: Entry, end: PassEnd): void {
    const { dirty } = entry;
    switch (end.kind) {
      case 'done':
        entry.attempt = 0;
        if (dirty) this.#enqueue(key, entry);
        else this.#entries.delete(key);
        return;
      case 'again':
        entry.attempt = 0;
        if (dirty) this.#enqueue(key, entry);
        else this.#schedule(key, entry, end.afterMs);
        return;
      case 'failed':
        // What the failing pass itself changed made the key dirty: that is no reason to hurry.
        entry.attempt += 1;
        this.#schedule(key, entry, backoffMs(this.#options.backoff, entry.attempt));
        return;
      case 'stalled':
        entry.attempt = 0;
        if (dirty) this.#enqueue(key, entry);
        return;
    }
  }

  #runningCount(): number {
    let count = 0;
    for (const group of this.#groups.values()) count += group.running;
    return count;
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
