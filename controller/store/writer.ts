import type { Database } from 'better-sqlite3';
import { Failure } from '../../schemas/domain/index.ts';
import { isBusy, isFull, toStoreFailure } from './failures.ts';

/** Jobs of one transaction: more would hold the event loop too long. */
const MAX_BATCH = 500;
/** Waiting jobs; above it the store refuses rather than grows. */
const MAX_PENDING = 20_000;
/** Longest pause between a write and its commit. */
const MAX_DELAY_MS = 50;
/** How long a lock held by another process is waited for. */
const BUSY_DEADLINE_MS = 60_000;
const BUSY_PAUSE_MS = 50;

interface Job {
  write: () => void;
  readonly settle: { resolve: () => void; reject: (failure: Failure) => void }[];
}

export interface WriterOptions {
  readonly db: Database;
  /** Frees reserved space once; true when a second try is worth it. */
  readonly onFull: () => boolean;
  readonly now: () => number;
}

/**
 * Gathers writes and commits them together. A write under the same key replaces the one that
 * waits, and both promises resolve with the commit of the newer. A slow disk widens the pauses
 * (up to 50 ms), so that commits take at most about a fifth of the event loop.
 */
export class BatchWriter {
  readonly #options: WriterOptions;
  #jobs = new Map<string, Job>();
  #serial = 0;
  #scheduled = false;
  #delayMs = 0;
  #busySince: number | null = null;
  #lastFailure: string | null = null;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Code of the last commit's failure; null once one has gone well again. */
  get lastFailure(): string | null {
    return this.#lastFailure;
  }

  /** Resolves when `write`, or a later one under the same key, is committed. @throws Failure */
  put(key: string, write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#jobs.get(key);
      if (waiting) {
        waiting.write = write;
        waiting.settle.push({ resolve, reject });
        return;
      }
      if (this.#jobs.size >= MAX_PENDING) {
        return reject(new Failure('StoreBusy', `More than ${MAX_PENDING} writes are waiting.`));
      }
      this.#jobs.set(key, { write, settle: [{ resolve, reject }] });
      this.#schedule(this.#delayMs);
    });
  }

  /** A write of its own, in the order of the calls. */
  append<T>(write: () => T): Promise<T> {
    let result: { readonly value: T } | undefined;
    this.#serial += 1;
    const done = this.put(`#${this.#serial}`, () => {
      result = { value: write() };
    });
    return done.then(() => {
      if (!result) throw new Failure('StoreFailed', 'A write was committed without a result.');
      return result.value;
    });
  }

  /** Commits all that waits, now. Never throws: each write learns of its own failure. */
  flush(): void {
    while (this.#jobs.size > 0) this.#commitBatch('final');
  }

  #schedule(delayMs: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const run = () => {
      this.#scheduled = false;
      this.#commitBatch('more may follow');
      if (this.#jobs.size > 0) this.#schedule(this.#delayMs);
    };
    if (delayMs === 0) setImmediate(run);
    else setTimeout(run, delayMs);
  }

  #commitBatch(mode: 'final' | 'more may follow'): void {
    const batch = [...this.#jobs].slice(0, MAX_BATCH);
    if (batch.length === 0) return;
    const start = performance.now();
    try {
      this.#commit(batch.map(([, job]) => job));
      this.#busySince = null;
    } catch (error) {
      if (mode === 'more may follow' && this.#waitsForLock(error)) return;
      this.#settle(batch, toStoreFailure(error));
      return;
    }
    this.#delayMs = Math.min(MAX_DELAY_MS, Math.floor((performance.now() - start) * 4));
    this.#settle(batch, null);
  }

  #commit(jobs: readonly Job[]): void {
    const transaction = this.#options.db.transaction(() => {
      for (const job of jobs) job.write();
    });
    try {
      transaction.immediate();
    } catch (error) {
      if (!isFull(error) || !this.#options.onFull()) throw error;
      transaction.immediate();
    }
  }

  #waitsForLock(error: unknown): boolean {
    if (!isBusy(error)) return false;
    const now = this.#options.now();
    this.#busySince ??= now;
    this.#delayMs = BUSY_PAUSE_MS;
    if (now - this.#busySince < BUSY_DEADLINE_MS) return true;
    this.#busySince = null;
    return false;
  }

  #settle(batch: readonly (readonly [string, Job])[], failure: Failure | null): void {
    this.#lastFailure = failure?.code ?? null;
    for (const [key, job] of batch) {
      this.#jobs.delete(key);
      for (const { resolve, reject } of job.settle) {
        if (failure) reject(failure);
        else resolve();
      }
    }
  }
}
