import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import type {
  AppId,
  DesiredApp,
  DesiredState,
  DesiredUnit,
  HostOperation,
  InstallationId,
  ObservedUnit,
  Outcome,
  Reason,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { splitUnitKey } from '../../schemas/domain/index.ts';
import { judgeRollout } from '../core/health/judge-rollout.ts';
import { isAwaited } from '../core/plan/await.ts';
import { type PlanResult, planUnit } from '../core/plan/plan-unit.ts';
import { registryFor } from '../core/plan/registry-of.ts';
import type { Board } from './board.ts';
import { deadlineOf, reasonOf } from './deadlines.ts';
import { type AwaitAnswer, type Execution, executePlan } from './execute-plan.ts';
import type { Facts } from './facts.ts';
import type { Fleet, Store } from './ports.ts';
import type { PassEnd, Running } from './queue.ts';
import type { Revisions } from './revisions.ts';
import { addRecords, beginRollout, countCompletion, type Rollout } from './rollout.ts';
import { type StatusFacts, StatusWriter } from './status-writer.ts';

export interface PassOptions {
  readonly fleet: Fleet;
  readonly store: Store;
  readonly facts: Facts;
  readonly board: Board;
  readonly revisions: Revisions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly installation: InstallationId;
  readonly newId: () => string;
  /** Operations of one unit under way at once. */
  readonly concurrency: number;
  readonly desired: () => DesiredState | undefined;
  /** Declared, but not loadable and without a last good revision: left exactly as it is. */
  readonly isHeld: (app: AppId) => boolean;
}

/** Plans within one pass; each but the last carried something out. */
const ROUNDS = 8;
const LOG_LINES = 20;
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
  readonly #status: StatusWriter;

  constructor(options: PassOptions) {
    this.#options = options;
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
    if (observed && isGone(observed)) {
      await this.#status.removed(key);
      await facts.forgetUnit(key);
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
    for (let round = 0; round < ROUNDS; round += 1) {
      const observed = this.#options.fleet.observed(target.key);
      if (!observed) return await this.#unobserved(target);
      const end = await this.#round(target, observed, running);
      if (end) return end;
    }
    // More rounds are needed than a pass may take: give others their turn first.
    return { kind: 'again', afterMs: 0 };
  }

  async #unobserved(target: Unit): Promise<PassEnd> {
    await this.#status.unobserved(target.key, target.app, target.unit);
    return { kind: 'stalled' };
  }

  /** One plan and its execution. @returns how the pass ends, or undefined for another round. */
  async #round(
    target: Unit,
    observed: ObservedUnit,
    running: Running,
  ): Promise<PassEnd | undefined> {
    await this.#judge(target, observed);
    const result = this.plan(target.key, target.app, target.unit, observed);
    await this.#remember(target, result);
    const facts: StatusFacts = { ...target, observed, result };
    if (result.plan.operations.length === 0) return await this.#settled(facts);
    const refusal = this.#refusal(facts);
    if (refusal) return await this.#refused(facts, refusal);
    const execution = await this.#execute(facts, running);
    return await this.#after(facts, execution);
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
      pruneVolumes: app?.pruneVolumes ?? false,
      ...(lastApplied && { lastApplied }),
    });
  }

  #waitingOn(app: DesiredApp | undefined): readonly AppId[] {
    return (app?.dependsOn ?? []).filter((id) => !this.#options.board.isReady(id));
  }

  /** Marks what ran and failed, with its last words, so that it is not tried again. */
  async #judge(target: Unit, observed: ObservedUnit): Promise<void> {
    const rollout = this.#rollouts.get(target.key);
    if (!target.app || !target.unit || !rollout) return;
    const { clock, facts } = this.#options;
    const verdicts = judgeRollout({
      installation: this.#options.installation,
      app: target.app,
      unit: target.unit,
      observed,
      locks: facts.locks(target.key, target.app.contentHash),
      failed: facts.failed(target.key),
      now: clock.now(),
      rolloutStartedMs: rollout.startedMs,
    });
    for (const verdict of verdicts) {
      const logs = await this.#options.fleet.tailLogs(observed.host, verdict.container, LOG_LINES);
      await this.#markFailed(target, { ...verdict, logs });
    }
  }

  async #markFailed(
    target: Unit,
    failure: {
      readonly service: string;
      readonly specHash: string;
      readonly reason: Reason;
      readonly message: string;
      readonly logs: readonly string[];
    },
  ): Promise<void> {
    const { service, specHash, reason, message, logs } = failure;
    this.#options.logger.warn({ unit: target.key, service, reason, message }, 'rollout failed');
    await this.#options.facts.markFailed({
      unit: target.key,
      service,
      specHash,
      reason,
      message,
      logs,
      at: new Date(this.#options.clock.now()).toISOString(),
      revision: target.app?.revision ?? null,
    });
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

  #refusal(facts: StatusFacts): Reason | undefined {
    const { app, result, host } = { ...facts, host: facts.observed.host };
    const { clock, fleet } = this.#options;
    const until = app?.suspend ? (app.suspend.untilMs ?? Number.POSITIVE_INFINITY) : 0;
    if (until > clock.now()) return 'Suspended';
    const drifted = result.plan.operations.every((operation) => operation.reason === 'drift');
    if (app?.drift === 'report' && drifted) return 'Drifted';
    const session = fleet.hosts().find((candidate) => candidate.host === host);
    return session?.paused ? 'HostPaused' : undefined;
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

  async #execute(facts: StatusFacts, running: Running): Promise<Execution> {
    const rollout = this.#rollout(facts);
    await this.#status.progressing(facts);
    if (facts.result.plan.operations.some((operation) => operation.reason === 'drift')) {
      await this.#status.drifted(facts);
    }
    await this.#options.revisions.operating(facts.key);
    const { plan } = facts.result;
    // A provisional plan knows its images only after the pulls: the rest is planned again then.
    const operations = plan.provisional
      ? plan.operations.filter((operation) => operation.kind === 'pull-image')
      : plan.operations;
    const execution = await executePlan(
      { ...plan, operations },
      {
        concurrency: this.#options.concurrency,
        perform: (operation) => this.#perform(facts, operation, running.signal),
        awaited: (operation) => this.#awaited(facts.key, operation),
        onPoke: (poke) => running.onPoke(poke),
        onOutcome: (operation, outcome) => this.#logOutcome(facts.key, operation, outcome),
        signal: running.signal,
      },
    );
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

  #awaited(key: UnitKey, operation: Parameters<typeof isAwaited>[0]): AwaitAnswer {
    const { fleet, board, clock } = this.#options;
    if (operation.kind === 'await-app') return { ready: board.isReady(operation.app) };
    const observed = fleet.observed(key);
    return observed ? isAwaited(operation, observed, clock.now()) : { ready: false };
  }

  async #perform(
    facts: StatusFacts,
    operation: HostOperation,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const content = contentOf(operation, facts);
    return await this.#options.fleet.execute(
      facts.observed.host,
      {
        operationId: this.#options.newId(),
        unit: facts.key,
        operation,
        ...(content && { content }),
        deadlineMs: deadlineOf(operation),
      },
      signal,
    );
  }

  #logOutcome(unit: UnitKey, operation: HostOperation, outcome: Outcome): void {
    const { id, cause } = operation;
    const fields = { unit, operation: id, cause, ...outcome };
    if (outcome.status === 'failed') this.#options.logger.warn(fields, 'operation failed');
    else this.#options.logger.debug(fields, 'operation done');
  }

  async #after(facts: StatusFacts, execution: Execution): Promise<PassEnd | undefined> {
    if (execution.superseded) {
      await this.#finishRollout(facts.key, 'superseded', null, 'superseded by a newer revision');
      return { kind: 'again', afterMs: 0 };
    }
    if (execution.failed.length > 0) return await this.#failed(facts, execution);
    if (execution.complete) {
      const rollout = this.#rollout(facts);
      if (facts.result.plan.provisional || countCompletion(rollout, facts.result.plan))
        return undefined;
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
    return this.#untilDeadline(facts, execution.recheckMs);
  }

  #untilDeadline(facts: StatusFacts, recheckMs: number | undefined): PassEnd {
    const rollout = this.#rollouts.get(facts.key);
    if (!rollout || !facts.app) {
      return recheckMs === undefined ? { kind: 'stalled' } : { kind: 'again', afterMs: recheckMs };
    }
    const endMs = rollout.startedMs + facts.app.rollout.deadlineMs;
    const leftMs = Math.max(1, endMs - this.#options.clock.now());
    return { kind: 'again', afterMs: Math.min(leftMs, recheckMs ?? leftMs) };
  }

  /** The spec's faults are marked and planned again (rollback); the world's back off. */
  async #failed(facts: StatusFacts, execution: Execution): Promise<PassEnd | undefined> {
    let marked = false;
    for (const { operation, outcome } of execution.failed) {
      const { service } = operation;
      const specHash = service === undefined ? undefined : facts.result.specHashes.get(service);
      if (outcome.error?.fault !== 'spec' || service === undefined || !specHash) continue;
      const reason = reasonOf(outcome.error.code);
      const { message } = outcome.error;
      await this.#markFailed(facts, { service, specHash, reason, message, logs: [] });
      marked = true;
    }
    const first = execution.failed[0];
    const error = first?.outcome.error;
    if (marked || !error) return undefined;
    const reason = reasonOf(error.code);
    const observed = this.#options.fleet.observed(facts.key) ?? facts.observed;
    await this.#status.failing({ ...facts, observed }, reason, error.message);
    const lost = error.code === 'SessionLost' || error.code === 'HostOffline';
    if (lost) return { kind: 'again', afterMs: 1_000 };
    await this.#report(facts, error.fault === 'host' ? 'held' : 'failed', reason, error.message);
    return { kind: 'failed' };
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

function isGone(observed: ObservedUnit): boolean {
  return observed.containers.length === 0 && observed.networks.length === 0;
}

/** What goes beside an operation and is in no plan: a file's bytes, a registry's credentials. */
function contentOf(operation: HostOperation, { desired, app }: StatusFacts) {
  if (operation.kind === 'put-file') return desired.contents.get(operation.sha256);
  if (operation.kind !== 'pull-image' || !app) return undefined;
  const registry = registryFor(operation.reference, app.project, desired.registries);
  if (!registry) return undefined;
  const { username, password, server } = registry;
  return new TextEncoder().encode(JSON.stringify({ username, password, serveraddress: server }));
}
