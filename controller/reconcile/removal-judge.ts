import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import type { AppId, CommitSha, DesiredState } from '../../schemas/domain/index.ts';
import { compareText, Failure } from '../../schemas/domain/index.ts';
import type { Facts } from './facts.ts';
import { type LoaderOptions, loadInForce } from './load-commit.ts';
import type { Store } from './ports.ts';
import { judge } from './removals.ts';
import { type FormerNames, formerNames, successorOf } from './renamed-fleet.ts';

export interface RemovalJudgeOptions {
  readonly facts: Facts;
  readonly store: Store;
  readonly loader: LoaderOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Apps git declares that could not be loaded. */
  readonly heldApps: () => ReadonlySet<AppId>;
  /** Apps with a status, or with something on a host, that the desired state does not have. */
  readonly known: (desired: DesiredState) => ReadonlySet<AppId>;
}

/** Commits looked through for `Allow-Destroy` trailers. */
const TRAILER_COMMITS = 1_000;

/**
 * Judges which apps may be removed, one judgement at a time: each stands on the one before it.
 * What was declared before is known from git, by the revision that was judged last, and not only
 * from hosts and statuses: those come one by one, and may be lost.
 */
export class RemovalJudge {
  readonly #options: RemovalJudgeOptions;
  /** Apps of the revision judged last; undefined until that is known. */
  #declared: ReadonlySet<AppId> | undefined;
  /** Former names in it: what runs under one goes with its app, and does not count beside it. */
  #formerly: FormerNames = new Map();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RemovalJudgeOptions) {
    this.#options = options;
  }

  /** A revision comes in force: consent of any commit since the one judged last counts. */
  async judgeRevision(desired: DesiredState, signal: AbortSignal): Promise<void> {
    await this.#inTurn(async () => {
      this.#declared ??= await this.#judgedApps(desired, signal);
      await this.#judge(desired, await this.#trailers(desired.revision));
      this.#declared = new Set(desired.apps.keys());
      this.#formerly = formerNames(desired);
    });
  }

  #present(apps: readonly AppId[]): ReadonlySet<AppId> {
    return new Set(apps.map((app) => successorOf(app, this.#formerly) ?? app));
  }

  #withFormer(apps: readonly AppId[]): readonly AppId[] {
    const all = apps.flatMap((app) => [app, ...(this.#formerly.get(app) ?? [])]);
    return [...new Set(all)].sort(compareText);
  }

  /** A host tells what it has: there may be apps among it that nobody knew of. */
  async judgeHost(desired: DesiredState): Promise<void> {
    await this.#inTurn(() => this.#judge(desired, []));
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    await turn;
  }

  /** After a restart: what the revision that an earlier process judged last declares. */
  async #judgedApps(desired: DesiredState, signal: AbortSignal): Promise<ReadonlySet<AppId>> {
    const { facts, loader, logger } = this.#options;
    const { judged } = facts.removals;
    if (judged === null || judged === desired.revision) return new Set();
    try {
      const loaded = await loadInForce(loader, judged, undefined, signal);
      this.#formerly = formerNames(loaded.desired);
      return new Set([...loaded.desired.apps.keys(), ...loaded.missing]);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Its history was rewritten, and it is not there any more.
      logger.warn({ revision: judged, code: error.code }, 'the judged revision is not readable');
      return new Set();
    }
  }

  /** `Allow-Destroy` values of every commit since removals were last judged. */
  async #trailers(sha: CommitSha): Promise<readonly string[]> {
    const { facts, loader } = this.#options;
    const { judged } = facts.removals;
    const commits = await loader.source.log(sha, judged, judged ? TRAILER_COMMITS : 1);
    return commits.flatMap((commit) => commit.allowDestroy);
  }

  async #judge(desired: DesiredState, allowDestroy: readonly string[]): Promise<void> {
    const { facts, store, clock, heldApps } = this.#options;
    const before = facts.removals;
    const known = this.#present([...this.#options.known(desired), ...(this.#declared ?? [])]);
    const input = {
      desired,
      heldApps: heldApps(),
      known,
      before: {
        ...before,
        allowed: [...this.#present(before.allowed)],
        held: [...this.#present(before.held)],
      },
      allowDestroy,
    };
    const judged = judge(input, desired.revision);
    const after = {
      ...judged,
      allowed: this.#withFormer(judged.allowed),
      held: this.#withFormer(judged.held),
    };
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    await facts.putRemovals(after);
    for (const app of after.held.filter((id) => !before.held.includes(id))) {
      await store.addEvent({
        at: new Date(clock.now()).toISOString(),
        type: 'budget',
        app,
        revision: desired.revision,
        message: `removal of ${app} is held: above the deletion budget`,
      });
    }
  }
}
