import { isUtf8 } from 'node:buffer';
import { Failure } from '../../schemas/domain/index.ts';

/** One line of `git ls-tree -r -t -l -z`. */
export interface ListedEntry {
  readonly mode: string;
  readonly type: string;
  readonly id: string;
  /** Bytes; 0 for trees and submodules. */
  readonly size: number;
  readonly path: string;
  /** The path is not UTF-8; `path` holds U+FFFD in its place. */
  readonly lossy: boolean;
}

const ENTRY = /^(\d{6}) (blob|tree|commit) ([0-9a-f]{40,64}) +(\d{1,15}|-)$/;

/**
 * Reads the listing as it streams in and counts folders too: a bomb of empty trees has no files
 * at all.
 */
export class TreeParser {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #onEntry: (entry: ListedEntry) => void;
  #rest: Buffer = Buffer.alloc(0);
  #entries = 0;
  #bytes = 0;

  constructor(
    limits: { readonly maxEntries: number; readonly maxListingBytes: number },
    onEntry: (entry: ListedEntry) => void,
  ) {
    this.#maxEntries = limits.maxEntries;
    this.#maxBytes = limits.maxListingBytes;
    this.#onEntry = onEntry;
  }

  /** @throws Failure TooManyFiles, RepositoryLimit; Error when it is not what git writes. */
  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      throw limit('RepositoryLimit', `its listing is larger than ${this.#maxBytes} bytes`);
    }
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = data.indexOf(0); end >= 0; end = data.indexOf(0, start)) {
      this.#entry(data.subarray(start, end));
      start = end + 1;
    }
    this.#rest = data.subarray(start);
  }

  /** @throws Error when the listing ends within an entry. */
  end(): void {
    if (this.#rest.length > 0) throw new Error('ls-tree: the listing is cut off');
  }

  #entry(record: Buffer): void {
    this.#entries += 1;
    if (this.#entries > this.#maxEntries) {
      throw limit('TooManyFiles', `it holds more than ${this.#maxEntries} files and folders`);
    }
    const tab = record.indexOf(9);
    const match = ENTRY.exec(record.toString('latin1', 0, Math.max(0, tab)));
    if (!match) throw new Error('ls-tree: unknown line');
    const [, mode = '', type = '', id = '', size = ''] = match;
    const name = record.subarray(tab + 1);
    this.#onEntry({
      mode,
      type,
      id,
      size: size === '-' ? 0 : Number(size),
      path: name.toString('utf8'),
      lossy: !isUtf8(name),
    });
  }
}

function limit(code: string, what: string): Failure {
  return new Failure(code, `the repository is too large under the configured path: ${what}`, {
    retry: 'never',
  });
}
