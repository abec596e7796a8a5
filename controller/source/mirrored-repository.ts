import { type BlobId, type CommitSha, Failure } from '../../schemas/domain/index.ts';
import type { Commit, TreeEntry } from '../reconcile/ports.ts';
import { BlobCache } from './blob-cache.ts';
import { Mirror, type MirrorOptions } from './mirror.ts';
import { RepositoryReader } from './repository-reader.ts';

export interface MirroredRepositoryOptions extends MirrorOptions {
  /** Folder whose tree is read, `''` for the root. */
  readonly folder: string;
  /** Ends everything under way. */
  readonly signal: AbortSignal;
}

/**
 * A repository read through its mirror. A damaged mirror is made anew, once, and what was asked
 * is asked again; the caller sees the damage only when the repository is away too.
 */
export class MirroredRepository {
  readonly #options: MirroredRepositoryOptions;
  readonly #mirror: Mirror;
  readonly #cache: BlobCache;
  #reader: RepositoryReader | undefined;
  #opened = false;
  #usable = false;
  #renewal: Promise<void> | undefined;
  #head: Commit | undefined;

  constructor(options: MirroredRepositoryOptions) {
    this.#options = options;
    this.#mirror = new Mirror(options);
    this.#cache = new BlobCache(options.limits.blobCacheBytes);
  }

  stop(): void {
    this.#reader?.stop();
  }

  /** One at a time. @throws Failure; the mirror is then as it was. */
  async fetch(): Promise<Commit> {
    const { signal } = this.#options;
    await this.#open();
    if (!this.#usable) await this.#renew();
    else await this.#update();
    const head = await this.#healing(() => this.#readHead());
    if (head !== this.#head) await this.#mirror.upkeep(signal);
    this.#head = head;
    return head;
  }

  /** @throws Failure CommitNotFound, TooManyFiles, RepositoryLimit, MirrorCorrupt */
  tree(sha: CommitSha): Promise<readonly TreeEntry[]> {
    return this.#healing(async (reader) => {
      const tree = await this.#folderTree(reader, sha);
      return tree === undefined ? [] : await reader.listing(tree, this.#options.signal);
    });
  }

  /** @throws Failure FileTooLarge, RepositoryLimit, MirrorCorrupt */
  blobs(ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, Uint8Array>> {
    return this.#healing((reader) => reader.blobs(ids));
  }

  log(from: CommitSha, until: CommitSha | null, limit: number): Promise<readonly Commit[]> {
    return this.#healing((reader) => reader.log(from, until, limit, this.#options.signal));
  }

  async #open(): Promise<void> {
    if (this.#opened) return;
    this.#usable = await this.#mirror.open();
    this.#opened = true;
  }

  async #update(): Promise<void> {
    try {
      await this.#mirror.fetch(this.#options.signal);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'MirrorCorrupt') throw error;
      await this.#renew(error);
    }
  }

  async #readHead(): Promise<Commit> {
    const reader = this.#currentReader();
    const sha = await reader.commitId(this.#mirror.reference);
    if (sha === undefined) {
      throw new Failure('MirrorCorrupt', 'the mirror has lost the branch it follows');
    }
    if (sha === this.#head?.sha) return this.#head;
    if (await this.#isEmpty(reader, sha)) {
      const folder = this.#options.folder === '' ? 'the repository' : this.#options.folder;
      throw new Failure('EmptyTree', `${folder} holds no files in ${sha}: what runs stays`);
    }
    const [commit] = await reader.log(sha, null, 1, this.#options.signal);
    if (!commit) throw new Failure('MirrorCorrupt', `commit ${sha} cannot be read`);
    return commit;
  }

  async #isEmpty(reader: RepositoryReader, sha: CommitSha): Promise<boolean> {
    const tree = await this.#folderTree(reader, sha);
    if (tree === undefined) return true;
    return (await reader.treeSize(tree)) === 0;
  }

  async #folderTree(reader: RepositoryReader, sha: CommitSha): Promise<string | undefined> {
    if ((await reader.commitId(sha)) !== undefined) return await reader.folderTree(sha);
    if (sha === this.#head?.sha) throw new Failure('MirrorCorrupt', `commit ${sha} is missing`);
    throw new Failure('CommitNotFound', `the repository has no commit ${sha}`, { retry: 'never' });
  }

  async #healing<T>(read: (reader: RepositoryReader) => Promise<T>): Promise<T> {
    const reader = this.#currentReader();
    try {
      return await read(reader);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'MirrorCorrupt') throw error;
      // Another caller may have had it made anew meanwhile.
      if (reader === this.#reader) await this.#renew(error);
    }
    return await read(this.#currentReader());
  }

  #currentReader(): RepositoryReader {
    const { folder, limits, clock } = this.#options;
    const { directory } = this.#mirror;
    const environment = this.#mirror.environment();
    const options = { directory, environment, folder, limits, clock, cache: this.#cache };
    this.#reader ??= new RepositoryReader(options);
    return this.#reader;
  }

  /** Callers share one renewal. */
  #renew(because?: Failure): Promise<void> {
    this.#renewal ??= this.#renewOnce(because).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renewOnce(because: Failure | undefined): Promise<void> {
    const { logger, signal } = this.#options;
    if (because) logger.warn({ error: because.message }, 'the mirror is made anew');
    await this.#mirror.renew(signal);
    this.#usable = true;
    this.#reader?.stop();
    this.#reader = undefined;
  }
}
