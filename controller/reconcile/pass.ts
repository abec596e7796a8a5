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
import type { PlanResult } from '../core/plan/plan-unit.ts';
import { carryOut } from './carry-out.ts';
import type { Execution } from './execute-plan.ts';
import { HostTurns } from './host-turns.ts';
import { ImageLookUps } from './image-look-ups.ts';
import { type Judged, RolloutJudge } from './judge.ts';
import { PassEnds } from './pass-ends.ts';
import type { PassOptions } from './pass-options.ts';
import type { PassEnd, Running } from './queue.ts';
import { refusalOf } from './refusal.ts';
import { formerNames, successorOf } from './renamed-fleet.ts';
import { addRecords, type Rollout } from './rollout.ts';
import { Rollouts } from './rollouts.ts';
import { type StatusFacts, StatusWriter } from './status-writer.ts';
import { adoptionsFirst, UnitPlanner } from './unit-planner.ts';

/** Plans within one pass; each but the last carried something out. */
const ROUNDS = 8;
/** Of these, so many may be due to failures that what is observed has overtaken. */
const OVERTAKEN_ROUNDS = 2;

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
  readonly #judge: RolloutJudge;
  readonly #planner: UnitPlanner;
  readonly #status: StatusWriter;
  readonly #lookUps: ImageLookUps;
  readonly #rollouts: Rollouts;
  readonly #ends: PassEnds;
  readonly #turns: HostTurns;

  constructor(options: PassOptions) {
    this.#options = options;
    this.#judge = new RolloutJudge(options);
    this.#planner = new UnitPlanner(options);
    this.#status = new StatusWriter(options);
    this.#lookUps = new ImageLookUps(options);
    this.#rollouts = new Rollouts(options);
    this.#turns = new HostTurns(options);
    this.#ends = new PassEnds(options, {
      judge: this.#judge,
      lookUps: this.#lookUps,
      planner: this.#planner,
      rollouts: this.#rollouts,
      status: this.#status,
    });
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
    const successor = successorOf(id, formerNames(target.desired));
    if (successor) return await this.#renamed(key, successor);
    // An app that is still declared has left this host on purpose.
    const consent = target.app !== undefined || facts.removals.allowed.includes(id);
    if (!consent) return await this.#hold(target, 'BudgetExceeded');
    const observed = this.#options.fleet.observed(key);
    if (observed && isGone(observed, this.#planner.prunesVolumes(key, target.app))) {
      await this.#forget(key, 'removed');
      await this.#options.revisions.report(key, 'done', 'Removed', 'removed');
      return { kind: 'done' };
    }
    return await this.#converge(target, running);
  }

  /** It goes on under another name: nothing on the host is touched for the old one. */
  async #renamed(key: UnitKey, successor: AppId): Promise<PassEnd> {
    const message = `renamed to ${successor}`;
    await this.#forget(key, message);
    await this.#options.revisions.report(key, 'done', 'Removed', message);
    return { kind: 'done' };
  }

  async #forget(key: UnitKey, message: string): Promise<void> {
    await this.#status.removed(key);
    await this.#options.facts.forgetUnit(key);
    this.#judge.forget(key);
    this.#planner.forget(key);
    this.#turns.forget(key);
    await this.#rollouts.finish(key, 'done', null, message);
  }

  async #hold(target: Unit, reason: 'HeldAtLastGood' | 'BudgetExceeded'): Promise<PassEnd> {
    await this.#status.held(target.key, reason);
    return { kind: 'stalled' };
  }

  async #converge(target: Unit, running: Running): Promise<PassEnd> {
    if (target.app && target.unit) this.#planner.noteDeclared(target.key, target.app);
    let overtaken = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const unresolved = await this.#lookUp(target, running);
      if (unresolved) return unresolved;
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

  /** Learns what tags mean, where that is due. @returns how the pass ends where it must be known. */
  async #lookUp(target: Unit, { signal }: Running): Promise<PassEnd | undefined> {
    const { key, app, unit, desired } = target;
    const observed = this.#options.fleet.observed(key);
    if (!app || !unit || !observed || observed.swarm) return undefined;
    const unknown = await this.#lookUps.prepare({ key, app, unit, desired, observed }, signal);
    if (signal.aborted) return { kind: 'again', afterMs: 0 };
    if (!unknown) return undefined;
    const result = this.#planner.plan(key, app, unit, observed);
    return await this.#ends.unresolved({ ...target, observed, result }, unknown);
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
    const known = this.#rollouts.known(target.key);
    if (judged && known) await this.#judge.judge(judged, known);
    const planned = await this.#planner.planned({ ...target, observed });
    const startedMs = known?.startedMs ?? this.#options.clock.now();
    if (judged && (await this.#judge.judgeStack(judged, planned, startedMs))) return 'replan';
    const result = adoptionsFirst(planned);
    const facts: StatusFacts = { ...target, observed, result };
    if (result.plan.operations.length === 0) return await this.#ends.settled(facts);
    const refusal = this.#refusal(facts);
    if (refusal) return await this.#ends.refused(facts, refusal);
    if (this.#rollouts.isStuck(facts)) return await this.#ends.stuck(facts);
    const turn = this.#turns.turn(facts);
    if (turn.kind !== 'go') return await this.#ends.inTurn(facts, turn);
    const rollout = this.#rollouts.of(facts);
    // The controller may have restarted in the middle of it: what failed meanwhile says so now.
    if (judged && rollout !== known && (await this.#judge.judge(judged, rollout))) return 'replan';
    const execution = await this.#execute(facts, rollout, running);
    return await this.#ends.executed(facts, execution, mayBeOvertaken);
  }

  /** Units of the app that wait for other hosts of it. */
  waiting(app: AppId): readonly UnitKey[] {
    return this.#turns.waiting(app);
  }

  /** Also serves `skep plan`. */
  plan(
    key: UnitKey,
    app: DesiredApp | undefined,
    unit: DesiredUnit | undefined,
    observed: ObservedUnit,
    locks?: PlanResult['locks'],
  ): PlanResult {
    return this.#planner.plan(key, app, unit, observed, locks);
  }

  #refusal({ app, result, observed }: StatusFacts): Reason | undefined {
    const { clock, fleet } = this.#options;
    const session = fleet.hosts().find(({ host }) => host === observed.host);
    const paused = session?.paused !== undefined && session.paused !== null;
    return refusalOf(app, result.plan.operations, paused, clock.now());
  }

  async #execute(facts: StatusFacts, rollout: Rollout, running: Running): Promise<Execution> {
    const begin = async () => {
      const { operations } = facts.result.plan;
      // Whoever looks or waits has no part in tidying up.
      if (operations.every(({ kind }) => kind === 'remove-image')) return;
      const drifted = operations.some(({ reason }) => reason === 'drift');
      await Promise.all([
        this.#status.progressing(facts),
        drifted && this.#status.drifted(facts),
        this.#options.revisions.operating(facts.key),
      ]);
    };
    const pulling = (message: string) => this.#status.progressing(facts, message);
    const execution = await carryOut(this.#options, facts, running, { begin, pulling });
    addRecords(rollout, execution.records);
    this.#planner.noteRemovals(facts.key, execution.records);
    return execution;
  }
}

function judgedOf({ key, app, unit }: Unit, observed: ObservedUnit): Judged | undefined {
  return app && unit && { key, app, unit, observed };
}

function isGone(observed: ObservedUnit, prunesVolumes: boolean): boolean {
  const { containers, networks, volumes, swarm } = observed;
  if (swarm) {
    const kinds = [swarm.services, swarm.networks, swarm.configs, swarm.secrets];
    return kinds.every(({ length }) => length === 0);
  }
  const rest = prunesVolumes ? volumes.length : 0;
  return containers.length + networks.length + rest === 0;
}
