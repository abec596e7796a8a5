import { volumeName } from '../../../engine/names.ts';
import { replicasOf } from '../../../engine/replicas.ts';
import type {
  ComposeModel,
  ComposeMount,
  ComposeService,
  DesiredApp,
  DesiredUnit,
} from '../../../schemas/domain/index.ts';
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
  /** What is done when more than `maxFailureRatio` of the replicas have failed. */
  readonly failureAction: 'pause' | 'continue' | 'rollback';
  readonly maxFailureRatio: number;
  readonly replicas: number;
  /** How long a container must stand ready before the next one is touched, ms. */
  readonly unchangedMs: number;
}

const DEFAULT_MONITOR_MS = 2_000;

/** How long a container must run, healthy where that is checked, to count as ready, ms. */
export function monitorMs(service: ComposeService): number {
  const unsaid = hasHealthcheck(service) ? 0 : DEFAULT_MONITOR_MS;
  return durationMs(service.deploy?.update_config?.monitor, unsaid);
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
  const action = update?.failure_action;
  return {
    order: reason === undefined ? 'start-first' : 'stop-first',
    reason: reason ?? '',
    singleWriter: singleWriter(service) !== undefined,
    parallelism: Math.max(1, parallelism),
    failureAction: action === 'continue' || action === 'rollback' ? action : 'pause',
    maxFailureRatio: update?.max_failure_ratio ?? 0,
    replicas,
    unchangedMs: Math.max(monitorMs(service), delayMs(service)),
  };
}

const delayMs = (service: ComposeService): number =>
  replicasOf(service) > 1 ? durationMs(service.deploy?.update_config?.delay, 0) : 0;

/** Whether replaced containers are kept, stopped, until all replicas are ready. */
export const retains = ({ failureAction, replicas }: Strategy): boolean =>
  failureAction === 'rollback' && replicas > 1;

/** The longest a rollout of the unit may take: pauses that its author asked for do not count. */
export function deadlineMs({ rollout }: DesiredApp, { model }: DesiredUnit): number {
  const pauses = Object.values(model.services).map((service) => {
    const batches = Math.ceil(replicasOf(service) / strategyOf(service, model).parallelism);
    return delayMs(service) * Math.max(0, batches - 1);
  });
  return rollout.deadlineMs + Math.max(0, ...pauses);
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
