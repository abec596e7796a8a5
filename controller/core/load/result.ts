import type {
  AppId,
  BlobId,
  CommitSha,
  DesiredState,
  HostName,
  Issue,
  ProjectName,
  SecretReader,
} from '../../../schemas/domain/index.ts';
import type { LoadCache } from './cache.ts';
import type { TreeEntryLike } from './tree/file-table.ts';

export interface LoadInput {
  readonly revision: CommitSha;
  /** The tree under the configured path; paths from the repository's root. */
  readonly entries: readonly TreeEntryLike[];
  /** The configured path (`''` = the repository's root): where dot-folders and discover begin. */
  readonly root?: string;
  /** Bytes by blob id; called with what is needed only, in batches. */
  readonly read: (ids: readonly BlobId[]) => Promise<ReadonlyMap<BlobId, Uint8Array>>;
  readonly cache: LoadCache;
  /** Hosts declared implicitly where the repository declares none. */
  readonly implicitHosts?: readonly HostName[];
  /** Milliseconds since the epoch: a suspend that has ended is none. */
  readonly now: number;
  /** Opens Secrets; without one (offline) their values are only known to be there. */
  readonly secrets?: SecretReader;
  /** Awaited between slices of work, so that big input never blocks other work. */
  readonly pause: () => Promise<void>;
}

export interface LoadResult {
  /** Only what is good. */
  readonly desired: DesiredState;
  /** Sorted; at most 20 of one file and 200 in all, with the rest counted. */
  readonly issues: readonly Issue[];
  /** Declared, but with errors or depending on such: they stay at their last good revision. */
  readonly heldApps: readonly AppId[];
  /** The files that declare them. */
  readonly heldAppFiles: readonly string[];
  /** Files that cannot be read as manifests: what they declared stays. `.` = everything. */
  readonly heldFiles: readonly string[];
  /** Links and submodules: what was declared below them stays. */
  readonly heldFolders: readonly string[];
  /** Projects with an issue in a Project, Role or User: none of their apps changes. */
  readonly heldProjects: readonly ProjectName[];
  /** `Host/web-01`, `User/alice`, …: declared with errors; their last good form stays. */
  readonly heldNames: readonly string[];
}
