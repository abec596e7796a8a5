import type {
  DesiredApp,
  DesiredUnit,
  InstallationId,
  ObservedContainer,
  ObservedUnit,
  Reason,
} from '../../../schemas/domain/index.ts';
import { type HardenedService, hardenUnit } from '../plan/harden-unit.ts';
import { resolveImages } from '../plan/images.ts';
import type { FailedMarkLike } from '../plan/input.ts';
import { isAwaitedToComplete } from '../plan/jobs.ts';
import { restState } from '../plan/rest-state.ts';
import { slotsOf } from '../plan/slots.ts';
import { containerVerdict } from './assess-service.ts';
import { readiness } from './readiness.ts';

export interface RolloutInput {
  readonly installation: InstallationId;
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly observed: ObservedUnit;
  readonly locks: Readonly<Record<string, string>>;
  /** Marks that stand already: not given again. */
  readonly failed: readonly FailedMarkLike[];
  /** Controller time, ms. */
  readonly now: number;
  readonly rolloutStartedMs: number;
  /** Ids of containers known to have been ready once: what befalls them later is no failed rollout. */
  readonly readyBefore?: ReadonlySet<string>;
}

/** A (service, spec hash) that ran and failed for good (decision 8). */
export interface RolloutVerdict {
  readonly service: string;
  readonly specHash: string;
  /** Id of the container whose log tells why. */
  readonly container: string;
  readonly reason: Reason;
  readonly message: string;
}

interface Fault {
  readonly reason: Reason;
  readonly message: string;
}

/** Which services' new containers have failed for good; at most one verdict a service. */
export function judgeRollout(input: RolloutInput): readonly RolloutVerdict[] {
  const { installation, app, unit, observed, locks } = input;
  const images = resolveImages({ unit, app, observed, locks });
  const hardened = hardenUnit({ installation, app, unit, images });
  return [...hardened.services.values()].flatMap((service) => {
    const isMarked = input.failed.some(
      (mark) => mark.service === service.service && mark.specHash === service.specHash,
    );
    return isMarked || service.image.pull !== undefined ? [] : judgeService(input, service);
  });
}

function judgeService(input: RolloutInput, service: HardenedService): readonly RolloutVerdict[] {
  const { observed, now } = input;
  const own = observed.containers.filter(({ owner }) => owner?.service === service.service);
  const mustComplete = isAwaitedToComplete(input.unit.model, service.service);
  for (const { keep, previous } of slotsOf(service, own, {
    observed,
    now,
    completed: [],
    changedNetworks: new Set<string>(),
  }).slots) {
    if (!keep || (!previous && input.readyBefore?.has(keep.id))) continue;
    const fault = containerFault(input, service, keep, mustComplete);
    if (!fault) continue;
    const { specHash, service: name } = service;
    return [{ service: name, specHash, container: keep.id, ...fault }];
  }
  return [];
}

function containerFault(
  input: RolloutInput,
  { strategy, spec, mutable }: HardenedService,
  container: ObservedContainer,
  mustComplete: boolean,
): Fault | undefined {
  // A start that was refused is judged by its own outcome, which knows whose fault it was.
  if (container.state === 'created') return undefined;
  const { now } = input;
  const until = mustComplete ? 'completed' : 'ready';
  if (readiness(container, until, strategy.unchangedMs, now).ready) return undefined;
  const verdict = containerVerdict(container, spec, now);
  const isFinal =
    container.state !== 'exited' || restState(container, mutable.restartPolicy) === 'over';
  if (isFinal && FINAL.has(verdict.reason)) {
    return { reason: verdict.reason, message: verdict.message };
  }
  const deadlineMs = input.app.rollout.deadlineMs;
  if (now < input.rolloutStartedMs + deadlineMs) return undefined;
  const message = `${container.name} is not ${until} after ${Math.round(deadlineMs / 1_000)} s`;
  return { reason: 'DeadlineExceeded', message };
}

const FINAL: ReadonlySet<Reason> = new Set([
  'HealthProbeFailing',
  'ExitedNonZero',
  'CrashLoop',
  'OOMKilled',
  'StartFailed',
]);
