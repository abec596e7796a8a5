import type { Clock } from '../../kit/clock.ts';
import { type BlobId, type CommitSha, Failure, toBlobId } from '../../schemas/domain/index.ts';
import type { Commit, TreeEntry } from '../reconcile/ports.ts';
import type { BlobCache } from './blob-cache.ts';
import { logArguments, parseLog } from './commit-log.ts';
import { GitError, runGit } from './git.ts';
import type { GitEnvironment } from './git-environment.ts';
import type { SourceLimits } from './limits.ts';
import { listTree } from './list-tree.ts';
import { corrupt, ObjectReader } from './object-reader.ts';
import type { ListedEntry } from './tree-parser.ts';

export interface RepositoryReaderOptions {
  readonly directory: string;
  readonly environment: GitEnvironment;
  /** Folder whose tree is read, `''` for the root. */
  readonly folder: string;
  readonly limits: SourceLimits;
  readonly cache: BlobCache;
  readonly clock: Clock;
}

const KEPT_LISTINGS = 4;
const KEPT_TREE_IDS = 200_000;

/** Reads commits, trees and blobs of one mirror; ends when the mirror is exchanged. */
export class RepositoryReader {
  readonly #options: RepositoryReaderOptions;
  readonly #objects: ObjectReader;
  readonly #listings = new Map<string, readonly TreeEntry[]>();
  readonly #verifiedTrees = new Set<string>();

  constructor(options: RepositoryReaderOptions) {
    this.#options = options;
    const { directory, environment, clock, limits } = options;
    const timeoutMs = limits.readTimeoutMs;
    this.#objects = new ObjectReader({ directory, environment, clock, timeoutMs });
  }

  stop(): void {
    this.#objects.stop();
  }

  /** The commit a reference or id names, its content held against its id; else undefined. */
  async commitId(name: string): Promise<CommitSha | undefined> {
    const [header] = await this.#objects.headers([name]);
    if (header?.type !== 'commit') return undefined;
    this.#checkSize(header.size, header.id);
    await this.#objects.contents([header.id]);
    return header.id as CommitSha;
  }

  /** Id of the tree under the configured folder; undefined where there is no such folder. */
  async folderTree(sha: CommitSha): Promise<string | undefined> {
    const { folder } = this.#options;
    const [header] = await this.#objects.headers([
      folder === '' ? `${sha}^{tree}` : `${sha}:${folder}`,
    ]);
    return header?.type === 'tree' ? header.id : undefined;
  }

  /** Bytes of the tree object itself: none for an empty folder. */
  async treeSize(tree: string): Promise<number> {
    const [header] = await this.#objects.headers([tree]);
    if (header?.type !== 'tree') throw corrupt(`tree ${tree} is missing`);
    return header.size;
  }

  /** @throws Failure TooManyFiles, RepositoryLimit, MirrorCorrupt */
  async listing(tree: string, signal: AbortSignal): Promise<readonly TreeEntry[]> {
    const known = this.#listings.get(tree);
    if (known) return known;
    const { directory, environment, limits, clock } = this.#options;
    const listed = await listTree({ tree, directory, environment, limits, clock, signal });
    const trees = listed.filter((entry) => entry.type === 'tree').map((entry) => entry.id);
    await this.#verifyTrees([tree, ...trees]);
    const entries = listed.filter((entry) => entry.type !== 'tree').map(asTreeEntry);
    this.#keepListing(tree, entries);
    return entries;
  }

  /** @throws Failure FileTooLarge, RepositoryLimit, MirrorCorrupt */
  async blobs(ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, Uint8Array>> {
    const found = new Map<BlobId, Uint8Array>();
    const wanted = new Set<BlobId>();
    for (const id of ids) {
      const content = this.#options.cache.get(id);
      if (content) found.set(id, content);
      else wanted.add(toBlobId(id));
    }
    for (const object of await this.#readBlobs([...wanted])) {
      this.#options.cache.put(object.id, object.content);
      found.set(object.id as BlobId, object.content);
    }
    return found;
  }

  /** Empty where `from` is not there. @throws Failure MirrorCorrupt */
  async log(
    from: CommitSha,
    until: CommitSha | null,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly Commit[]> {
    const { directory, environment, limits, clock } = this.#options;
    const names = until === null ? [from] : [from, until];
    const headers = await this.#objects.headers(names);
    if (headers.some((header) => header?.type !== 'commit')) return [];
    const args = logArguments(from, until, limit);
    const timeoutMs = limits.readTimeoutMs;
    try {
      return parseLog(await runGit({ args, directory, environment, clock, timeoutMs, signal }));
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      if (error.fault === 'exit') throw corrupt(error.message, error);
      throw new Failure('RepositoryLimit', 'reading the history took too long', { cause: error });
    }
  }

  async #readBlobs(ids: readonly BlobId[]) {
    const headers = await this.#objects.headers(ids);
    let total = 0;
    headers.forEach((header, index) => {
      if (header?.type !== 'blob') throw corrupt(`file ${ids[index]} is missing`);
      this.#checkSize(header.size, header.id);
      total += header.size;
    });
    if (total > this.#options.limits.maxReadBytes) {
      throw new Failure('RepositoryLimit', `the files asked for are ${total} bytes together`);
    }
    return await this.#objects.contents(ids);
  }

  #checkSize(size: number, id: string): void {
    const { maxFileBytes } = this.#options.limits;
    if (size <= maxFileBytes) return;
    const what = `object ${id} has ${size} bytes, more than ${maxFileBytes}`;
    throw new Failure('FileTooLarge', what, { retry: 'never' });
  }

  /** Git checks no id when it lists: a damaged index could show another folder. */
  async #verifyTrees(ids: readonly string[]): Promise<void> {
    const fresh = [...new Set(ids)].filter((id) => !this.#verifiedTrees.has(id));
    await this.#objects.contents(fresh);
    if (this.#verifiedTrees.size + fresh.length > KEPT_TREE_IDS) this.#verifiedTrees.clear();
    for (const id of fresh) this.#verifiedTrees.add(id);
  }

  #keepListing(tree: string, entries: readonly TreeEntry[]): void {
    this.#listings.set(tree, entries);
    const [oldest] = this.#listings.keys();
    if (this.#listings.size > KEPT_LISTINGS && oldest !== undefined) this.#listings.delete(oldest);
  }
}

function asTreeEntry(entry: ListedEntry): TreeEntry {
  const { mode, size, path } = entry;
  const blob = toBlobId(entry.id);
  return entry.lossy ? { path, mode, size, blob, notUtf8: true } : { path, mode, size, blob };
}
