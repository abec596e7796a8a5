import { durationNs } from '../../../../engine/duration.ts';
import type { ComposeService, EngineBody } from '../../../../schemas/domain/index.ts';

const SECOND = 1e9;
const SHORTEST_MONITOR = 5 * SECOND;
/** What the engine takes where a health check says nothing. */
const PROBE = { interval: '30s', timeout: '30s', retries: 3 };

/**
 * How an update goes where the author says nothing: back by itself when it fails, watched for
 * longer than a new task needs to show that it is sick. The engine's own default leaves a service
 * half-way.
 */
export function safeUpdateConfig(service: ComposeService): EngineBody | undefined {
  const { update_config, mode = '' } = service.deploy ?? {};
  if (update_config || mode.endsWith('job')) return undefined;
  return { Parallelism: 1, FailureAction: 'rollback', Monitor: monitorNs(service) };
}

function monitorNs({ healthcheck }: ComposeService): number {
  if (!healthcheck || healthcheck.disable) return SHORTEST_MONITOR;
  const { interval, timeout, retries } = { ...PROBE, ...healthcheck };
  const start = durationNs(healthcheck.start_period ?? '0s');
  const sick = Number(retries) * (durationNs(interval) + durationNs(timeout));
  return SHORTEST_MONITOR + start + sick;
}

/** For the plan's text. */
export const safeUpdateText = (config: EngineBody): string =>
  `rolled back if it fails, each task watched for ${Number(config['Monitor']) / SECOND} s`;
