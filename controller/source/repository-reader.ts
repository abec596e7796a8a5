import type { Clock } from '../../kit/clock.ts';
import {
  type BlobId,
  type CommitSha,
  Failure,
  toBlobId,
  toCommitSha,
} from '../../schemas/domain/index.ts';
import type { Commit, TreeEntry } from '../reconcile/ports.ts';
import type { BlobCache } from './blob-cache.ts';
import { logArguments, parseLog } from './commit-log.ts';
import { GitError, runGit } from './git.ts';
import type { GitEnvironment } from './git-environment.ts';
import type { SourceLimits } from './limits.ts';
import { corrupt, ObjectReader } from './object-reader.ts';
import { TreeWalker } from './tree-walker.ts';

export interface RepositoryReaderOptions {
  readonly environment: GitEnvironment;
  /** Folder whose tree is read, `''` for the root. */
  readonly folder: string;
  readonly limits: SourceLimits;
  readonly cache: BlobCache;
  readonly clock: Clock;
}

export interface CommitObject {
  readonly sha: CommitSha;
  readonly tree: string;
  /** Its one parent; null where it has none or several. */
  readonly parent: string | null;
}

/** More than the first lines of a commit take, with ids of either length. */
const HEAD_BYTES = 250;
const COMMIT_HEAD = /^tree ([0-9a-f]{40,64})\n(?:parent ([0-9a-f]{40,64})\n(?!parent ))?/;

/** Reads commits, trees and blobs of one mirror; ends when the mirror is exchanged. */
export class RepositoryReader {
  readonly #options: RepositoryReaderOptions;
  readonly #objects: ObjectReader;
  readonly #trees: TreeWalker;

  constructor(options: RepositoryReaderOptions) {
    this.#options = options;
    const { environment, clock, limits } = options;
    const timeoutMs = limits.readTimeoutMs;
    this.#objects = new ObjectReader({ environment, clock, timeoutMs });
    this.#trees = new TreeWalker(this.#objects, limits);
  }

  stop(): void {
    this.#objects.stop();
  }

  /** The commit a reference or id names, held against its id; undefined where there is none. */
  async commit(name: string): Promise<CommitObject | undefined> {
    const [header] = await this.#objects.headers([name]);
    if (header?.type !== 'commit') return undefined;
    this.#checkSize(header.size, header.id);
    const [object] = await this.#objects.contents([header.id]);
    const text = Buffer.from(object?.content ?? []).toString('latin1', 0, HEAD_BYTES);
    const [, tree, parent = null] = COMMIT_HEAD.exec(text) ?? [];
    if (tree === undefined) throw corrupt(`commit ${header.id} has no tree`);
    return { sha: toCommitSha(header.id), tree, parent };
  }

  /** True where the configured folder is not there or holds nothing. */
  async isEmpty(commit: CommitObject): Promise<boolean> {
    const tree = await this.#trees.find(commit.tree, this.#options.folder);
    return tree === undefined || (await this.#trees.isEmpty(tree));
  }

  /** @throws Failure TooManyFiles, RepositoryLimit, MirrorCorrupt */
  async list(commit: CommitObject): Promise<readonly TreeEntry[]> {
    const tree = await this.#trees.find(commit.tree, this.#options.folder);
    return tree === undefined ? [] : await this.#trees.list(tree);
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

  /** Empty where one of the ends is not there. @throws Failure MirrorCorrupt */
  async log(
    from: CommitSha,
    until: CommitSha | null,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly Commit[]> {
    const { environment, limits, clock } = this.#options;
    const names = until === null ? [from] : [from, until];
    const headers = await this.#objects.headers(names);
    if (headers.some((header) => header?.type !== 'commit')) return [];
    const args = logArguments(from, until, limit);
    const timeoutMs = limits.readTimeoutMs;
    try {
      return parseLog(await runGit({ args, environment, clock, timeoutMs, signal }));
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
}
