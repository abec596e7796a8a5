import { type OperationError, type Reason, splitUnitKey } from '../../schemas/domain/index.ts';
import type { HostTurn } from '../core/plan/host-turn.ts';
import { renderProgress } from '../core/status/progress.ts';
import { reasonOf } from './deadlines.ts';

import type { Execution } from './execute-plan.ts';
import type { ImageLookUps } from './image-look-ups.ts';
import type { RolloutJudge } from './judge.ts';
import type { PassOptions } from './pass-options.ts';
import type { PassEnd } from './queue.ts';
import { countCompletion } from './rollout.ts';
import type { Rollouts } from './rollouts.ts';
import type { StatusFacts, StatusWriter } from './status-writer.ts';
import { adoptionsFirst, type UnitPlanner } from './unit-planner.ts';

const REFUSED_RECHECK_MS = 30_000;
/** No timer runs longer. */
const DAY_MS = 86_400_000;

interface Parts {
  readonly judge: RolloutJudge;
  readonly lookUps: ImageLookUps;
  readonly planner: UnitPlanner;
  readonly rollouts: Rollouts;
  readonly status: StatusWriter;
}

/** How a pass ends: says so in status, history and revisions, and when the next one is due. */
export class PassEnds {
  readonly #options: PassOptions;
  readonly #judge: RolloutJudge;
  readonly #lookUps: ImageLookUps;
  readonly #planner: UnitPlanner;
  readonly #rollouts: Rollouts;
  readonly #status: StatusWriter;

  constructor(options: PassOptions, { judge, lookUps, planner, rollouts, status }: Parts) {
    this.#options = options;
    this.#judge = judge;
    this.#lookUps = lookUps;
    this.#planner = planner;
    this.#rollouts = rollouts;
    this.#status = status;
  }

  /** Nothing left to do: converged, or blocked by something that is not ours to change. */
  async settled(facts: StatusFacts): Promise<PassEnd> {
    this.#rollouts.unstick(facts.key);
    const { plan } = facts.result;
    const blocker = plan.blockers[0];
    const failed = facts.result.failed[0];
    const status = await this.#status.settled(facts);
    if (blocker) {
      await this.#report(facts, 'failed', reasonOf(blocker.reason), blocker.message);
      return { kind: 'failed' };
    }
    if (failed) {
      const reason = reasonOf(failed.reason);
      await this.#rollouts.finish(facts.key, 'failed', reason, failed.message);
      await this.#report(facts, 'failed', reason, failed.message);
      return this.#untilLookUp(facts, { kind: 'stalled' });
    }
    if (!facts.unit) return { kind: 'again', afterMs: 0 };
    if (status.health === 'Progressing') {
      await this.#report(facts, 'progressing', null, '');
      return this.#rollouts.untilDeadline(facts, status.recheckMs);
    }
    const done = status.health !== 'Degraded';
    const [reason, message] = [status.reason, status.message];
    await this.#rollouts.finish(facts.key, done ? 'done' : 'failed', reason, message);
    await this.#report(facts, done ? 'done' : 'failed', reason, message);
    return this.#untilLookUp(facts, { kind: 'done' });
  }

  /** Nothing changes by itself, but the time may come to look a tag up again. */
  #untilLookUp({ app, unit, ...rest }: StatusFacts, end: PassEnd): PassEnd {
    const afterMs = app && unit && this.#lookUps.nextMs({ ...rest, app, unit });
    return afterMs === undefined ? end : { kind: 'again', afterMs: Math.min(afterMs, DAY_MS) };
  }

  /** A registry has to tell what a tag means, and does not: what serves goes on serving. */
  async unresolved(facts: StatusFacts, { code, message }: OperationError): Promise<PassEnd> {
    const reason = reasonOf(code);
    await this.#status.failing(facts, reason, message);
    await this.#report(facts, 'failed', reason, message);
    return { kind: 'failed' };
  }

  async refused(facts: StatusFacts, reason: Reason): Promise<PassEnd> {
    await this.#status.refused(facts, reason);
    await this.#report(facts, 'held', reason, '');
    const untilMs = reason === 'Suspended' ? facts.app?.suspend?.untilMs : undefined;
    if (untilMs !== undefined) {
      return { kind: 'again', afterMs: Math.max(0, untilMs - this.#options.clock.now()) };
    }
    return reason === 'HostPaused'
      ? { kind: 'again', afterMs: REFUSED_RECHECK_MS }
      : { kind: 'stalled' };
  }

  /** A difference that does not go away is our own fault: it is said, and not acted on again. */
  async stuck(facts: StatusFacts): Promise<PassEnd> {
    const remains = facts.result.plan.operations.map(({ id, cause }) => `${id} (${cause})`);
    const message = `the same plan remains after it was carried out: ${remains.join(', ')}`;
    await this.#status.stalled(facts, 'NonConvergent', message);
    await this.#rollouts.finish(facts.key, 'failed', 'NonConvergent', message);
    await this.#report(facts, 'failed', 'NonConvergent', message);
    return { kind: 'stalled' };
  }

  /** Other hosts of the app come first, or one of them failed. */
  async inTurn(facts: StatusFacts, turn: Exclude<HostTurn, { kind: 'go' }>): Promise<PassEnd> {
    const reason = turn.kind === 'wait' ? 'WaitingTurn' : 'RolloutHalted';
    await this.#status.inTurn(facts, reason, turn.message);
    if (turn.kind === 'halt') {
      await this.#report(facts, 'held', reason, turn.message);
      return { kind: 'stalled' };
    }
    return turn.recheckMs === undefined
      ? { kind: 'stalled' }
      : { kind: 'again', afterMs: turn.recheckMs };
  }

  /** After a plan was carried out, as far as it went. */
  async executed(
    facts: StatusFacts,
    execution: Execution,
    mayBeOvertaken: boolean,
  ): Promise<PassEnd | 'replan' | 'overtaken'> {
    if (execution.superseded) {
      await this.#rollouts.finish(facts.key, 'superseded', null, 'superseded by a newer revision');
      return { kind: 'again', afterMs: 0 };
    }
    if (execution.failed.length > 0) return await this.#failed(facts, execution, mayBeOvertaken);
    if (execution.complete) {
      const rollout = this.#rollouts.of(facts);
      if (facts.result.plan.provisional || countCompletion(rollout, facts.result.plan)) {
        return 'replan';
      }
      this.#rollouts.stick(facts);
      return await this.stuck(facts);
    }
    await this.#waiting(facts, execution);
    const forApp = execution.waiting.some(({ kind }) => kind === 'await-app');
    if (forApp) this.#rollouts.of(facts).startedMs = this.#options.clock.now();
    const onlyForApps = execution.waiting.every(({ kind }) => kind === 'await-app');
    return onlyForApps
      ? { kind: 'stalled' }
      : this.#rollouts.untilDeadline(facts, execution.recheckMs);
  }

  async #waiting(facts: StatusFacts, { waiting, left }: Execution): Promise<void> {
    const rollout = this.#rollouts.of(facts);
    rollout.steps = Math.max(rollout.steps, rollout.records.length + left);
    const progress = { step: rollout.steps - left + 1, steps: rollout.steps, waiting };
    await this.#status.waiting(facts, progress);
    const isAsked = facts.result.plan.operations.some(({ reason }) => reason === 'change');
    if (isAsked) await this.#report(facts, 'progressing', null, renderProgress(progress));
  }

  /** The spec's faults are marked and planned again (rollback); the world's back off. */
  async #failed(
    facts: StatusFacts,
    execution: Execution,
    mayBeOvertaken: boolean,
  ): Promise<PassEnd | 'replan' | 'overtaken'> {
    const marked = await this.#markFaults(facts, execution);
    const error = execution.failed[0]?.outcome.error;
    if (marked || !error) return 'replan';
    const observed = this.#options.fleet.observed(facts.key) ?? facts.observed;
    if (mayBeOvertaken && this.#isOvertaken({ ...facts, observed }, execution)) return 'overtaken';
    if (error.code === 'SessionLost' || error.code === 'HostOffline') {
      // Gone: the next round says so. Back already: it has to be asked again, but not in a hurry.
      return this.#options.fleet.observed(facts.key) ? { kind: 'again', afterMs: 1_000 } : 'replan';
    }
    const reason = reasonOf(error.code);
    await this.#status.failing({ ...facts, observed }, reason, error.message);
    await this.#report(facts, error.fault === 'host' ? 'held' : 'failed', reason, error.message);
    return { kind: 'failed' };
  }

  async #markFaults(facts: StatusFacts, execution: Execution): Promise<boolean> {
    let marked = false;
    for (const { operation, outcome } of execution.failed) {
      const { service } = operation;
      const specHash = service === undefined ? undefined : facts.result.specHashes.get(service);
      if (outcome.error?.fault !== 'spec' || service === undefined || !specHash) continue;
      const reason = reasonOf(outcome.error.code);
      const { message } = outcome.error;
      const failing = { service, specHash, reason, message, logs: [] };
      await this.#judge.mark(facts.key, facts.app, failing);
      marked = true;
    }
    return marked;
  }

  /**
   * Whether nothing that failed is the next thing to do any more: somebody else changed the host
   * while the plan was carried out, such as by removing the container that was to be started.
   */
  #isOvertaken({ key, app, unit, observed, result }: StatusFacts, execution: Execution): boolean {
    const planned = new Set(result.plan.operations.map(({ id }) => id));
    const { plan } = adoptionsFirst(this.#planner.plan(key, app, unit, observed));
    const next = plan.operations.filter(({ dependsOn }) =>
      dependsOn.every((id) => planned.has(id)),
    );
    const asked = new Set(next.map(({ id }) => id));
    return execution.failed.every(({ operation }) => !asked.has(operation.id));
  }

  async #report(
    facts: StatusFacts,
    state: 'progressing' | 'done' | 'failed' | 'held',
    reason: Reason | null,
    message: string,
  ): Promise<void> {
    const { masks, revisions } = this.#options;
    const shown = masks.text(splitUnitKey(facts.key).app, message);
    await revisions.report(facts.key, state, reason, shown);
  }
}
