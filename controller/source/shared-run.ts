/**
 * Runs one thing at a time. Calls made while it runs share the next run: what they want to see
 * may have come after the present one began.
 */
export class SharedRun<T> {
  readonly #work: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(work: () => Promise<T>) {
    this.#work = work;
  }

  run(): Promise<T> {
    if (this.#next) return this.#next;
    if (!this.#running) return this.#begin();
    const begin = () => this.#begin();
    this.#next = this.#running.then(begin, begin);
    return this.#next;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    for (let last = this.#next ?? this.#running; last; last = this.#next ?? this.#running) {
      await last.catch(() => undefined);
    }
  }

  #begin(): Promise<T> {
    this.#next = undefined;
    const running = this.#work().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}

/** Stops waiting, not the work, when the signal aborts. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const done = () => signal.removeEventListener('abort', onAbort);
    void work.then(resolve, reject).finally(done);
  });
}
