import type { Clock } from '../../kit/clock.ts';

/** What a session waits for, by id: each is answered exactly once, at the latest by its deadline. */
export class Pending<T> {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #waiting = new Map<string, (answer: T) => void>();

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Undefined where `most` wait already, or one of that id does. */
  wait(id: string, deadlineMs: number, late: () => T): Promise<T> | undefined {
    if (this.#waiting.size >= this.#most || this.#waiting.has(id)) return undefined;
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(deadlineMs, () => this.settle(id, late()));
      this.#waiting.set(id, (answer) => {
        cancel();
        resolve(answer);
      });
    });
  }

  /** Answers nobody asked for are ignored. */
  settle(id: string, answer: T): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(answer);
  }

  settleAll(answer: T): void {
    for (const id of [...this.#waiting.keys()]) this.settle(id, answer);
  }
}
