import type { Clock } from '../../kit/clock.ts';

const PER_SECOND = 100;
const BURST = 200;
const MAX_USERS = 10_000;

/** A bucket of requests for each user, refilled at 100 a second. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one; false when none is left. */
  take(user: string): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(user) ?? { left: BURST, atMs: now };
    const earned = (Math.max(0, now - bucket.atMs) / 1_000) * PER_SECOND;
    const left = Math.min(BURST, bucket.left + earned);
    if (!this.#buckets.has(user) && this.#buckets.size >= MAX_USERS) this.#buckets.clear();
    this.#buckets.set(user, { left: Math.max(0, left - 1), atMs: now });
    return left >= 1;
  }
}
