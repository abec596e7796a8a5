import type { AppId, CommitSha, UnitKey } from '../../schemas/domain/index.ts';
import { splitUnitKey } from '../../schemas/domain/index.ts';
import type {
  Completion,
  FailedMark,
  ImageLockEntry,
  ImageLocks,
  Removals,
  Vault,
} from './ports.ts';

/** How many contents of a unit keep their image locks: a revert brings the old digest back. */
const LOCKS_KEPT = 20;

/** The vault's facts in memory, read once; every change is durable before it is used. */
export class Facts {
  readonly #vault: Vault;
  readonly #locks: Map<UnitKey, readonly ImageLockEntry[]>;
  readonly #failed: Map<UnitKey, readonly FailedMark[]>;
  readonly #completed: Map<UnitKey, readonly Completion[]>;
  #removals: Removals;

  constructor(vault: Vault) {
    this.#vault = vault;
    const facts = vault.facts();
    this.#locks = new Map(facts.imageLocks);
    this.#failed = Map.groupBy(facts.failedMarks, ({ unit }) => unit);
    this.#completed = Map.groupBy(facts.completions, ({ unit }) => unit);
    this.#removals = facts.removals;
  }

  locks(unit: UnitKey, contentHash: string): ImageLocks {
    const entries = this.#locks.get(unit) ?? [];
    return entries.find((entry) => entry.contentHash === contentHash)?.locks ?? {};
  }

  /** All contents of the unit that have locks, the newest last. */
  lockEntries(unit: UnitKey): readonly ImageLockEntry[] {
    return this.#locks.get(unit) ?? [];
  }

  /** Of every other unit of that host. */
  lockEntriesBeside(unit: UnitKey): readonly ImageLockEntry[] {
    const { host } = splitUnitKey(unit);
    return [...this.#locks].flatMap(([key, entries]) =>
      key !== unit && splitUnitKey(key).host === host ? entries : [],
    );
  }

  async putLocks(unit: UnitKey, entry: ImageLockEntry): Promise<void> {
    await this.#vault.putImageLocks(unit, entry);
    const others = this.lockEntries(unit).filter((e) => e.contentHash !== entry.contentHash);
    this.#locks.set(unit, [...others, entry].slice(-LOCKS_KEPT));
  }

  failed(unit: UnitKey): readonly FailedMark[] {
    return this.#failed.get(unit) ?? [];
  }

  async markFailed(mark: FailedMark): Promise<void> {
    await this.#vault.putFailedMark(mark);
    const others = this.failed(mark.unit).filter(
      (other) =>
        other.service !== mark.service ||
        other.specHash !== mark.specHash ||
        other.number !== mark.number,
    );
    this.#failed.set(mark.unit, [...others, mark]);
  }

  completed(unit: UnitKey): readonly Completion[] {
    return this.#completed.get(unit) ?? [];
  }

  async markCompleted(completion: Completion): Promise<void> {
    await this.#vault.putCompletion(completion);
    const { unit } = completion;
    this.#completed.set(unit, [...this.completed(unit), completion]);
  }

  /** Drops marks whose spec hash is no longer asked for: a changed spec gets its own chance. */
  async keepMarks(unit: UnitKey, specHashes: ReadonlyMap<string, string>): Promise<void> {
    const isAsked = (mark: { readonly service: string; readonly specHash: string }): boolean =>
      specHashes.get(mark.service) === mark.specHash;
    const failed = this.failed(unit).filter(isAsked);
    const completed = this.completed(unit).filter(isAsked);
    const dropped =
      this.failed(unit).length + this.completed(unit).length - failed.length - completed.length;
    if (dropped === 0) return;
    await this.#vault.keepMarks(unit, [...specHashes.values()]);
    this.#failed.set(unit, failed);
    this.#completed.set(unit, completed);
  }

  get removals(): Removals {
    return this.#removals;
  }

  async putRemovals(removals: {
    readonly judged: CommitSha | null;
    readonly allowed: readonly AppId[];
    readonly held: readonly AppId[];
  }): Promise<void> {
    await this.#vault.putRemovals(removals);
    this.#removals = removals;
  }

  async forgetUnit(unit: UnitKey): Promise<void> {
    await this.#vault.forgetUnit(unit);
    this.#locks.delete(unit);
    this.#failed.delete(unit);
    this.#completed.delete(unit);
  }
}
