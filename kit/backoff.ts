/** Exponential backoff. `attempt` counts from 1; times in milliseconds. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** The delay before the next attempt, without jitter. */
export function backoffMs(policy: BackoffPolicy, attempt: number): number {
  return Math.min(policy.maxMs, policy.firstMs * policy.factor ** Math.max(0, attempt - 1));
}

/** Full jitter: uniform in [0, delay). `random` gives [0, 1). */
export function fullJitterMs(policy: BackoffPolicy, attempt: number, random: () => number): number {
  return Math.floor(random() * backoffMs(policy, attempt));
}
