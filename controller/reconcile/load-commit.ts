import type {
  AppId,
  BlobId,
  CommitSha,
  DesiredState,
  HostName,
  SecretReader,
} from '../../schemas/domain/index.ts';
import { Failure, sha256, toBlobId } from '../../schemas/domain/index.ts';
import type { createLoadCache } from '../core/load/load.ts';
import { carryOver, heldFileTest, type LoadResult, loadRevision } from '../core/load/load.ts';
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
    const older = await loadOlder(options, commit.sha, signal);
    if (!older) continue;
    carried = carryOver(older.desired, { ...open, desired: carried.desired });
    open = stillOpen(open, older);
    if (!mustCarry(open)) break;
  }
  const { desired } = carried;
  const missing = new Set([...result.heldApps, ...open.heldApps]);
  return { result, desired, missing: [...missing].filter((app) => !desired.apps.has(app)) };
}

/** Never loadable: a later look would meet the same. */
const UNREADABLE: ReadonlySet<string> = new Set(['EmptyTree', 'TooManyFiles', 'RepositoryLimit']);

/** Undefined where that commit is one that was never in force, since nobody can load it. */
async function loadOlder(
  options: LoaderOptions,
  sha: CommitSha,
  signal: AbortSignal,
): Promise<LoadResult | undefined> {
  try {
    return await loadCommit(options, sha, signal);
  } catch (error) {
    if (error instanceof Failure && UNREADABLE.has(error.code)) return undefined;
    throw error;
  }
}

/** Of what is open, what the older commit could not give either; what it rightly lacks is settled. */
function stillOpen(open: LoadResult, older: LoadResult): LoadResult {
  if (older.heldFiles.includes(EVERYTHING)) return open;
  if (open.heldFiles.includes(EVERYTHING)) return { ...older, desired: open.desired };
  const heldFiles = [...older.heldFiles, ...older.heldAppFiles];
  const isOpen = heldFileTest(open);
  const isOlderOpen = heldFileTest({ ...older, heldFiles });
  return {
    ...open,
    heldApps: open.heldApps.filter((app) => !older.desired.apps.has(app)),
    heldFiles: [...open.heldFiles.filter(isOlderOpen), ...heldFiles.filter(isOpen)],
    heldFolders: [...open.heldFolders.filter(isOlderOpen), ...older.heldFolders.filter(isOpen)],
    heldProjects: open.heldProjects.filter((project) => older.heldProjects.includes(project)),
    heldNames: open.heldNames.filter((name) => older.heldNames.includes(name)),
  };
}

const EVERYTHING = '.';

const mustCarry = (result: LoadResult): boolean =>
  [
    result.heldApps,
    result.heldFiles,
    result.heldFolders,
    result.heldProjects,
    result.heldNames,
  ].some((held) => held.length > 0);
