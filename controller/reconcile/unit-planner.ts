import type {
  AppId,
  DesiredApp,
  DesiredUnit,
  ObservedUnit,
  OperationRecord,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { isCompleted } from '../core/health/readiness.ts';
import { type Unwanted, unwantedImages } from '../core/plan/image-removal.ts';
import { isJob } from '../core/plan/jobs.ts';
import { type PlanResult, planUnit } from '../core/plan/plan-unit.ts';
import { lockEntry } from './image-look-ups.ts';
import type { PassOptions } from './pass-options.ts';

interface Planned {
  readonly key: UnitKey;
  readonly app: DesiredApp | undefined;
  readonly unit: DesiredUnit | undefined;
  readonly observed: ObservedUnit;
}

/** Pure planning with what this controller knows now. */
export class UnitPlanner {
  readonly #options: PassOptions;
  /** Of apps as they were last declared: what their removal may take along. */
  readonly #pruneVolumes = new Map<UnitKey, boolean>();

  readonly #stubborn = new Map<UnitKey, Set<string>>();

  constructor(options: PassOptions) {
    this.#options = options;
  }

  plan(
    key: UnitKey,
    app: DesiredApp | undefined,
    unit: DesiredUnit | undefined,
    observed: ObservedUnit,
    /** Beside those that are kept. */
    locks: PlanResult['locks'] = {},
  ): PlanResult {
    const { facts, board, clock, installation, specs } = this.#options;
    const lastApplied = board.unit(key)?.appliedFingerprint;
    const unwanted = app && unit && this.#unwanted(key, app);
    return planUnit({
      installation,
      ...(app && unit && { app, unit }),
      observed,
      locks: app ? { ...facts.locks(key, app.contentHash), ...locks } : {},
      failed: facts.failed(key),
      completed: facts.completed(key),
      now: clock.now(),
      waitingOn: this.#waitingOn(app),
      pruneVolumes: this.prunesVolumes(key, app),
      ...(lastApplied && { lastApplied }),
      ...(unwanted && { unwanted }),
      memory: specs.memory(key),
    });
  }

  #unwanted(key: UnitKey, { contentHash, images }: DesiredApp): Unwanted | undefined {
    if (images?.keep === undefined) return undefined;
    const { facts } = this.#options;
    const { keep } = images;
    const [own, others] = [facts.lockEntries(key), facts.lockEntriesBeside(key)];
    const { locks, references } = unwantedImages({ own, others, contentHash, keep });
    const stubborn = this.#stubborn.get(key);
    return { locks: locks.filter((lock) => !stubborn?.has(lock)), references };
  }

  /** Images that a host would not let go are not asked for again. */
  noteRemovals(key: UnitKey, records: readonly OperationRecord[]): void {
    for (const { kind, resource, outcome } of records) {
      if (kind !== 'remove-image' || outcome.status === 'done') continue;
      const known = this.#stubborn.get(key) ?? new Set();
      this.#stubborn.set(key, known.add(resource));
    }
  }

  #waitingOn(app: DesiredApp | undefined): readonly AppId[] {
    return (app?.dependsOn ?? []).filter((id) => !this.#options.board.isReady(id));
  }

  /** Plans, and makes durable what that resolved before anything of it is carried out. */
  async planned(target: Planned): Promise<PlanResult> {
    const { key, app, unit, observed } = target;
    const result = this.plan(key, app, unit, observed);
    // What has run to its end just now is known to the very plan that is carried out.
    return (await this.#remember(target, result)) ? this.plan(key, app, unit, observed) : result;
  }

  /** @returns whether a job is found to have completed. */
  async #remember(target: Planned, result: PlanResult): Promise<boolean> {
    const { facts, specs } = this.#options;
    const { key, app, unit } = target;
    if (!app || !unit) return false;
    specs.learn(key, result.learnt);
    await this.#rememberLocks(key, app, result.locks);
    if (result.plan.provisional) return false;
    await facts.keepMarks(key, result.specHashes);
    return await this.#rememberCompleted(unit, target.observed, result);
  }

  /** Also that this content is the unit's present one, where it has been another meanwhile. */
  async #rememberLocks(key: UnitKey, app: DesiredApp, locks: PlanResult['locks']): Promise<void> {
    const { facts, clock } = this.#options;
    const entries = facts.lockEntries(key);
    const own = entries.find(({ contentHash }) => contentHash === app.contentHash);
    const fresh = Object.keys(locks).filter(
      (reference) => own?.locks[reference] !== locks[reference],
    );
    if (fresh.length === 0 && (!own || own === entries.at(-1))) return;
    const lookedUp = Object.fromEntries(fresh.map((reference) => [reference, clock.now()]));
    await facts.putLocks(key, lockEntry(app, own, locks, lookedUp));
  }

  /** A job has run, also when somebody clears the ended containers off its host. */
  async #rememberCompleted(
    unit: DesiredUnit,
    observed: ObservedUnit,
    { specHashes }: PlanResult,
  ): Promise<boolean> {
    const { facts } = this.#options;
    const { key } = unit;
    let isNews = false;
    for (const container of observed.containers) {
      const { service = '', number = 1, specHash: recorded = '' } = container.owner ?? {};
      const specHash = specHashes.get(service);
      // A hash of another version may stand for another spec: its container alone tells.
      if (!specHash || recorded !== specHash) continue;
      if (!isCompleted(container) || !isJob(unit, service)) continue;
      const isKnown = facts
        .completed(key)
        .some((one) => one.service === service && one.number === number);
      if (isKnown) continue;
      await facts.markCompleted({ unit: key, service, number, specHash });
      isNews = true;
    }
    return isNews;
  }

  noteDeclared(key: UnitKey, app: DesiredApp): void {
    this.#pruneVolumes.set(key, app.pruneVolumes);
  }

  prunesVolumes(key: UnitKey, app: DesiredApp | undefined): boolean {
    return app?.pruneVolumes ?? this.#pruneVolumes.get(key) ?? false;
  }

  forget(key: UnitKey): void {
    this.#pruneVolumes.delete(key);
    this.#stubborn.delete(key);
    this.#options.specs.forget(key);
  }
}

/** What is not ours yet is taken over first, and then planned for as it is seen from then on. */
export function adoptionsFirst(result: PlanResult): PlanResult {
  const { plan } = result;
  if (plan.adoptions.length === 0) return result;
  return { ...result, plan: { ...plan, operations: plan.adoptions, provisional: false } };
}
