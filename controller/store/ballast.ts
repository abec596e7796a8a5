import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const BALLAST_BYTES = 2 * 1024 * 1024;
/** Free space that must be there before space is reserved again. */
const COMFORT_BYTES = 32 * 1024 * 1024;

/**
 * Space kept in reserve: on a full disk SQLite can not even delete, and giving this back lets it
 * write a little more.
 */
export class Ballast {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Reserves again where there is room to spare; never throws. */
  reserve(): void {
    try {
      if (existsSync(this.#path)) return;
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (bavail * bsize < COMFORT_BYTES) return;
      writeFileSync(this.#path, Buffer.alloc(BALLAST_BYTES, 1), { mode: 0o600 });
    } catch {
      rmSync(this.#path, { force: true });
    }
  }

  /** @returns whether there was something to give back. */
  release(): boolean {
    if (!existsSync(this.#path)) return false;
    rmSync(this.#path, { force: true });
    return true;
  }
}
