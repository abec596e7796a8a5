import { type BackoffPolicy, backoffMs } from '../../kit/backoff.ts';
import { type BlobId, type CommitSha, Failure } from '../../schemas/domain/index.ts';
import type { Commit, TreeEntry } from '../reconcile/ports.ts';
import { BlobCache } from './blob-cache.ts';
import { Mirror, type MirrorOptions } from './mirror.ts';
import { type CommitObject, RepositoryReader } from './repository-reader.ts';

export interface MirroredRepositoryOptions extends MirrorOptions {
  /** Folder whose tree is read, `''` for the root. */
  readonly folder: string;
  /** Ends everything under way. */
  readonly signal: AbortSignal;
}

/** A fresh mirror that is no better is not made again at once: it costs a whole clone. */
const RENEWALS: BackoffPolicy = { firstMs: 30_000, maxMs: 3_600_000, factor: 4 };

const KNOWN_COMMITS = 10_000;

/**
 * A repository read through its mirror. A damaged mirror is made anew, once, and what was asked
 * is asked again; the caller sees the damage only when the repository is away too.
 */
export class MirroredRepository {
  readonly #options: MirroredRepositoryOptions;
  readonly #mirror: Mirror;
  readonly #cache: BlobCache;
  #reader: RepositoryReader | undefined;
  #opened: Promise<void> | undefined;
  #usable = false;
  #renewal: Promise<void> | undefined;
  #head: Commit | undefined;
  readonly #known = new Set<CommitSha>();
  /** Since a fetch last needed none. */
  #renewals = 0;
  #renewAfterMs = 0;

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
    const renewals = this.#renewals;
    if (!this.#usable) await this.#renew();
    else await this.#update();
    const head = await this.#healing(() => this.#readHead());
    if (head !== this.#head) await this.#mirror.upkeep(signal);
    this.#head = head;
    if (renewals === this.#renewals) this.#forgetRenewals();
    return head;
  }

  /** @throws Failure CommitNotFound, TooManyFiles, RepositoryLimit, MirrorCorrupt */
  tree(sha: CommitSha): Promise<readonly TreeEntry[]> {
    return this.#healing(async (reader) => reader.list(await this.#commit(reader, sha)));
  }

  /** @throws Failure FileTooLarge, RepositoryLimit, MirrorCorrupt */
  blobs(ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, Uint8Array>> {
    return this.#healing((reader) => reader.blobs(ids));
  }

  log(from: CommitSha, until: CommitSha | null, limit: number): Promise<readonly Commit[]> {
    return this.#healing(async (reader) => {
      const commit = this.#known.has(from) ? await this.#commit(reader, from) : undefined;
      // The usual push is one commit: what the fetch read of it is all there is to read.
      if (this.#head?.sha === from && until !== null && commit?.parent === until) {
        return [this.#head];
      }
      return this.#remember(await reader.log(from, until, limit, this.#options.signal));
    });
  }

  /** No git looks into a directory before it was judged. */
  #open(): Promise<void> {
    this.#opened ??= this.#mirror.open().then(
      (usable) => {
        this.#usable = usable;
      },
      (error: unknown) => {
        this.#opened = undefined;
        throw error;
      },
    );
    return this.#opened;
  }

  #forgetRenewals(): void {
    this.#renewals = 0;
    this.#renewAfterMs = 0;
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
    const found = await reader.commit(this.#mirror.reference);
    if (!found) throw new Failure('MirrorCorrupt', 'the mirror has lost the branch it follows');
    const { sha } = found;
    if (sha === this.#head?.sha) return this.#head;
    if (await reader.isEmpty(found)) {
      const folder = this.#options.folder === '' ? 'the repository' : this.#options.folder;
      throw new Failure('EmptyTree', `${folder} holds no files in ${sha}: what runs stays`);
    }
    const [commit] = await reader.log(sha, null, 1, this.#options.signal);
    if (!commit) throw new Failure('MirrorCorrupt', `commit ${sha} cannot be read`);
    this.#remember([commit]);
    return commit;
  }

  /** A commit that we once handed out cannot be unknown. */
  async #commit(reader: RepositoryReader, sha: CommitSha): Promise<CommitObject> {
    const commit = await reader.commit(sha);
    if (commit) return commit;
    if (this.#known.has(sha)) throw new Failure('MirrorCorrupt', `commit ${sha} is missing`);
    throw new Failure('CommitNotFound', `the repository has no commit ${sha}`, { retry: 'never' });
  }

  #remember(commits: readonly Commit[]): readonly Commit[] {
    if (this.#known.size > KNOWN_COMMITS) this.#known.clear();
    for (const commit of commits) this.#known.add(commit.sha);
    return commits;
  }

  async #healing<T>(read: (reader: RepositoryReader) => Promise<T>): Promise<T> {
    await this.#open();
    this.#options.signal.throwIfAborted();
    if (!this.#usable) throw new Failure('NotFetched', 'the repository was not fetched yet');
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
    const environment = this.#mirror.environment();
    const options = { environment, folder, limits, clock, cache: this.#cache };
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
    const { clock, logger, signal } = this.#options;
    if (because && clock.now() < this.#renewAfterMs) throw because;
    if (because) {
      this.#renewals += 1;
      this.#renewAfterMs = clock.now() + backoffMs(RENEWALS, this.#renewals);
      logger.warn({ error: because.message }, 'the mirror is made anew');
    }
    await this.#mirror.renew(signal);
    this.#usable = true;
    this.#reader?.stop();
    this.#reader = undefined;
  }
}
