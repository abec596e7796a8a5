import {
  type ActiveOperation,
  type HostOperation,
  type OperationProgress,
  splitUnitKey,
} from '../../schemas/domain/index.ts';
import { type PullState, pullText } from '../core/status/pull-text.ts';
import type { PassOptions } from './pass-options.ts';
import { errorText } from './queue.ts';
import type { StatusFacts } from './status-writer.ts';

/** The status is written at most so often. */
const STATUS_EVERY_MS = 2_000;
/** Whoever waits for the revision, and the events, hear of it at most so often. */
const TOLD_EVERY_MS = 10_000;

/** Says how far the pulls of one unit are while they run. What it says may be lost, never late. */
export class PullProgress {
  readonly #options: PassOptions;
  readonly #facts: StatusFacts;
  readonly #write: (message: string) => Promise<void>;
  readonly #pulls = new Map<string, PullState>();
  #writtenMs: number;
  #toldMs: number;

  constructor(options: PassOptions, facts: StatusFacts, write: (message: string) => Promise<void>) {
    this.#options = options;
    this.#facts = facts;
    this.#write = write;
    this.#writtenMs = options.clock.now();
    this.#toldMs = this.#writtenMs;
  }

  /** The listener of one operation; none for what is no pull. */
  of({ kind, resource }: HostOperation): ((progress: OperationProgress) => void) | undefined {
    if (kind !== 'pull-image') return undefined;
    this.#pulls.set(resource, { doneBytes: 0, totalBytes: 0 });
    return (progress) => {
      this.#pulls.set(resource, progress);
      this.#say();
    };
  }

  ended({ resource }: ActiveOperation): void {
    this.#pulls.delete(resource);
  }

  #say(): void {
    const now = this.#options.clock.now();
    if (now - this.#writtenMs < STATUS_EVERY_MS) return;
    this.#writtenMs = now;
    const isTold = now - this.#toldMs >= TOLD_EVERY_MS;
    if (isTold) this.#toldMs = now;
    this.#put(pullText(this.#pulls), isTold).catch((error: unknown) => {
      this.#options.logger.warn({ error: errorText(error) }, 'progress was not written');
    });
  }

  async #put(message: string, isTold: boolean): Promise<void> {
    const { revisions, store, clock } = this.#options;
    const { key } = this.#facts;
    const [doneBytes, totalBytes] = this.#sums();
    await Promise.all([
      this.#write(message),
      isTold && revisions.report(key, 'progressing', 'Pulling', message),
      isTold &&
        store.addEvent({
          at: new Date(clock.now()).toISOString(),
          type: 'operation',
          ...splitUnitKey(key),
          message,
          data: { doneBytes, totalBytes },
        }),
    ]);
  }

  #sums(): readonly [done: number, total: number] {
    let [done, total] = [0, 0];
    for (const { doneBytes, totalBytes } of this.#pulls.values()) {
      done += doneBytes;
      total += totalBytes;
    }
    return [done, total];
  }
}
