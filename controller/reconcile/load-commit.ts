import type {
  AppId,
  BlobId,
  CommitSha,
  DesiredState,
  HostName,
  SecretReader,
} from '../../schemas/domain/index.ts';
import { sha256, toBlobId } from '../../schemas/domain/index.ts';
import type { createLoadCache } from '../core/load/load.ts';
import { carryOver, type LoadResult, loadRevision } from '../core/load/load.ts';
import type { Source } from './ports.ts';

/** How far back an app that does not load now is looked for. */
const LAST_GOOD_COMMITS = 100;

export interface LoaderOptions {
  readonly source: Source;
  readonly cache: ReturnType<typeof createLoadCache>;
  /** Declared where the repository declares no Host. */
  readonly implicitHosts: readonly HostName[];
  readonly secrets: SecretReader;
  readonly now: () => number;
  /** Lets other work run between slices of a big load. */
  readonly pause: () => Promise<void>;
}

export interface Loaded {
  readonly result: LoadResult;
  /** What is in force: the result, with held apps at their last good revision. */
  readonly desired: DesiredState;
  /** Declared and held, but with no good revision found: what runs of them stays as it is. */
  readonly missing: readonly AppId[];
}

/** Loads one commit as it stands. @throws Failure of the source. */
export async function loadCommit(
  options: LoaderOptions,
  sha: CommitSha,
  signal: AbortSignal,
): Promise<LoadResult> {
  const entries = await options.source.tree(sha, signal);
  return await loadRevision({
    revision: sha,
    entries,
    read: (ids) => options.source.blobs(ids, signal),
    cache: options.cache,
    secrets: options.secrets,
    implicitHosts: options.implicitHosts,
    now: options.now(),
    pause: options.pause,
  });
}

/** Loads files that are in no commit (`skep plan --dir`), as if they were the whole tree. */
export async function loadFiles(
  options: LoaderOptions,
  revision: CommitSha,
  files: ReadonlyMap<string, string>,
): Promise<LoadResult> {
  const blobs = new Map<BlobId, Uint8Array>();
  const entries = [...files].map(([path, text]) => {
    const bytes = Buffer.from(text);
    const blob = toBlobId(sha256(bytes));
    blobs.set(blob, bytes);
    return { path, mode: '100644', size: bytes.length, blob };
  });
  return await loadRevision({
    revision,
    entries,
    read: async () => blobs,
    cache: options.cache,
    secrets: options.secrets,
    implicitHosts: options.implicitHosts,
    now: options.now(),
    pause: options.pause,
  });
}

/**
 * Loads a commit and carries held apps over from `previous`; after a restart, when there is no
 * previous state, from the newest commit in which they loaded.
 */
export async function loadInForce(
  options: LoaderOptions,
  sha: CommitSha,
  previous: DesiredState | undefined,
  signal: AbortSignal,
): Promise<Loaded> {
  const result = await loadCommit(options, sha, signal);
  let carried = carryOver(previous, result);
  if (previous !== undefined) {
    return { result, desired: carried.desired, missing: carried.heldMissing };
  }
  let open = result;
  const history = mustCarry(open) ? await options.source.log(sha, null, LAST_GOOD_COMMITS) : [];
  for (const commit of history.slice(1)) {
    const older = await loadCommit(options, commit.sha, signal);
    carried = carryOver(older.desired, { ...open, desired: carried.desired });
    open = stillOpen(open, older);
    if (!mustCarry(open)) break;
  }
  return { result, desired: carried.desired, missing: carried.heldMissing };
}

/** What the older commit could not give either; an app it gave, or rightly lacks, is settled. */
function stillOpen(open: LoadResult, older: LoadResult): LoadResult {
  const olderFiles = new Set(older.heldFiles);
  const olderProjects = new Set(older.heldProjects);
  return {
    ...open,
    heldApps: open.heldApps.filter((app) => !older.desired.apps.has(app)),
    heldFiles: open.heldFiles.filter((file) => olderFiles.has(file)),
    heldProjects: open.heldProjects.filter((project) => olderProjects.has(project)),
  };
}

function mustCarry(result: LoadResult): boolean {
  return (
    result.heldApps.length > 0 || result.heldFiles.length > 0 || result.heldProjects.length > 0
  );
}
