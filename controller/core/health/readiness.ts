import type { AwaitedState, ObservedContainer } from '../../../schemas/domain/index.ts';

export type Readiness =
  | { readonly ready: true }
  /** `recheckMs`: where time alone will decide, how long it still takes. */
  | { readonly ready: false; readonly recheckMs?: number };

/**
 * Whether a container is as awaited. Time is the controller's: `now` and `sinceMs`, both in ms.
 * `ready` is healthy, or running where there is no health check, for `unchangedMs`; a one-shot
 * that ended well counts as ready.
 */
export function readiness(
  container: ObservedContainer,
  until: AwaitedState,
  unchangedMs: number,
  now: number,
): Readiness {
  switch (until) {
    case 'started':
      return { ready: hasStarted(container) };
    case 'completed':
      return { ready: container.state === 'exited' && container.exitCode === 0 };
    case 'ready':
      return isCompleted(container)
        ? { ready: true }
        : runningLongEnough(container, unchangedMs, now);
  }
}

/** Ended well and, by its restart policy, for good. */
export function isCompleted(container: ObservedContainer): boolean {
  const { restartPolicy } = container.mutable;
  const final = restartPolicy !== 'always' && restartPolicy !== 'unless-stopped';
  return container.state === 'exited' && container.exitCode === 0 && final;
}

/** It has processes, paused ones included. */
export function isUp({ state }: ObservedContainer): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

function hasStarted(container: ObservedContainer): boolean {
  return isUp(container) || container.state === 'exited';
}

function runningLongEnough(
  container: ObservedContainer,
  unchangedMs: number,
  now: number,
): Readiness {
  const { state, health } = container;
  if (state !== 'running' || health === 'starting' || health === 'unhealthy') {
    return { ready: false };
  }
  const leftMs = container.sinceMs + unchangedMs - now;
  return leftMs <= 0 ? { ready: true } : { ready: false, recheckMs: leftMs };
}
