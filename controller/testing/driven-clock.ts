import type { Clock } from '../../kit/clock.ts';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that moves only when told to; timers fire in order of their due time. */
export class DrivenClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(ms: number, fn: () => void): () => void {
    this.#order += 1;
    const timer: Timer = { due: this.#nowMs + Math.max(0, ms), order: this.#order, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Due time of the next timer, or undefined when none is set. */
  nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /** Moves on by `ms`, firing what comes due; microtasks run between timers. */
  async advance(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    await drain();
    for (;;) {
      const timer = this.#next();
      if (!timer || timer.due > end) break;
      this.#timers.delete(timer);
      this.#nowMs = timer.due;
      timer.fn();
      await drain();
    }
    this.#nowMs = end;
  }

  #next(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#timers) {
      if (!best || timer.due < best.due || (timer.due === best.due && timer.order < best.order)) {
        best = timer;
      }
    }
    return best;
  }
}

/** Lets every promise that can settle without a timer do so. */
export async function drain(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
