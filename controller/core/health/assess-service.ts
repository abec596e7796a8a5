import { replicasOf } from '../../../engine/replicas.ts';
import type {
  ComposeService,
  Health,
  ObservedContainer,
  Reason,
  ServiceStatus,
} from '../../../schemas/domain/index.ts';
import { REASONS } from '../../../schemas/domain/index.ts';
import { isSameSpec } from '../plan/harden.ts';
import type { FailedMarkLike } from '../plan/input.ts';
import { restState } from '../plan/rest-state.ts';
import { monitorMs } from '../plan/strategy.ts';
import { isCompleted, isUp, readiness } from './readiness.ts';

export interface ServiceInput {
  readonly service: string;
  readonly spec: ComposeService;
  /** Of this service, of whatever spec. */
  readonly containers: readonly ObservedContainer[];
  /** Desired; undefined while its image is not known. */
  readonly specHash?: string;
  /** Numbers of replicas that have run to their end, whether their containers are still there. */
  readonly completed?: readonly number[];
  /** Something waits until it has run to its end. */
  readonly mustComplete?: boolean;
  /** For the desired hash. */
  readonly failed?: FailedMarkLike;
  /** Controller time, ms. */
  readonly now: number;
}

export interface Verdict {
  readonly health: Health;
  readonly reason: Reason;
  readonly message: string;
}

/** Engine restarts after which a container counts as looping. */
const CRASH_LOOP_RESTARTS = 3;

const RANK: readonly Health[] = ['Degraded', 'Missing', 'Unknown', 'Progressing', 'Healthy'];
const OUTPUT_SHOWN = 200;

/** Health of one service on one host, from its containers. */
export function assessService(input: ServiceInput): ServiceStatus {
  const { service, spec } = input;
  const containers = input.containers.filter(({ state }) => state !== 'removing');
  return {
    service,
    ...serviceVerdict(input, containers),
    image: spec.image ?? '',
    replicas: { desired: replicasOf(spec), running: containers.filter(isUp).length },
    containers: containers.map(({ id, name }) => ({ id, name })),
  };
}

/** When time alone may change the verdict, ms from now. */
export function recheckMs({ spec, containers, now }: ServiceInput): number | undefined {
  const waits = containers.flatMap((container) => {
    const answer = readiness(container, 'ready', monitorMs(spec), now);
    return answer.ready || answer.recheckMs === undefined ? [] : [answer.recheckMs];
  });
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

function serviceVerdict(input: ServiceInput, containers: readonly ObservedContainer[]): Verdict {
  const { specHash, spec } = input;
  const desired = replicasOf(spec);
  const isFresh = ({ owner }: ObservedContainer): boolean =>
    specHash !== undefined && isSameSpec(owner?.specHash ?? '', specHash);
  const fresh = containers.filter(isFresh);
  const failed = input.failed && failedVerdict(input, input.failed, containers, fresh);
  if (failed) return failed;
  if (desired === 0) return { health: 'Healthy', reason: 'AllHealthy', message: '' };
  const gone = completedAndGone(input, fresh);
  if (gone > 0 && gone >= desired) {
    return { health: 'Healthy', reason: 'Completed', message: `${input.service} has completed` };
  }
  if (containers.length === 0) {
    return { health: 'Missing', reason: 'Starting', message: 'no container yet' };
  }
  // Old containers that still serve while new ones come up do not make the service any worse.
  const counted = fresh.length > 0 ? fresh : containers;
  const verdicts = counted.map((container) => containerVerdict(container, spec, input.now));
  const worst = verdicts.sort((a, b) => RANK.indexOf(a.health) - RANK.indexOf(b.health))[0];
  if (worst && worst.health !== 'Healthy') return worst;
  if (counted.length + gone < desired) {
    const message = `${counted.length + gone} of ${desired} replicas`;
    return { health: 'Progressing', reason: 'RollingOut', message };
  }
  return worst ?? { health: 'Missing', reason: 'Starting', message: 'no container yet' };
}

/** How many replicas have run to their end and left no container. */
function completedAndGone(
  { completed = [], spec }: ServiceInput,
  fresh: readonly ObservedContainer[],
): number {
  const desired = replicasOf(spec);
  const present = new Set(fresh.map(({ owner }) => owner?.number));
  return completed.filter((number) => number <= desired && !present.has(number)).length;
}

/** Undefined where it got well after all. */
function failedVerdict(
  { spec, now, mustComplete = false }: ServiceInput,
  failed: FailedMarkLike,
  containers: readonly ObservedContainer[],
  fresh: readonly ObservedContainer[],
): Verdict | undefined {
  const isReady = (container: ObservedContainer): boolean =>
    readiness(container, mustComplete ? 'completed' : 'ready', monitorMs(spec), now).ready;
  const old = containers.filter((container) => !fresh.includes(container));
  const recovered = fresh.filter(
    (container) =>
      isReady(container) && (container.health === 'healthy' || container.restartCount === 0),
  );
  if (old.length === 0 && recovered.length > 0 && recovered.length >= replicasOf(spec)) {
    return undefined;
  }
  const message = `${failed.reason}: ${failed.message}`;
  if (old.some((container) => readiness(container, 'ready', 0, now).ready)) {
    return {
      health: 'Degraded',
      reason: 'RolledBack',
      message: `${message}; the version before it serves`,
    };
  }
  return { health: 'Degraded', reason: toReason(failed.reason), message: failed.message };
}

const toReason = (text: string): Reason =>
  REASONS.find((reason) => reason === text) ?? 'EngineError';

export function containerVerdict(
  container: ObservedContainer,
  spec: ComposeService,
  now: number,
): Verdict {
  const { name, state } = container;
  switch (state) {
    case 'running':
      return runningVerdict(container, spec, now);
    case 'restarting':
      return isLooping(container) ? looping(container) : starting(`${name} restarts`);
    case 'paused':
      return degraded('Paused', `${name} is paused`);
    case 'created':
      return starting(`${name} is created, but not started`);
    case 'exited':
      return exitedVerdict(container, spec);
    case 'dead':
    case 'removing':
      return degraded('Stopped', `${name} is ${state}`);
  }
}

function runningVerdict(container: ObservedContainer, spec: ComposeService, now: number): Verdict {
  const { name, health, healthOutput, files } = container;
  if (health === 'unhealthy') {
    const output = healthOutput.trim().slice(0, OUTPUT_SHOWN);
    return degraded('HealthProbeFailing', `${name} is unhealthy${output && `: ${output}`}`);
  }
  if (readiness(container, 'ready', monitorMs(spec), now).ready) {
    if (files?.error) return degraded('ReloadFailed', files.error);
    return { health: 'Healthy', reason: 'AllHealthy', message: '' };
  }
  if (isLooping(container)) return looping(container);
  return starting(
    health === 'starting' ? `${name} is not healthy yet` : `${name} has just started`,
  );
}

function exitedVerdict(container: ObservedContainer, spec: ComposeService): Verdict {
  const { name, exitCode, oomKilled, error } = container;
  if (isCompleted(container)) {
    return { health: 'Healthy', reason: 'Completed', message: `${name} has completed` };
  }
  if (oomKilled) return degraded('OOMKilled', `${name} ran out of memory`);
  if (error) return degraded('StartFailed', `${name} did not start: ${error}`);
  const rest = restState(container, spec.restart ?? 'no');
  return rest === 'over'
    ? degraded('ExitedNonZero', `${name} exited with code ${exitCode}`)
    : degraded('Stopped', `${name} is stopped (exit code ${exitCode})`);
}

/** As long as its author lets it try again, it has not failed. */
function isLooping({ restartCount, mutable }: ObservedContainer): boolean {
  const { restartPolicy, restartMaximum } = mutable;
  const mayTryAgain = restartPolicy === 'on-failure' && restartCount < restartMaximum;
  return restartCount >= CRASH_LOOP_RESTARTS && !mayTryAgain;
}

const looping = ({ name, restartCount, exitCode, oomKilled }: ObservedContainer): Verdict =>
  oomKilled
    ? degraded('OOMKilled', `${name} ran out of memory, ${restartCount} restarts`)
    : degraded('CrashLoop', `${name} keeps exiting (code ${exitCode}), ${restartCount} restarts`);

const degraded = (reason: Reason, message: string): Verdict => ({
  health: 'Degraded',
  reason,
  message,
});

const starting = (message: string): Verdict => ({
  health: 'Progressing',
  reason: 'Starting',
  message,
});
