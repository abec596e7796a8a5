import type {
  AppId,
  DesiredApp,
  DesiredUnit,
  ObservedUnit,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { type PlanResult, planUnit } from '../core/plan/plan-unit.ts';
import type { PassOptions } from './pass-options.ts';

/** Pure planning with what this controller knows now. */
export class UnitPlanner {
  readonly #options: PassOptions;
  /** Of apps as they were last declared: what their removal may take along. */
  readonly #pruneVolumes = new Map<UnitKey, boolean>();

  constructor(options: PassOptions) {
    this.#options = options;
  }

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
      pruneVolumes: this.prunesVolumes(key, app),
      ...(lastApplied && { lastApplied }),
    });
  }

  #waitingOn(app: DesiredApp | undefined): readonly AppId[] {
    return (app?.dependsOn ?? []).filter((id) => !this.#options.board.isReady(id));
  }

  /** Makes durable what a plan resolved, before anything of it is carried out. */
  async remember(key: UnitKey, app: DesiredApp | undefined, result: PlanResult): Promise<void> {
    const { facts } = this.#options;
    if (!app) return;
    const known = facts.locks(key, app.contentHash);
    const fresh = Object.keys(result.locks).some((ref) => known[ref] !== result.locks[ref]);
    if (fresh) await facts.putLocks(key, app.contentHash, { ...known, ...result.locks });
    if (!result.plan.provisional) await facts.keepFailed(key, result.specHashes);
  }

  noteDeclared(key: UnitKey, app: DesiredApp): void {
    this.#pruneVolumes.set(key, app.pruneVolumes);
  }

  prunesVolumes(key: UnitKey, app: DesiredApp | undefined): boolean {
    return app?.pruneVolumes ?? this.#pruneVolumes.get(key) ?? false;
  }

  forget(key: UnitKey): void {
    this.#pruneVolumes.delete(key);
  }
}
