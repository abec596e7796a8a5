/** All that reconcile needs from the world. Implemented by the IO rooms, faked in testing/. */
import type {
  AppId,
  AppliedSpecs,
  AppStatus,
  AuditEntry,
  BlobId,
  CommitSha,
  EngineInfo,
  HistoryEntry,
  HostName,
  HostOperation,
  HostStatus,
  InstallationId,
  ManifestAnswer,
  ObservedUnit,
  OperationProgress,
  Outcome,
  RevisionStatus,
  SkepEvent,
  SourceStatus,
  UnitKey,
  UnitStatus,
} from '../../schemas/domain/index.ts';

/** One entry of a commit's tree, as `ls-tree -r -l` shows it. */
export interface TreeEntry {
  /** From the configured path, `/`-separated; raw, not yet judged. */
  readonly path: string;
  /** Set where the name is not UTF-8; `path` then holds U+FFFD in its place. */
  readonly notUtf8?: true;
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule). */
  readonly mode: string;
  /** Bytes once inflated; 0 for submodules. */
  readonly size: number;
  readonly blob: BlobId;
}

export interface Commit {
  readonly sha: CommitSha;
  readonly subject: string;
  readonly author: string;
  /** ISO 8601. */
  readonly committedAt: string;
  /** Values of `Allow-Destroy:` trailers. */
  readonly allowDestroy: readonly string[];
}

/** A followed repository. Every call reads git objects; nothing is ever checked out (decision 12). */
export interface Source {
  /**
   * Fetches and answers the branch's commit. Calls made while one runs share the next one.
   * @throws Failure SourceUnreachable, BranchNotFound, MirrorCorrupt: the last good state stays.
   */
  fetch(signal: AbortSignal): Promise<Commit>;
  /** The tree under the configured path. @throws Failure TooManyFiles, RepositoryLimit. */
  tree(sha: CommitSha, signal: AbortSignal): Promise<readonly TreeEntry[]>;
  /** Bytes by blob id; cached. @throws Failure FileTooLarge. */
  blobs(ids: readonly BlobId[], signal: AbortSignal): Promise<ReadonlyMap<BlobId, Uint8Array>>;
  /** First-parent history from `from` (inclusive) back to `until` (exclusive), newest first. */
  log(from: CommitSha, until: CommitSha | null, limit: number): Promise<readonly Commit[]>;
  /** Called with no payload whenever the branch may have moved (poll, watch, webhook). */
  onTrigger(listener: () => void): void;
}

/** The connected agents and what they report. */
export interface Fleet {
  hosts(): readonly ConnectedHost[];
  /** Undefined while the host is offline or its first snapshot is not in. */
  observed(key: UnitKey): ObservedUnit | undefined;
  /** Hosts and swarms: all that units can be on. */
  places(): readonly HostName[];
  /** Keys of units of this installation that own anything on that host or swarm. */
  ownedUnits(host: HostName): readonly UnitKey[];
  /**
   * Sends one operation and waits for its outcome. Never rejects: a lost session, a refusal and a
   * missed deadline are outcomes too. When it resolves, `observed` already shows the effect.
   */
  execute(host: HostName, dispatch: Dispatch, signal: AbortSignal): Promise<Outcome>;
  /**
   * What an image reference means in its registry, as the host that would pull it sees it; `auth`:
   * the engine's `AuthConfig` as JSON. Never rejects; answers within 20 s.
   */
  inspectManifest(host: HostName, reference: string, auth?: Uint8Array): Promise<ManifestAnswer>;
  /** Last lines of a container, oldest first; empty when it cannot be read within 3 s. */
  tailLogs(host: HostName, container: string, lines: number): Promise<readonly string[]>;
  /** Changed units of a host; `all` after a connect, a disconnect or an engine change. */
  onObserved(listener: (host: HostName, changed: readonly UnitKey[] | 'all') => void): void;
}

export interface ConnectedHost {
  readonly host: HostName;
  readonly online: boolean;
  /** Controller time, ms, of the last change of `online`. */
  readonly sinceMs: number;
  readonly engine: EngineInfo | null;
  readonly agentVersion: string | null;
  readonly paused: { readonly reason: string; readonly untilMs: number } | null;
}

export interface Dispatch {
  /** Unique for this attempt; the agent answers a repeated id from its journal. */
  readonly operationId: string;
  readonly unit: UnitKey;
  readonly operation: HostOperation;
  /** The bytes of put-file; the engine's `AuthConfig` as JSON for pull-image. */
  readonly content?: Uint8Array;
  readonly deadlineMs: number;
  /** Called with what the host tells meanwhile; some of it may be lost. */
  readonly onProgress?: (progress: OperationProgress) => void;
}

/**
 * Status cache and history. Asynchronous so that a database server can stand behind it. Status and
 * events are committed in the order of the calls, whether or not the caller waits in between.
 */
export interface Store {
  putRevision(revision: RevisionStatus): Promise<void>;
  revision(sha: CommitSha): Promise<RevisionStatus | undefined>;
  putUnit(unit: UnitStatus): Promise<void>;
  removeUnit(key: UnitKey): Promise<void>;
  units(): Promise<readonly UnitStatus[]>;
  /** What specs were made of; a cache like the status beside it. */
  putSpecs(specs: AppliedSpecs): Promise<void>;
  removeSpecs(key: UnitKey): Promise<void>;
  specs(): Promise<readonly AppliedSpecs[]>;
  putApp(app: AppStatus): Promise<void>;
  removeApp(id: AppId): Promise<void>;
  putHost(host: HostStatus): Promise<void>;
  removeHost(name: HostName): Promise<void>;
  putSource(source: SourceStatus): Promise<void>;
  addHistory(entry: Omit<HistoryEntry, 'id'>): Promise<number>;
  addEvent(event: Omit<SkepEvent, 'id'>): Promise<SkepEvent>;
  addAudit(entry: Omit<AuditEntry, 'id'>): Promise<AuditEntry>;
}

/** A (unit, service, spec hash) that ran and failed: not tried again until one changes (decision 8). */
export interface FailedMark {
  readonly unit: UnitKey;
  readonly service: string;
  readonly specHash: string;
  /** Of the replica; absent = the spec as such cannot run. */
  readonly number?: number;
  readonly reason: string;
  readonly message: string;
  readonly logs: readonly string[];
  readonly at: string;
  readonly revision: CommitSha | null;
}

/** A one-shot that has run to its end: not run again for that spec, present or not. */
export interface Completion {
  readonly unit: UnitKey;
  readonly service: string;
  /** Of the replica. */
  readonly number: number;
  readonly specHash: string;
}

/** Image reference -> what it was resolved to (`name@sha256:…` or an image id). */
export type ImageLocks = Readonly<Record<string, string>>;

/** Durable facts that must outlive the store (decision 19). Every put is on disk when it resolves. */
export interface Vault {
  installation(): InstallationId;
  /** Read once at start. */
  facts(): VaultFacts;
  /** Becomes the newest of the unit's contents. */
  putImageLocks(unit: UnitKey, entry: ImageLockEntry): Promise<void>;
  putFailedMark(mark: FailedMark): Promise<void>;
  putCompletion(completion: Completion): Promise<void>;
  /** Drops failed marks and completions of the unit but those of the given hashes. */
  keepMarks(unit: UnitKey, specHashes: readonly string[]): Promise<void>;
  putRemovals(removals: Removals): Promise<void>;
  /** Forgets everything kept about a unit that is gone. */
  forgetUnit(unit: UnitKey): Promise<void>;
}

export interface VaultFacts {
  /** The locks of a unit's present and previous content, newest last. */
  readonly imageLocks: ReadonlyMap<UnitKey, readonly ImageLockEntry[]>;
  readonly failedMarks: readonly FailedMark[];
  readonly completions: readonly Completion[];
  readonly removals: Removals;
}

export interface ImageLockEntry {
  readonly contentHash: string;
  readonly locks: ImageLocks;
  /** Reference -> when its registry was asked last; controller time, ms. */
  readonly lookedUp?: Readonly<Record<string, number>>;
  /** `spec.restart` of that content. */
  readonly restart?: string;
}

/** Which removals git has been allowed to make (decision 10). */
export interface Removals {
  /** The revision up to which removals were judged. */
  readonly judged: CommitSha | null;
  /** Apps that vanished within the budget, or with consent: these may be pruned. */
  readonly allowed: readonly AppId[];
  /** Apps that vanished above the budget: kept running, shown as BudgetExceeded. */
  readonly held: readonly AppId[];
}
