import { createHash } from 'node:crypto';
import type { Commit, Source, TreeEntry } from '../controller/reconcile/ports.ts';
import { type BlobId, type CommitSha, toBlobId, toCommitSha } from '../schemas/domain/index.ts';

/** A repository in memory: the entries of one tree and the bytes behind them, as git has them. */
export class Tree {
  readonly revision: CommitSha = toCommitSha('a'.repeat(40));
  readonly #entries = new Map<string, TreeEntry>();
  readonly #blobs = new Map<string, Uint8Array>();

  put(path: string, text: string): void {
    const bytes = new TextEncoder().encode(text);
    const blob = toBlobId(createHash('sha1').update(bytes).digest('hex'));
    this.#blobs.set(blob, bytes);
    this.#entries.set(path, { path, mode: '100644', size: bytes.length, blob });
  }

  entries(): readonly TreeEntry[] {
    return [...this.#entries.values()];
  }

  async read(ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, Uint8Array>> {
    return new Map(ids.map((id) => [id, this.#blobs.get(id) ?? new Uint8Array()]));
  }

  /** The tree as a followed repository whose branch does not move. */
  source(): Source {
    const commit: Commit = {
      sha: this.revision,
      subject: 'all apps',
      author: 'bench',
      committedAt: '2026-01-01T00:00:00Z',
      allowDestroy: [],
    };
    return {
      fetch: async () => commit,
      tree: async () => this.entries(),
      blobs: (ids) => this.read(ids),
      log: async () => [commit],
      onTrigger: () => {},
    };
  }
}
