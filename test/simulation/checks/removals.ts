import type { Declared } from '../world/git.ts';
import type { Entry } from '../world/history.ts';
import { isAboveBudget } from '../world/scenery.ts';

interface State {
  readonly commit: number;
  readonly allowed: ReadonlySet<string>;
  readonly held: ReadonlySet<string>;
}

const NOTHING: State = { commit: -1, allowed: new Set(), held: new Set() };

/** Which apps git has been allowed to remove: decision 10, told again in few words. */
export class Removals {
  readonly #commits: readonly Declared[];
  readonly #states: { readonly index: number; readonly state: State }[] = [];
  #state: State = NOTHING;

  constructor(commits: readonly Declared[]) {
    this.#commits = commits;
  }

  /** @param index of the entry in the history. */
  take(entry: Extract<Entry, { type: 'in-force' | 'restored' }>, index: number): void {
    this.#state =
      entry.type === 'in-force'
        ? this.#judged(entry.commit)
        : (this.#states.findLast((known) => known.index < entry.index)?.state ?? NOTHING);
    this.#states.push({ index, state: this.#state });
  }

  get allowed(): ReadonlySet<string> {
    return this.#state.allowed;
  }

  #judged(number: number): State {
    const { commit, allowed, held } = this.#state;
    const declared = this.#commits[number]?.effective ?? new Map();
    const before = this.#commits[commit]?.effective ?? new Map();
    const isGone = (app: string) => !declared.has(app);
    const fresh = [...before.keys()].filter((app) => isGone(app) && !held.has(app));
    const consent = this.#commits
      .slice(commit + 1, number + 1)
      .some((passed) => passed.commit.allowDestroy.includes('all'));
    const isFree = consent || !isAboveBudget(fresh.length, declared.size + fresh.length);
    const open = new Set([...held].filter(isGone));
    return {
      commit: number,
      allowed: new Set([
        ...[...allowed].filter(isGone),
        ...(isFree ? fresh : []),
        ...(consent ? open : []),
      ]),
      held: new Set(consent ? [] : [...open, ...(isFree ? [] : fresh)]),
    };
  }
}
