import type {
  AwaitedState,
  DesiredApp,
  DesiredUnit,
  HookPhase,
  InstallationId,
  ObservedContainer,
  ObservedUnit,
  Reason,
} from '../../../schemas/domain/index.ts';
import { type HardenedService, hardenUnit } from '../plan/harden-unit.ts';
import { resolveImages } from '../plan/images.ts';
import type { FailedMarkLike } from '../plan/input.ts';
import { restState } from '../plan/rest-state.ts';
import { slotsOf } from '../plan/slots.ts';
import { deadlineMs } from '../plan/strategy.ts';
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
  /** Of the replica. */
  readonly number: number;
  /** Id of the container whose log tells why. */
  readonly container: string;
  readonly reason: Reason;
  readonly message: string;
}

interface Fault {
  readonly reason: Reason;
  readonly message: string;
}

/** Which new containers have failed for good; each is said once. */
export function judgeRollout(input: RolloutInput): readonly RolloutVerdict[] {
  const { installation, app, unit, observed, locks } = input;
  const images = resolveImages({ unit, app, observed, locks });
  const hardened = hardenUnit({ installation, app, unit, images });
  return [...hardened.services.values()].flatMap((service) => {
    const marks = input.failed.filter(
      (mark) => mark.service === service.service && mark.specHash === service.specHash,
    );
    const isMarked = marks.some(({ number }) => number === undefined);
    return isMarked || service.image.pull !== undefined ? [] : judgeService(input, service, marks);
  });
}

function judgeService(
  input: RolloutInput,
  service: HardenedService,
  marks: readonly FailedMarkLike[],
): readonly RolloutVerdict[] {
  const { observed, now } = input;
  const verdicts: RolloutVerdict[] = [];
  const own = observed.containers.filter(({ owner }) => owner?.service === service.service);
  const given = { observed, now, completed: [], changedNetworks: new Set<string>() };
  for (const { desired, keep, previous } of slotsOf(service, own, given).slots) {
    const { number } = desired;
    if (!keep || marks.some((mark) => mark.number === number)) continue;
    if (!previous && input.readyBefore?.has(keep.id)) continue;
    const fault = containerFault(input, service, keep);
    if (!fault) continue;
    const { specHash, service: name } = service;
    verdicts.push({ service: name, specHash, number, container: keep.id, ...fault });
  }
  return verdicts;
}

function containerFault(
  input: RolloutInput,
  { hook, mustComplete, strategy, spec, mutable }: HardenedService,
  container: ObservedContainer,
): Fault | undefined {
  // A start that was refused is judged by its own outcome, which knows whose fault it was.
  if (container.state === 'created') return undefined;
  const { now } = input;
  const until: AwaitedState = mustComplete ? 'completed' : 'ready';
  if (readiness(container, until, strategy.unchangedMs, now).ready) return undefined;
  const verdict = containerVerdict(container, spec, now);
  const isFinal =
    container.state !== 'exited' || restState(container, mutable.restartPolicy) === 'over';
  if (isFinal && FINAL.has(verdict.reason)) {
    return hook
      ? { reason: 'HookFailed', message: `${verdict.message}${HOOK_FAILED[hook]}` }
      : { reason: verdict.reason, message: verdict.message };
  }
  const longestMs = deadlineMs(input.app, input.unit);
  if (now < input.rolloutStartedMs + longestMs) return undefined;
  const message = `${container.name} is not ${until} after ${Math.round(longestMs / 1_000)} s`;
  return { reason: 'DeadlineExceeded', message };
}

const HOOK_FAILED: Readonly<Record<HookPhase, string>> = {
  before: '; nothing was replaced',
  after: ', after everything was replaced',
};

const FINAL: ReadonlySet<Reason> = new Set([
  'HealthProbeFailing',
  'ExitedNonZero',
  'CrashLoop',
  'OOMKilled',
  'StartFailed',
]);
