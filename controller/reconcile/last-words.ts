import type { ObservedUnit } from '../../schemas/domain/index.ts';
import type { Fleet } from './ports.ts';

/** Log lines kept of a container that failed. */
export const LOG_LINES = 20;

/** The last log lines of a service's container that does not run well; empty where all do. */
export async function lastWords(
  fleet: Pick<Fleet, 'tailLogs'>,
  observed: ObservedUnit,
  service: string,
): Promise<readonly string[]> {
  const silent = observed.containers.find(
    ({ owner, state, health, exitCode, restartCount }) =>
      owner?.service === service &&
      (health === 'unhealthy' || restartCount > 0 || (state === 'exited' && exitCode !== 0)),
  );
  return silent ? await fleet.tailLogs(observed.host, silent.id, LOG_LINES) : [];
}
