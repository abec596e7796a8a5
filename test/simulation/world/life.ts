import type { Clock } from '../../../kit/clock.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/**
 * One process, from its start to its crash. What it asks of the world happens there, dead or not;
 * what the world answers reaches only the living. A crash is the end of every timer and of every
 * answer: nothing of the process runs on, and its memory is garbage.
 */
export class Life {
  readonly clock: Clock;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #onEnd: (() => void)[] = [];
  #alive = true;
  /** Steps left until a crash that is under way. */
  #fuse: number | undefined;
  #crash: () => void = () => {};

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
    this.clock = {
      now: timeline.now,
      setTimer: (ms, fn) => timeline.setTimer(ms, () => this.#alive && fn()),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const fn of this.#onEnd) fn();
  }

  onEnd(fn: () => void): void {
    this.#onEnd.push(fn);
  }

  /** `crash` is called between two steps of this process, `steps` from now: at any await of a port. */
  light(steps: number, crash: () => void): void {
    this.#fuse = steps;
    this.#crash = crash;
  }

  /**
   * Asks something of the world: the request takes a moment to get there, the answer another one
   * to come back. `survives`: an engine goes on with what it was asked for by one who is dead.
   */
  ask<T>(work: () => T | Promise<T>, slowMs = 4, survives = false): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#alive) return;
      this.#timeline.setTimer(this.#random.between(0, slowMs), () => {
        this.#step();
        if (!this.#alive && !survives) return;
        const answer = (deliver: () => void) => {
          this.#timeline.setTimer(this.#random.between(0, slowMs), () => {
            this.#step();
            if (this.#alive) deliver();
          });
        };
        settle(work).then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
      });
    });
  }

  #step(): void {
    if (this.#fuse === undefined || !this.#alive) return;
    this.#fuse -= 1;
    if (this.#fuse <= 0) this.#crash();
  }
}

async function settle<T>(work: () => T | Promise<T>): Promise<T> {
  return await work();
}
