import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const REMEMBER_EVERY_MS = 5_000;

/** Remembers in a file's time when the controller was last heard, for who looks from outside. */
export class Contact {
  readonly #file: string;
  readonly #now: () => number;
  #rememberedMs = Number.NEGATIVE_INFINITY;

  constructor(file: string, now: () => number) {
    this.#file = file;
    this.#now = now;
  }

  heard(): void {
    const now = this.#now();
    if (Math.abs(now - this.#rememberedMs) < REMEMBER_EVERY_MS) return;
    this.#rememberedMs = now;
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      writeFileSync(this.#file, `${new Date(now).toISOString()}\n`);
    } catch {
      // A full disk must not end a session; who looks sees an old time, which is true enough.
    }
  }
}

/** Milliseconds since the controller was last heard; undefined where it never was. */
export function sinceContactMs(file: string, now: number): number | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found && Math.max(0, now - found.mtimeMs);
}
