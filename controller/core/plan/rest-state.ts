import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import { isParked } from './names.ts';

/**
 * What a container's present state asks for.
 * `up`: nothing; `start`: it should run; `completed` and `failed`: ended for good, never run
 * again; `gone`: as good as removed.
 */
export type RestState = 'up' | 'start' | 'completed' | 'failed' | 'gone';

const SIGKILLED = 137;
const SIGTERMED = 143;

/** @param restartPolicy the one that counts: the desired one, or a replaced container's own. */
export function restState(container: ObservedContainer, restartPolicy: string): RestState {
  const { state, exitCode, name } = container;
  if (isUp(container)) return 'up';
  if (state === 'created') return 'start';
  if (state !== 'exited') return 'gone';
  if (isParked(name) || restartPolicy === 'always' || restartPolicy === 'unless-stopped') {
    return 'start';
  }
  if (exitCode === 0) return 'completed';
  return isStoppedFromOutside(container) ? 'start' : 'failed';
}

/** Ended by a stop signal that was not the kernel's, for want of memory. */
export const isStoppedFromOutside = ({ exitCode, oomKilled }: ObservedContainer): boolean =>
  (exitCode === SIGKILLED || exitCode === SIGTERMED) && !oomKilled;
