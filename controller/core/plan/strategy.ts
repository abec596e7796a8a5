import { volumeName } from '../../../engine/names.ts';
import { replicasOf } from '../../../engine/replicas.ts';
import type { ComposeModel, ComposeMount, ComposeService } from '../../../schemas/domain/index.ts';
import { durationMs } from './duration.ts';

/** How a service's containers are replaced (decision 7). */
export interface Strategy {
  readonly order: 'start-first' | 'stop-first';
  /** Why it must be stop-first, for a person. */
  readonly reason: string;
  /** It writes to a volume or bind that a second container must not write to. */
  readonly singleWriter: boolean;
  /** Containers replaced at once; never 0. */
  readonly parallelism: number;
  /** How long a container must stand ready before the next one is touched, ms. */
  readonly unchangedMs: number;
}

const DEFAULT_MONITOR_MS = 2_000;

/** Without a health check, how long a container must run unchanged to count as ready, ms. */
export function monitorMs(service: ComposeService): number {
  if (hasHealthcheck(service)) return 0;
  return durationMs(service.deploy?.update_config?.monitor, DEFAULT_MONITOR_MS);
}

export function hasHealthcheck({ healthcheck }: ComposeService): boolean {
  if (!healthcheck || healthcheck.disable) return false;
  return healthcheck.test !== undefined && healthcheck.test[0] !== 'NONE';
}

/** @param isHost others live in its container, which they know by its name. */
export function strategyOf(service: ComposeService, model: ComposeModel, isHost = false): Strategy {
  const update = service.deploy?.update_config;
  const replicas = replicasOf(service);
  const reason = stopFirstReason(service, model) ?? (isHost ? 'others live in it' : undefined);
  const parallelism = update?.parallelism === 0 ? replicas : (update?.parallelism ?? 1);
  const delayMs = replicas > 1 ? durationMs(update?.delay, 0) : 0;
  return {
    order: reason === undefined ? 'start-first' : 'stop-first',
    reason: reason ?? '',
    singleWriter: singleWriter(service) !== undefined,
    parallelism: Math.max(1, parallelism),
    unchangedMs: Math.max(monitorMs(service), delayMs),
  };
}

function stopFirstReason(service: ComposeService, model: ComposeModel): string | undefined {
  const port = service.ports?.find(
    ({ published }) => published !== undefined && published !== '' && published !== '0',
  );
  if (port) return `host port ${port.published}`;
  const mount = singleWriter(service);
  if (mount) return `${describe(mount, model)} has a single writer`;
  const fixed = Object.values(service.networks ?? {}).some(
    (attachment) => attachment?.ipv4_address || attachment?.ipv6_address,
  );
  if (fixed) return 'fixed address';
  if (service.deploy?.update_config?.order !== 'start-first') return 'update order is stop-first';
  return undefined;
}

/** The first mount that two containers must not write at once (decision 7). */
function singleWriter(service: ComposeService): ComposeMount | undefined {
  if (service['x-skep']?.shared) return undefined;
  return service.volumes?.find(
    ({ type, source, read_only }) =>
      type !== 'tmpfs' && source !== undefined && !read_only && !source.startsWith('repo:'),
  );
}

function describe({ type, source = '' }: ComposeMount, model: ComposeModel): string {
  return type === 'volume' ? `volume ${volumeName(model, source)}` : `bind ${source}`;
}
