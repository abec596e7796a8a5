import { backoffMs } from '../../kit/backoff.ts';

/** Polls of many controllers must not fall together. */
const JITTER = 0.1;
const FIRST_RETRY_MS = 1_000;

/**
 * Time until the next look at the repository: the interval ±10 %, after failures less, growing
 * from one second to the interval.
 * @param random in [0, 1).
 */
export function nextPollMs(intervalMs: number, failures: number, random: () => number): number {
  const firstMs = Math.min(FIRST_RETRY_MS, intervalMs);
  const base =
    failures === 0 ? intervalMs : backoffMs({ firstMs, maxMs: intervalMs, factor: 2 }, failures);
  return Math.round(base * (1 - JITTER + 2 * JITTER * random()));
}
