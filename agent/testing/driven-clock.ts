import type { Clock } from '../../kit/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly serial: number;
  readonly fn: () => void;
}

/** Time that stands still until it is moved. Timers due together run in the order they were set. */
export class DrivenClock implements Clock {
  #nowMs: number;
  #serial = 0;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(ms: number, fn: () => void): () => void {
    this.#serial += 1;
    const timer = { atMs: this.#nowMs + ms, serial: this.#serial, fn };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Timers still waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on by `ms`, running what falls due on the way, and what that sets off. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await rest();
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fn();
      await rest();
    }
    this.#nowMs = endMs;
  }

  #next(endMs: number): Timer | undefined {
    return [...this.#timers]
      .filter((timer) => timer.atMs <= endMs)
      .sort((a, b) => a.atMs - b.atMs || a.serial - b.serial)[0];
  }
}

/** Lets everything that waits for promises alone come to rest. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
}
