import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import { isParked } from './names.ts';

/**
 * What a container's present state asks for.
 * `up`: nothing; `start`: it should run; `over`: ended for good, well or not, never run
 * again; `gone`: as good as removed.
 */
export type RestState = 'up' | 'start' | 'over' | 'gone';

const SIGKILLED = 137;
const SIGTERMED = 143;

/** @param restartPolicy the one that counts: the desired one, or a replaced container's own. */
export function restState(container: ObservedContainer, restartPolicy: string): RestState {
  const { state, name } = container;
  if (isUp(container)) return 'up';
  if (state === 'created') return 'start';
  if (state !== 'exited') return 'gone';
  if (isParked(name) || restartPolicy === 'always' || restartPolicy === 'unless-stopped') {
    return 'start';
  }
  return isStoppedFromOutside(container) ? 'start' : 'over';
}

/** Ended by a stop signal that was not the kernel's, for want of memory. */
export const isStoppedFromOutside = ({ exitCode, oomKilled }: ObservedContainer): boolean =>
  (exitCode === SIGKILLED || exitCode === SIGTERMED) && !oomKilled;
