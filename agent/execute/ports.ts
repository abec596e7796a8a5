import type {
  AppId,
  FilesTold,
  HostOperation,
  OperationFields,
  Outcome,
  Owner,
  TreeEntry,
} from '../../schemas/domain/index.ts';

/** The kinds an agent performs. */
export type HostKind = HostOperation['kind'];

/** One operation's own fields, correlated with its kind so that dispatch needs no cast. */
export type FieldsOf<K extends HostKind = HostKind> = {
  [P in K]: { readonly kind: P } & OperationFields[P];
}[K];

/** Repository files by content, mode and owner (`files/<sha256>-<mode>-<uid>-<gid>`). */
export interface FileStore {
  /** Where the file is, or undefined where it is not there whole. */
  path(file: StoredFile): Promise<string | undefined>;
  /** On disk, whole, when it resolves. */
  put(file: StoredFile, content: Uint8Array): Promise<void>;
  /** A host path with its symbolic links followed, as far as it is there. */
  resolved(path: string): Promise<string>;
}

/** Mounted folders, and files that change in place, by the source that stands in a body. */
export interface TreeStore {
  /** Where it is, or undefined where it is not there. */
  path(source: string): Promise<string | undefined>;
  /** Bytes of all its files; 0 where it is not there. */
  size(source: string): Promise<number>;
  /** On disk when it resolves; what was there keeps its inode. */
  put(
    tree: MountedTree,
    read: (entry: TreeEntry) => Promise<Uint8Array>,
  ): Promise<'done' | 'unchanged'>;
}

export type MountedTree = OperationFields['put-tree'];

export interface StoredFile {
  readonly sha256: string;
  /** Permission bits, at most 0o777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What outlives the process: epoch, operations begun and ended, containers created. */
export interface Journal {
  epoch(): bigint;
  /** Undefined: never heard of. `begun`: no end is known. */
  operation(id: string): 'begun' | Outcome | undefined;
  /** The app for which this was created or adopted here. Keys: core/record-key.ts. */
  recordedApp(key: string): AppId | undefined;
  /** Whose it is by adoption: counts as labels would. */
  adopted(key: string): Owner | undefined;
  /** What this container was told of the content of its files. */
  files(containerId: string): FilesTold | undefined;
  /** On disk when it resolves, as the next three. */
  tellFiles(containerId: string, told: FilesTold): Promise<void>;
  raiseEpoch(epoch: bigint): Promise<void>;
  begin(operationId: string): Promise<void>;
  record(key: string, app: AppId, owner?: Owner): Promise<void>;
  end(operationId: string, outcome: Outcome): Promise<void>;
  forget(key: string): Promise<void>;
}

export interface PauseState {
  readonly reason: string;
  /** Milliseconds since the epoch, on this host's clock. */
  readonly untilMs: number;
}
