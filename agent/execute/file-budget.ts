import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationFailure } from '../core/operation-failure.ts';

export interface FileBudgetOptions {
  /** Everything below them counts. */
  readonly folders: readonly string[];
  readonly limitBytes: number;
  /** Removes what no container uses any more and is old enough. */
  readonly tidy: () => Promise<void>;
}

const MIB = 1024 * 1024;

/** How much of the host's disk mounted files may take. */
export class FileBudget {
  readonly #options: FileBudgetOptions;

  constructor(options: FileBudgetOptions) {
    this.#options = options;
  }

  /**
   * @param bytes that are to be written.
   * @throws OperationFailure FileBudgetExceeded, before anything is changed.
   */
  async admit(bytes: number): Promise<void> {
    const { folders, limitBytes, tidy } = this.#options;
    if (bytes <= 0 || (await sizeOf(folders)) + bytes <= limitBytes) return;
    await tidy();
    const used = await sizeOf(folders);
    if (used + bytes <= limitBytes) return;
    const message = `mounted files would take ${inMib(used + bytes)} MiB on this host, and may take ${inMib(limitBytes)} MiB (SKEP_FILES_LIMIT)`;
    throw new OperationFailure('FileBudgetExceeded', 'host', message);
  }
}

const inMib = (bytes: number): string => (bytes / MIB).toFixed(1);

/** Bytes of all files below the folders; of one that is not there, none. */
export async function sizeOf(folders: readonly string[]): Promise<number> {
  let sum = 0;
  for (const folder of folders) {
    const children = await readdir(folder, { recursive: true }).catch(() => []);
    for (const child of children) {
      const found = await lstat(join(folder, child)).catch(() => undefined);
      if (found?.isFile()) sum += found.size;
    }
  }
  return sum;
}
