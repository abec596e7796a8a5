import { systemClock } from '../../../kit/clock.ts';
import { silentLogger } from '../../../kit/logger.ts';
import { createSource, type GitSource, type SourceOptions } from '../source.ts';

/** A source with quiet defaults: no poll within a test, no jitter, no log. */
export function aSource(
  options: Pick<SourceOptions, 'repository' | 'directory'> & Partial<SourceOptions>,
): GitSource {
  return createSource({
    branch: 'main',
    path: '.',
    pollIntervalMs: 3_600_000,
    clock: systemClock,
    logger: silentLogger,
    random: () => 0.5,
    ...options,
  });
}

/** For calls that nothing interrupts. */
export const noSignal = (): AbortSignal => new AbortController().signal;
