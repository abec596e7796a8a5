import type { Api } from './client.ts';

/** Longest time without a look, for when events do not arrive. */
const POLL_MS = 2_000;
/** Shortest time between two looks. */
const SETTLE_MS = 100;
const RETRY_MS = 1_000;

/**
 * Yields at once, then whenever the server tells of an event, and every 2 s in any case, until
 * `signal` aborts. Events that come close together are one.
 */
export async function* wakeups(api: Api, signal: AbortSignal): AsyncGenerator<void> {
  const bell = new Bell();
  const listening = listen(api, bell, signal);
  try {
    while (!signal.aborted) {
      yield;
      await pause(SETTLE_MS, signal);
      await bell.wait(POLL_MS - SETTLE_MS, signal);
    }
  } finally {
    bell.close();
    await listening;
  }
}

/** A closed connection or a server that has no event stream leaves polling alone. */
async function listen(api: Api, bell: Bell, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !bell.closed.aborted) {
    try {
      for await (const _event of api.events(null, AbortSignal.any([signal, bell.closed]))) {
        bell.ring();
      }
    } catch {
      // Polling goes on; a server that is really away shows there.
    }
    await pause(RETRY_MS, AbortSignal.any([signal, bell.closed]));
  }
}

class Bell {
  readonly #closing = new AbortController();
  #rung = false;
  #waiting: (() => void) | undefined;

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  close(): void {
    this.#closing.abort();
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung) {
      const rung = new AbortController();
      this.#waiting = () => rung.abort();
      await pause(ms, AbortSignal.any([signal, rung.signal]));
      this.#waiting = undefined;
    }
    this.#rung = false;
  }
}

/** Resolves after `ms` or when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
