import type {
  AppId,
  DesiredApp,
  DesiredState,
  DesiredUnit,
  ObservedUnit,
  Reason,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { splitUnitKey } from '../../schemas/domain/index.ts';
import { type PlanResult, planUnit } from '../core/plan/plan-unit.ts';
import { carryOut } from './carry-out.ts';
import { reasonOf } from './deadlines.ts';
import type { Execution } from './execute-plan.ts';
import { type Judged, RolloutJudge } from './judge.ts';
import type { PassOptions } from './pass-options.ts';
import type { PassEnd, Running } from './queue.ts';
import { refusalOf } from './refusal.ts';
import { addRecords, beginRollout, countCompletion, type Rollout } from './rollout.ts';
import { type StatusFacts, StatusWriter } from './status-writer.ts';

/** Plans within one pass; each but the last carried something out. */
const ROUNDS = 8;
/** Of these, so many may be due to failures that what is observed has overtaken. */
const OVERTAKEN_ROUNDS = 2;
const REFUSED_RECHECK_MS = 30_000;
const NEVER_APPLIED = '';

interface Unit {
  readonly key: UnitKey;
  readonly app: DesiredApp | undefined;
  readonly unit: DesiredUnit | undefined;
  readonly desired: DesiredState;
}

/**
 * One pass of the loop for one unit: observe, judge, plan, execute, observe again, say so.
 * Everything is read afresh (decision 11). Waiting is state: a pass whose plan only waits ends.
 */
export class Pass {
  readonly #options: PassOptions;
  readonly #rollouts = new Map<UnitKey, Rollout>();
  readonly #judge: RolloutJudge;
  readonly #status: StatusWriter;
  /** Of apps as they were last declared: what their removal may take along. */
  readonly #pruneVolumes = new Map<UnitKey, boolean>();

  constructor(options: PassOptions) {
    this.#options = options;
    this.#judge = new RolloutJudge(options);
    this.#status = new StatusWriter(options);
  }

  async run(key: UnitKey, running: Running): Promise<PassEnd> {
    const desired = this.#options.desired();
    if (!desired) return { kind: 'stalled' };
    const { app: id, host } = splitUnitKey(key);
    const app = desired.apps.get(id);
    const target: Unit = { key, app, unit: app?.units.get(host), desired };
    if (target.unit) return await this.#converge(target, running);
    return await this.#vanished(target, running);
  }

  /** The unit is not declared any more: pruned with git's consent, else kept and shown. */
  async #vanished(target: Unit, running: Running): Promise<PassEnd> {
    const { key } = target;
    const { app: id } = splitUnitKey(key);
    const { facts, isHeld } = this.#options;
    if (isHeld(id)) return await this.#hold(target, 'HeldAtLastGood');
    // An app that is still declared has left this host on purpose.
    const consent = target.app !== undefined || facts.removals.allowed.includes(id);
    if (!consent) return await this.#hold(target, 'BudgetExceeded');
    const observed = this.#options.fleet.observed(key);
    if (observed && isGone(observed, this.#prunesVolumes(key, target.app))) {
      await this.#status.removed(key);
      await facts.forgetUnit(key);
      this.#judge.forget(key);
      this.#pruneVolumes.delete(key);
      await this.#finishRollout(key, 'done', null, 'removed');
      await this.#options.revisions.report(key, 'done', 'Removed', 'removed');
      return { kind: 'done' };
    }
    return await this.#converge(target, running);
  }

  async #hold(target: Unit, reason: 'HeldAtLastGood' | 'BudgetExceeded'): Promise<PassEnd> {
    await this.#status.held(target.key, reason);
    return { kind: 'stalled' };
  }

  async #converge(target: Unit, running: Running): Promise<PassEnd> {
    if (target.app && target.unit) this.#pruneVolumes.set(target.key, target.app.pruneVolumes);
    let overtaken = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const observed = this.#options.fleet.observed(target.key);
      if (!observed) return await this.#unobserved(target);
      const mayBeOvertaken = overtaken < OVERTAKEN_ROUNDS;
      const end = await this.#round(target, observed, running, mayBeOvertaken);
      if (end === 'overtaken') overtaken += 1;
      else if (end !== 'replan') return end;
    }
    // More rounds are needed than a pass may take: give others their turn first.
    return { kind: 'again', afterMs: 0 };
  }

  async #unobserved(target: Unit): Promise<PassEnd> {
    await this.#status.unobserved(target.key, target.app, target.unit);
    return { kind: 'stalled' };
  }

  /** One plan and its execution. @returns how the pass ends, or why it takes another round. */
  async #round(
    target: Unit,
    observed: ObservedUnit,
    running: Running,
    mayBeOvertaken: boolean,
  ): Promise<PassEnd | 'replan' | 'overtaken'> {
    const judged = judgedOf(target, observed);
    if (judged) this.#judge.note(judged);
    const known = this.#rollouts.get(target.key);
    if (judged && known) await this.#judge.judge(judged, known);
    const result = this.plan(target.key, target.app, target.unit, observed);
    await this.#remember(target, result);
    const facts: StatusFacts = { ...target, observed, result };
    if (result.plan.operations.length === 0) return await this.#settled(facts);
    const refusal = this.#refusal(facts);
    if (refusal) return await this.#refused(facts, refusal);
    const rollout = this.#rollout(facts);
    // The controller may have restarted in the middle of it: what failed meanwhile says so now.
    if (judged && rollout !== known && (await this.#judge.judge(judged, rollout))) return 'replan';
    const execution = await this.#execute(facts, rollout, running);
    return await this.#after(facts, execution, mayBeOvertaken);
  }

  /** Pure planning with what this controller knows now; also serves `skep plan`. */
  plan(
    key: UnitKey,
    app: DesiredApp | undefined,
    unit: DesiredUnit | undefined,
    observed: ObservedUnit,
  ): PlanResult {
    const { facts, board, clock, installation } = this.#options;
    const lastApplied = board.unit(key)?.appliedFingerprint;
    return planUnit({
      installation,
      ...(app && unit && { app, unit }),
      observed,
      locks: app ? facts.locks(key, app.contentHash) : {},
      failed: facts.failed(key),
      now: clock.now(),
      waitingOn: this.#waitingOn(app),
      pruneVolumes: this.#prunesVolumes(key, app),
      ...(lastApplied && { lastApplied }),
    });
  }

  #waitingOn(app: DesiredApp | undefined): readonly AppId[] {
    return (app?.dependsOn ?? []).filter((id) => !this.#options.board.isReady(id));
  }

  #prunesVolumes(key: UnitKey, app: DesiredApp | undefined): boolean {
    return app?.pruneVolumes ?? this.#pruneVolumes.get(key) ?? false;
  }

  async #remember(target: Unit, result: PlanResult): Promise<void> {
    const { facts } = this.#options;
    if (!target.app) return;
    const known = facts.locks(target.key, target.app.contentHash);
    const fresh = Object.keys(result.locks).some((ref) => known[ref] !== result.locks[ref]);
    if (fresh) {
      await facts.putLocks(target.key, target.app.contentHash, { ...known, ...result.locks });
    }
    if (!result.plan.provisional) await facts.keepFailed(target.key, result.specHashes);
  }

  /** Nothing left to do: converged, or blocked by something that is not ours to change. */
  async #settled(facts: StatusFacts): Promise<PassEnd> {
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
      await this.#finishRollout(facts.key, 'failed', reason, failed.message);
      await this.#report(facts, 'failed', reason, failed.message);
      return { kind: 'stalled' };
    }
    if (!facts.unit) return { kind: 'again', afterMs: 0 };
    if (status.health === 'Progressing') {
      await this.#report(facts, 'progressing', null, '');
      return this.#untilDeadline(facts, status.recheckMs);
    }
    const done = status.health !== 'Degraded';
    const [reason, message] = [status.reason, status.message];
    await this.#finishRollout(facts.key, done ? 'done' : 'failed', reason, message);
    await this.#report(facts, done ? 'done' : 'failed', reason, message);
    return { kind: 'done' };
  }

  #refusal({ app, result, observed }: StatusFacts): Reason | undefined {
    const { clock, fleet } = this.#options;
    const session = fleet.hosts().find(({ host }) => host === observed.host);
    const paused = session?.paused !== undefined && session.paused !== null;
    return refusalOf(app, result.plan.operations, paused, clock.now());
  }

  async #refused(facts: StatusFacts, reason: Reason): Promise<PassEnd> {
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

  async #execute(facts: StatusFacts, rollout: Rollout, running: Running): Promise<Execution> {
    const execution = await carryOut(this.#options, facts, running, async () => {
      const drifted = facts.result.plan.operations.some(({ reason }) => reason === 'drift');
      await Promise.all([
        this.#status.progressing(facts),
        drifted && this.#status.drifted(facts),
        this.#options.revisions.operating(facts.key),
      ]);
    });
    addRecords(rollout, execution.records);
    return execution;
  }

  #rollout(facts: StatusFacts): Rollout {
    const fingerprint = facts.unit?.fingerprint ?? NEVER_APPLIED;
    const known = this.#rollouts.get(facts.key);
    if (known?.fingerprint === fingerprint) return known;
    const revision = facts.app?.revision ?? facts.desired.revision;
    const rollout = beginRollout(fingerprint, revision, this.#options.clock.now());
    this.#rollouts.set(facts.key, rollout);
    return rollout;
  }

  async #after(
    facts: StatusFacts,
    execution: Execution,
    mayBeOvertaken: boolean,
  ): Promise<PassEnd | 'replan' | 'overtaken'> {
    if (execution.superseded) {
      await this.#finishRollout(facts.key, 'superseded', null, 'superseded by a newer revision');
      return { kind: 'again', afterMs: 0 };
    }
    if (execution.failed.length > 0) return await this.#failed(facts, execution, mayBeOvertaken);
    if (execution.complete) {
      const rollout = this.#rollout(facts);
      if (facts.result.plan.provisional || countCompletion(rollout, facts.result.plan)) {
        return 'replan';
      }
      await this.#status.stalled(
        facts,
        'NonConvergent',
        'the same plan remains after it was carried out',
      );
      await this.#finishRollout(facts.key, 'failed', 'NonConvergent', rollout.signature);
      await this.#report(facts, 'failed', 'NonConvergent', rollout.signature);
      return { kind: 'stalled' };
    }
    await this.#status.waiting(facts, execution.waiting);
    const forApp = execution.waiting.some(({ kind }) => kind === 'await-app');
    if (forApp) this.#rollout(facts).startedMs = this.#options.clock.now();
    const onlyForApps = execution.waiting.every(({ kind }) => kind === 'await-app');
    return onlyForApps ? { kind: 'stalled' } : this.#untilDeadline(facts, execution.recheckMs);
  }

  /** Past the deadline only a change helps: what it could fail has been judged. */
  #untilDeadline(facts: StatusFacts, recheckMs: number | undefined): PassEnd {
    const rollout = this.#rollouts.get(facts.key);
    const endMs = rollout && facts.app && rollout.startedMs + facts.app.rollout.deadlineMs;
    const leftMs = endMs === undefined ? 0 : endMs - this.#options.clock.now();
    const due = [recheckMs ?? 0, leftMs].filter((ms) => ms > 0);
    if (recheckMs === 0) return { kind: 'again', afterMs: 0 };
    return due.length > 0 ? { kind: 'again', afterMs: Math.min(...due) } : { kind: 'stalled' };
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
    const next = this.plan(key, app, unit, observed).plan.operations.filter(({ dependsOn }) =>
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
    await this.#options.revisions.report(facts.key, state, reason, message);
  }

  async #finishRollout(
    key: UnitKey,
    result: 'done' | 'failed' | 'superseded',
    reason: Reason | null,
    message: string,
  ): Promise<void> {
    const rollout = this.#rollouts.get(key);
    if (!rollout) return;
    this.#rollouts.delete(key);
    await this.#status.history(key, rollout, result, reason, message);
  }
}

function judgedOf({ key, app, unit }: Unit, observed: ObservedUnit): Judged | undefined {
  return app && unit && { key, app, unit, observed };
}

function isGone(observed: ObservedUnit, prunesVolumes: boolean): boolean {
  const { containers, networks, volumes } = observed;
  const rest = prunesVolumes ? volumes.length : 0;
  return containers.length + networks.length + rest === 0;
}
