import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { Pace } from './pace.ts';
import { nextPollMs } from './poll.ts';
import { type ReferenceWatch, watchReferences } from './watch-references.ts';

export interface TriggersOptions {
  /** Path of a local repository, whose references are watched. */
  readonly localPath: string | null;
  readonly branch: string;
  /** The commit that was fetched last. */
  readonly head: () => string | null;
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** A burst of pokes from outside is one fetch, and at most one more a second. */
const POKE_PACE = { gatherMs: 50, intervalMs: 1_000 };
/** A push moves several files; the first of them already tells. */
const WATCH_PACE = { gatherMs: 0, intervalMs: 100 };

/** All that says "the branch may have moved": poll, watch, webhook. None of it carries a payload. */
export class Triggers {
  readonly #options: TriggersOptions;
  readonly #listeners: (() => void)[] = [];
  readonly #pokes: Pace;
  readonly #moves: Pace;
  #started = false;
  #stopped = false;
  #failures = 0;
  #cancelPoll: (() => void) | undefined;
  #watch: ReferenceWatch | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(options: TriggersOptions) {
    this.#options = options;
    const { clock } = options;
    this.#pokes = new Pace({ ...POKE_PACE, clock, act: () => this.#emit() });
    this.#moves = new Pace({ ...WATCH_PACE, clock, act: () => void this.#emitIfMoved() });
  }

  onTrigger(listener: () => void): void {
    this.#listeners.push(listener);
  }

  start(signal: AbortSignal): void {
    if (this.#started || signal.aborted) return;
    this.#started = true;
    signal.addEventListener('abort', () => void this.stop(), { once: true });
    this.#schedulePoll();
    // The first fetch comes after the watch stands: what moves in between is not missed.
    this.#renewWatch(() => this.#emit());
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#stopped = true;
    this.#cancelPoll?.();
    this.#pokes.stop();
    this.#moves.stop();
    await this.#watching;
    const watch = this.#watch;
    this.#watch = undefined;
    await watch?.stop();
  }

  poke(): void {
    if (!this.#stopped) this.#pokes.hit();
  }

  /** A fetch ended: the next poll is set by its result, a lost watch is set up again. */
  fetched(well: boolean): void {
    this.#failures = well ? 0 : this.#failures + 1;
    if (!this.#started) return;
    this.#schedulePoll();
    this.#renewWatch(() => undefined);
  }

  #emit(): void {
    for (const listener of this.#listeners) listener();
  }

  /** A push moves several files, and other branches move too. */
  async #emitIfMoved(): Promise<void> {
    const tip = await this.#watch?.tip(this.#options.branch);
    if (this.#started && (tip === undefined || tip !== this.#options.head())) this.#emit();
  }

  #schedulePoll(): void {
    const { clock, pollIntervalMs, random } = this.#options;
    this.#cancelPoll?.();
    this.#cancelPoll = clock.setTimer(nextPollMs(pollIntervalMs, this.#failures, random), () => {
      this.#schedulePoll();
      this.#emit();
    });
  }

  /** The repository may appear later, or be replaced by another one at the same path. */
  #renewWatch(then: () => void): void {
    const { localPath, clock, logger } = this.#options;
    if (localPath === null) {
      then();
      return;
    }
    this.#watching = this.#watching
      .then(async () => {
        if (!this.#started || (await this.#watch?.isCurrent())) return;
        await this.#watch?.stop();
        this.#watch = await watchReferences({
          path: localPath,
          onChange: () => this.#moves.hit(),
          clock,
          logger,
        });
      })
      .catch((error: unknown) => {
        logger.warn({ error: String(error) }, 'the repository cannot be watched, only polled');
      })
      .then(then);
  }
}
