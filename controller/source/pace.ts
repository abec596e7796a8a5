import type { Clock } from '../../kit/clock.ts';

export interface PaceOptions {
  /** How long the first trigger of a burst waits for others. */
  readonly gatherMs: number;
  /** Least time between two acts. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly act: () => void;
}

/** Makes few acts of many triggers; the last trigger is always followed by an act. */
export class Pace {
  readonly #options: PaceOptions;
  #lastMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  hit(): void {
    if (this.#cancel) return;
    const { gatherMs, intervalMs, clock } = this.#options;
    // A clock that was set back must not hold triggers up.
    const sinceMs = Math.max(0, clock.now() - this.#lastMs);
    const waitMs = Math.max(gatherMs, intervalMs - sinceMs);
    if (waitMs <= 0) {
      this.#act();
      return;
    }
    this.#cancel = clock.setTimer(waitMs, () => {
      this.#cancel = undefined;
      this.#act();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #act(): void {
    this.#lastMs = this.#options.clock.now();
    this.#options.act();
  }
}
