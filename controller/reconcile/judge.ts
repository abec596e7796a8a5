import type {
  DesiredApp,
  DesiredUnit,
  ObservedContainer,
  ObservedUnit,
  Reason,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { splitUnitKey } from '../../schemas/domain/index.ts';
import { judgeRollout } from '../core/health/judge-rollout.ts';
import { isCompleted, readiness } from '../core/health/readiness.ts';
import { judgeStack } from '../core/health/swarm/judge-stack.ts';
import type { PlanResult } from '../core/plan/input.ts';
import { mustComplete } from '../core/plan/jobs.ts';
import { strategyOf } from '../core/plan/strategy.ts';
import { LOG_LINES } from './last-words.ts';
import type { PassOptions } from './pass-options.ts';
import type { Rollout } from './rollout.ts';

export interface Failing {
  readonly service: string;
  readonly specHash: string;
  /** Of the replica; absent = the spec as such cannot run. */
  readonly number?: number;
  readonly reason: Reason;
  readonly message: string;
  readonly logs: readonly string[];
}

/** A declared unit and the rollout it is in. */
export interface Judged {
  readonly key: UnitKey;
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly observed: ObservedUnit;
}

/**
 * Says which services of a rollout ran and failed, and marks them so that they are not tried
 * again. Knows which containers have been ready once: what befalls those later is their health,
 * not a failed rollout.
 */
export class RolloutJudge {
  readonly #options: PassOptions;
  readonly #ready = new Map<UnitKey, ReadonlySet<string>>();

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** Notes what is ready now; every pass of a declared unit begins so. */
  note({ key, unit, observed }: Judged): void {
    const before = this.#ready.get(key) ?? this.#readyAtFirstSight(key, unit, observed);
    const now = this.#options.clock.now();
    const ready = observed.containers.filter(
      (container) => before.has(container.id) || isReady(container, unit, now),
    );
    this.#ready.set(key, new Set(ready.map(({ id }) => id)));
  }

  /** After a restart: a unit that was applied as it is declared had everything ready once. */
  #readyAtFirstSight(key: UnitKey, unit: DesiredUnit, observed: ObservedUnit): ReadonlySet<string> {
    const applied = this.#options.board.unit(key)?.appliedFingerprint;
    return new Set(
      applied === unit.fingerprint
        ? observed.containers.filter(({ startedAt }) => startedAt !== '').map(({ id }) => id)
        : [],
    );
  }

  /** Marks what ran and failed, with its last words. @returns whether it marked anything. */
  async judge({ key, app, unit, observed }: Judged, rollout: Rollout): Promise<boolean> {
    const { clock, facts, fleet, installation } = this.#options;
    if (observed.swarm) return false;
    const now = clock.now();
    rollout.judgedMs = now;
    const verdicts = judgeRollout({
      installation,
      app,
      unit,
      observed,
      locks: facts.locks(key, app.contentHash),
      failed: facts.failed(key),
      now,
      rolloutStartedMs: rollout.startedMs,
      readyBefore: this.#ready.get(key) ?? new Set(),
    });
    for (const verdict of verdicts) {
      const logs = await fleet.tailLogs(observed.host, verdict.container, LOG_LINES);
      await this.mark(key, app, { ...verdict, logs });
    }
    return verdicts.length > 0;
  }

  /** The same for a stack, whose swarm says itself how an update ended. */
  async judgeStack(
    { key, app, observed }: Judged,
    result: PlanResult,
    rolloutStartedMs: number,
  ): Promise<boolean> {
    const { clock, facts, fleet } = this.#options;
    if (!observed.swarm) return false;
    const verdicts = judgeStack({
      app,
      swarm: observed.swarm,
      result,
      failed: facts.failed(key),
      now: clock.now(),
      rolloutStartedMs,
    });
    for (const verdict of verdicts) {
      const { container } = verdict;
      const logs =
        container === '' ? [] : await fleet.tailLogs(observed.host, container, LOG_LINES);
      await this.mark(key, app, { ...verdict, logs });
    }
    return verdicts.length > 0;
  }

  async mark(key: UnitKey, app: DesiredApp | undefined, failing: Failing): Promise<void> {
    const { service, specHash, number, reason } = failing;
    const { logger, facts, clock, masks } = this.#options;
    const { app: id } = splitUnitKey(key);
    const message = masks.text(id, failing.message);
    const logs = failing.logs.map((line) => masks.text(id, line));
    logger.warn({ unit: key, service, reason, message }, 'rollout failed');
    await facts.markFailed({
      unit: key,
      service,
      specHash,
      ...(number !== undefined && { number }),
      reason,
      message,
      logs,
      at: new Date(clock.now()).toISOString(),
      revision: app?.revision ?? null,
    });
  }

  forget(key: UnitKey): void {
    this.#ready.delete(key);
  }
}

/** One that others wait to complete is not ready by running for a while. */
function isReady(container: ObservedContainer, unit: DesiredUnit, now: number): boolean {
  const { model } = unit;
  const name = container.owner?.service ?? '';
  const service = model.services[name];
  if (!service) return false;
  if (mustComplete(unit, name)) return isCompleted(container);
  return readiness(container, 'ready', strategyOf(service, model).unchangedMs, now).ready;
}
