import type {
  AppId,
  CommitSha,
  Issue,
  Reason,
  RevisionState,
  RevisionStatus,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { isError, splitUnitKey } from '../../schemas/domain/index.ts';
import type { Commit, Store } from './ports.ts';

type UnitState = RevisionStatus['apps'][number]['state'];
type UnitEntry = { state: UnitState; reason: Reason | null; message: string };

interface Tracked {
  readonly commit: Commit;
  readonly issues: readonly Issue[];
  readonly units: Map<UnitKey, UnitEntry>;
  readonly seenAt: string;
  loadedAt: string | null;
  firstOperationAt: string | null;
  appliedAt: string | null;
  supersededBy: CommitSha | null;
  /** As it was last told. */
  told: RevisionState | null;
}

/** From these a unit's first operation takes it on: what was held or has failed may go on. */
const WAITING: ReadonlySet<UnitState> = new Set(['pending', 'held', 'failed']);
/** From these a newer revision of the unit takes over. */
const OPEN: ReadonlySet<UnitState> = new Set(['pending', 'progressing', 'held']);
/** Revisions that are not settled, and the last one; older ones live in the store alone. */
const TRACKED = 50;

/**
 * Which units each revision touched, and how far each is. A unit touched again by a newer
 * revision is superseded in the older ones.
 */
export class Revisions {
  readonly #store: Store;
  readonly #nowIso: () => string;
  readonly #tracked = new Map<CommitSha, Tracked>();

  constructor(store: Store, nowIso: () => string) {
    this.#store = store;
    this.#nowIso = nowIso;
  }

  /** A revision was loaded and put in force; `touched` are the units it changes. */
  async begin(
    commit: Commit,
    seenAt: string,
    issues: readonly Issue[],
    touched: readonly UnitKey[],
    held: readonly AppId[],
  ): Promise<void> {
    const older = this.#supersede(commit.sha, new Set(touched));
    const units = new Map<UnitKey, UnitEntry>();
    for (const key of touched) units.set(key, { state: 'pending', reason: null, message: '' });
    for (const app of held) {
      const message = 'stays at its last good revision';
      units.set(`${app}@*` as UnitKey, { state: 'held', reason: 'HeldAtLastGood', message });
    }
    const now = this.#nowIso();
    const tracked: Tracked = {
      commit,
      issues,
      units,
      seenAt,
      loadedAt: now,
      firstOperationAt: null,
      appliedAt: null,
      supersededBy: null,
      told: null,
    };
    this.#tracked.delete(commit.sha);
    this.#tracked.set(commit.sha, tracked);
    this.#trim();
    await Promise.all([...older, this.#put(tracked)]);
  }

  /** A pass of the unit says how far its newest revision is; older ones stay what they came to. */
  async report(key: UnitKey, state: UnitState, reason: Reason | null, message: string) {
    const [tracked, entry] = this.#newest(key) ?? [];
    if (!tracked || !entry) return;
    if (entry.state === state && entry.reason === reason && entry.message === message) return;
    Object.assign(entry, { state, reason, message });
    await this.#put(tracked);
  }

  /** The first operation of the unit's newest revision is about to be sent. */
  async operating(key: UnitKey): Promise<void> {
    const [tracked, entry] = this.#newest(key) ?? [];
    if (!tracked || !entry || !WAITING.has(entry.state)) return;
    Object.assign(entry, { state: 'progressing', reason: null, message: '' });
    tracked.firstOperationAt ??= this.#nowIso();
    await this.#put(tracked);
  }

  #newest(key: UnitKey): [Tracked, UnitEntry] | undefined {
    for (const tracked of [...this.#tracked.values()].reverse()) {
      const entry = tracked.units.get(key);
      if (entry) return [tracked, entry];
    }
    return undefined;
  }

  #supersede(by: CommitSha, touched: ReadonlySet<UnitKey>): readonly Promise<void>[] {
    const puts: Promise<void>[] = [];
    for (const tracked of this.#tracked.values()) {
      if (tracked.commit.sha === by) continue;
      let changed = false;
      for (const [key, entry] of tracked.units) {
        if (!OPEN.has(entry.state) || !touched.has(key)) continue;
        Object.assign(entry, { state: 'superseded', message: `superseded by ${by}` });
        tracked.supersededBy = by;
        changed = true;
      }
      if (changed) puts.push(this.#put(tracked));
    }
    return puts;
  }

  #trim(): void {
    for (const [sha, tracked] of this.#tracked) {
      if (this.#tracked.size <= TRACKED) return;
      if (this.#tracked.size > 2 * TRACKED || settled(tracked)) this.#tracked.delete(sha);
    }
  }

  async #put(tracked: Tracked): Promise<void> {
    const state = stateOf(tracked);
    if (state === 'applied') tracked.appliedAt ??= this.#nowIso();
    const { commit, issues, seenAt, loadedAt, firstOperationAt, appliedAt } = tracked;
    const stored = this.#store.putRevision({
      sha: commit.sha,
      state,
      subject: commit.subject,
      author: commit.author,
      committedAt: commit.committedAt,
      issues,
      apps: [...tracked.units].map(([key, entry]) => ({ ...splitUnitKey(key), ...entry })),
      supersededBy: tracked.supersededBy,
      phases: { seenAt, loadedAt, firstOperationAt, appliedAt },
    });
    await Promise.all([stored, this.#tell(tracked, state)]);
  }

  /** Stored after the revision is: whoever hears of it and asks gets this state. */
  async #tell(tracked: Tracked, state: RevisionState): Promise<void> {
    const before = tracked.told;
    tracked.told = state;
    if (before === null || before === state) return;
    const { sha } = tracked.commit;
    await this.#store.addEvent({
      at: this.#nowIso(),
      type: 'revision',
      revision: sha,
      message: `revision ${sha.slice(0, 12)}: ${state}`,
      data: { state },
    });
  }
}

function settled(tracked: Tracked): boolean {
  const state = stateOf(tracked);
  return state !== 'progressing' && state !== 'loading';
}

/** One failed unit fails the revision at once; a superseded one waits for the rest. */
function stateOf(tracked: Tracked): RevisionStatus['state'] {
  if (tracked.issues.some(isError)) return 'rejected';
  const states = new Set([...tracked.units.values()].map((unit) => unit.state));
  if (states.has('failed')) return 'failed';
  if (states.has('pending') || states.has('progressing') || states.has('held')) {
    return 'progressing';
  }
  return states.has('superseded') ? 'superseded' : 'applied';
}
