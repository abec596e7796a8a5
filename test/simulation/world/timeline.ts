import type { Clock } from '../../../kit/clock.ts';

interface Event {
  readonly atMs: number;
  readonly serial: number;
  fn: (() => void) | undefined;
}

const START_MS = Date.UTC(2026, 0, 1);

/**
 * The only time there is. Everything that happens is an event on it: timers, messages, replies of
 * engines and disks, faults. Between two events all promises that can settle do.
 */
export class Timeline implements Clock {
  #nowMs = START_MS;
  #serial = 0;
  /** A binary heap by time, then by order of making. */
  readonly #heap: Event[] = [];
  /** Events that happened. */
  events = 0;
  /** Called after each event, when all has settled. */
  afterEach: () => void = () => {};

  readonly now = (): number => this.#nowMs;

  /** Since the start, ms. */
  get elapsedMs(): number {
    return this.#nowMs - START_MS;
  }

  readonly setTimer = (ms: number, fn: () => void): (() => void) => {
    this.#serial += 1;
    const atMs = this.#nowMs + Math.max(0, Math.ceil(ms));
    const event: Event = { atMs, serial: this.#serial, fn };
    this.#push(event);
    return () => {
      event.fn = undefined;
    };
  };

  /** Lets time pass until `done`, at most `ms`. @returns whether it was done. */
  async pass(ms: number, done: () => boolean = () => false): Promise<boolean> {
    const endMs = this.#nowMs + ms;
    await settled();
    while (!done()) {
      const next = this.#heap[0];
      if (!next || next.atMs > endMs) {
        this.#nowMs = endMs;
        return false;
      }
      this.#pop();
      if (!next.fn) continue;
      this.#nowMs = next.atMs;
      this.events += 1;
      next.fn();
      await settled();
      this.afterEach();
    }
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (!parent || isBefore(parent, event)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (!left) break;
      if (right && isBefore(right, left)) below += 1;
      const child = heap[below];
      if (!child || isBefore(last, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }
}

const isBefore = (a: Event, b: Event): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.serial < b.serial);

/** Resolves when no promise is left that can settle without an event. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
