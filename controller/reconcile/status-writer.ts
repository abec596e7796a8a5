import type {
  DesiredApp,
  DesiredState,
  DesiredUnit,
  Health,
  ObservedUnit,
  Reason,
  ServiceChange,
  ServiceStatus,
  Sync,
  UnitKey,
  UnitStatus,
} from '../../schemas/domain/index.ts';
import { splitUnitKey, swarmOfPlace } from '../../schemas/domain/index.ts';
import { assessUnit } from '../core/health/assess-unit.ts';
import type { PlanResult } from '../core/plan/plan-unit.ts';
import { type Progress, renderProgress } from '../core/status/progress.ts';
import { unitStatus } from '../core/status/unit-status.ts';
import { type Worst, worstOf } from '../core/status/worst-service.ts';
import { reasonOf } from './deadlines.ts';
import { lastWords } from './last-words.ts';
import type { PassOptions } from './pass-options.ts';
import { driftEvent, stepEvent } from './unit-events.ts';

/** What one plan of a pass was made from and what came out. */
export interface StatusFacts {
  readonly key: UnitKey;
  readonly app: DesiredApp | undefined;
  readonly unit: DesiredUnit | undefined;
  readonly desired: DesiredState;
  readonly observed: ObservedUnit;
  readonly result: PlanResult;
}

/** The headline of a unit: what its three conditions are derived from. */
interface Headline {
  readonly health?: Health;
  readonly sync: Sync;
  readonly reason: Reason;
  readonly message: string;
  /** Something is under way that needs no person. */
  readonly reconciling: boolean;
  /** Nothing more will happen until something changes. */
  readonly stalled: boolean;
  readonly logs?: readonly string[];
  readonly applied?: boolean;
}

export interface Settled {
  readonly health: Health;
  readonly reason: Reason;
  readonly message: string;
  /** When time alone may change the verdict, ms from now. */
  readonly recheckMs: number | undefined;
}

/** Says what a pass found: one unit status per end of a pass, an event where it matters. */
export class StatusWriter {
  readonly #options: PassOptions;

  constructor(options: PassOptions) {
    this.#options = options;
  }

  async removed(key: UnitKey): Promise<void> {
    await this.#options.board.remove(key);
  }

  /** Not declared, or not loadable, and left exactly as it is. */
  async held(key: UnitKey, reason: 'HeldAtLastGood' | 'BudgetExceeded'): Promise<void> {
    const previous = this.#options.board.unit(key);
    const message =
      reason === 'BudgetExceeded'
        ? `its removal is above the deletion budget; a commit with the trailer "Allow-Destroy: App/${splitUnitKey(key).app}" releases it`
        : 'its manifest has issues and no earlier revision of it loads';
    await this.#put(key, previous?.services ?? [], {
      health: previous?.health ?? 'Unknown',
      sync: 'OutOfSync',
      reason,
      message,
      reconciling: false,
      stalled: true,
    });
    if (reason === 'BudgetExceeded') {
      await this.#options.revisions.report(key, 'failed', reason, message);
    }
  }

  /** The host is offline, or has not told yet what runs on it. */
  async unobserved(
    key: UnitKey,
    app: DesiredApp | undefined,
    unit: DesiredUnit | undefined,
  ): Promise<void> {
    const previous = this.#options.board.unit(key);
    const { host } = splitUnitKey(key);
    const swarm = swarmOfPlace(host);
    if (swarm !== undefined) return await this.#unspoken(swarm, key, app, unit);
    const session = this.#options.fleet.hosts().find((candidate) => candidate.host === host);
    const offline = !session?.online;
    const since = session ? new Date(session.sinceMs).toISOString() : 'the controller started';
    await this.#put(
      key,
      previous?.services ?? [],
      {
        health: 'Unknown',
        sync: 'Unknown',
        reason: offline ? 'HostOffline' : 'NotObserved',
        message: offline ? `${host} has not been connected since ${since}` : `waiting for ${host}`,
        reconciling: false,
        stalled: false,
      },
      app,
      unit,
    );
  }

  /** No manager's agent is there to speak of the swarm, or it has no leader. */
  async #unspoken(
    swarm: string,
    key: UnitKey,
    app: DesiredApp | undefined,
    unit: DesiredUnit | undefined,
  ): Promise<void> {
    const services = this.#options.board.unit(key)?.services ?? [];
    const headline: Headline = {
      health: 'Unknown',
      sync: 'Unknown',
      reason: 'NoManager',
      message: `no manager of the swarm ${swarm} is connected, or the swarm has no leader`,
      reconciling: false,
      stalled: false,
    };
    await this.#put(key, services, headline, app, unit);
  }

  /** The plan is empty: healthy, failed for good, or blocked. */
  async settled(facts: StatusFacts): Promise<Settled> {
    const { failed, services, recheckMs } = this.#assess(facts);
    const blocker = facts.result.plan.blockers[0];
    const worst = worstOf(services);
    const headline: Headline = blocker
      ? {
          sync: 'OutOfSync',
          reason: reasonOf(blocker.reason),
          message: blocker.message,
          health: 'Degraded',
          reconciling: true,
          stalled: false,
        }
      : {
          sync: failed ? 'OutOfSync' : 'Synced',
          reason: failed ? reasonOf(failed.reason) : worst.reason,
          message: failed ? `${failed.service}: ${failed.message}` : worst.message,
          health: failed ? 'Degraded' : worst.health,
          reconciling: !failed && worst.health === 'Progressing',
          stalled: failed !== undefined || worst.health === 'Degraded',
          applied: failed === undefined && worst.health !== 'Progressing',
          logs: failed?.logs ?? (await this.#lastWords(facts, worst)),
        };
    await this.#putFacts(facts, services, headline);
    const { reason, message } = headline;
    return { health: headline.health ?? 'Unknown', reason, message, recheckMs };
  }

  /** Of what has ended or got sick since it was ready: read once, kept while it stays so. */
  async #lastWords(facts: StatusFacts, worst: Worst): Promise<readonly string[]> {
    if (worst.health !== 'Degraded') return [];
    const previous = this.#options.board.unit(facts.key);
    const isSame = previous?.conditions.some(({ message }) => message === worst.message);
    if (previous && isSame && previous.logs.length > 0) return previous.logs;
    return await lastWords(this.#options.fleet, facts.observed, worst.service);
  }

  async refused(facts: StatusFacts, reason: Reason): Promise<void> {
    const { services } = this.#assess(facts);
    const suspend = facts.app?.suspend;
    const until = suspend?.untilMs ? ` until ${new Date(suspend.untilMs).toISOString()}` : '';
    const message =
      reason === 'Suspended'
        ? `suspended${until}: ${suspend?.reason ?? ''}`
        : reason === 'Drifted'
          ? (facts.result.plan.operations[0]?.cause ?? '')
          : `${facts.observed.host} is paused by its owner`;
    await this.#putFacts(facts, services, {
      sync: 'OutOfSync',
      ...(reason === 'Suspended' && { health: 'Suspended' as const }),
      reason,
      message,
      reconciling: false,
      stalled: reason !== 'HostPaused',
    });
    if (reason === 'Drifted') await this.drifted(facts);
  }

  /** Left as it is while other hosts of the app are changed, or after one of them failed. */
  async inTurn(
    facts: StatusFacts,
    reason: 'WaitingTurn' | 'RolloutHalted',
    message: string,
  ): Promise<void> {
    await this.#putFacts(facts, this.#assess(facts).services, {
      sync: 'OutOfSync',
      reason,
      message,
      reconciling: reason === 'WaitingTurn',
      stalled: reason === 'RolloutHalted',
    });
  }

  /** @param told how far it is, instead of what it does. */
  async progressing(facts: StatusFacts, told?: string): Promise<void> {
    const pulling = facts.result.plan.operations.some(({ kind }) => kind === 'pull-image');
    await this.#putFacts(facts, this.#assess(facts).services, {
      health: 'Progressing',
      sync: 'OutOfSync',
      reason: facts.unit ? (pulling ? 'Pulling' : 'RollingOut') : 'Pruning',
      message: told ?? changesText(facts.result.plan.changes),
      reconciling: true,
      stalled: false,
    });
  }

  /** Says each step once, also to those who listen. */
  async waiting(facts: StatusFacts, progress: Progress): Promise<void> {
    const app = progress.waiting.find((operation) => operation.kind === 'await-app');
    const message = renderProgress(progress);
    const before = this.#options.board.unit(facts.key)?.conditions;
    const isNews = !before?.some((condition) => condition.message === message);
    await this.#putFacts(facts, this.#assess(facts).services, {
      health: 'Progressing',
      sync: 'OutOfSync',
      reason: app ? 'WaitingOn' : 'RollingOut',
      message,
      reconciling: true,
      stalled: false,
    });
    if (!isNews) return;
    await this.#options.store.addEvent({ at: this.#nowIso(), ...stepEvent(facts, progress) });
  }

  /** An operation failed for a reason that time may cure. */
  async failing(facts: StatusFacts, reason: Reason, message: string): Promise<void> {
    await this.#putFacts(facts, this.#assess(facts).services, {
      health: 'Degraded',
      sync: 'OutOfSync',
      reason,
      message,
      reconciling: true,
      stalled: false,
    });
  }

  async stalled(facts: StatusFacts, reason: Reason, message: string): Promise<void> {
    await this.#putFacts(facts, this.#assess(facts).services, {
      health: 'Degraded',
      sync: 'OutOfSync',
      reason,
      message,
      reconciling: false,
      stalled: true,
    });
  }

  async drifted(facts: StatusFacts): Promise<void> {
    await this.#options.store.addEvent({ at: this.#nowIso(), ...driftEvent(facts) });
  }

  #assess(facts: StatusFacts) {
    const counts = new Set(facts.result.failed.map((mark) => `${mark.service} ${mark.specHash}`));
    const failed = this.#options.facts
      .failed(facts.key)
      .filter((mark) => counts.has(`${mark.service} ${mark.specHash}`));
    const assessed = facts.unit
      ? assessUnit({
          unit: facts.unit,
          observed: facts.observed,
          specHashes: facts.result.specHashes,
          failed,
          completed: this.#options.facts.completed(facts.key),
          now: this.#options.clock.now(),
        })
      : { services: [], recheckMs: undefined };
    return { failed: failed[0], ...assessed };
  }

  async #putFacts(
    facts: StatusFacts,
    services: readonly ServiceStatus[],
    headline: Headline,
  ): Promise<void> {
    const pending = headline.sync === 'Synced' ? [] : facts.result.plan.changes;
    await this.#put(facts.key, services, headline, facts.app, facts.unit, pending);
  }

  async #put(
    key: UnitKey,
    services: readonly ServiceStatus[],
    headline: Headline,
    app?: DesiredApp,
    unit?: DesiredUnit,
    pending: UnitStatus['pending'] = [],
  ): Promise<void> {
    const mask = (text: string) => this.#options.masks.text(splitUnitKey(key).app, text);
    const previous = this.#options.board.unit(key);
    const applied = headline.applied && app && unit;
    await this.#options.board.put(
      unitStatus({
        ...splitUnitKey(key),
        key,
        ...(previous && { previous }),
        health: headline.health ?? worstOf(services).health,
        sync: headline.sync,
        reason: headline.reason,
        message: mask(headline.message),
        reconciling: headline.reconciling,
        stalled: headline.stalled,
        revision: app?.revision ?? this.#options.desired()?.revision ?? null,
        appliedRevision: applied ? app.revision : (previous?.appliedRevision ?? null),
        appliedFingerprint: applied ? unit.fingerprint : (previous?.appliedFingerprint ?? null),
        services: services.map((one) => ({ ...one, message: mask(one.message) })),
        pending,
        logs: (headline.logs ?? []).map(mask),
        nowIso: this.#nowIso(),
      }),
    );
  }

  #nowIso(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

const changesText = (changes: readonly ServiceChange[]): string =>
  changes.map(({ action, service, cause }) => `${action} ${service}: ${cause}`).join('. ');
