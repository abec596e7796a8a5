import type { FieldChange } from './applied.ts';
import type { AppId, CommitSha, HostName, Sha256, UnitKey } from './names.ts';
import type { SwarmFile } from './swarm.ts';

/** JSON that goes to the engine as it is. Built only by `engine/` from an allow-list of fields. */
export type EngineBody = Readonly<Record<string, unknown>>;

/** One file or folder of what is mounted as one. */
export interface TreeEntry {
  /** Below the mounted folder; empty = the one file that is mounted. */
  readonly path: string;
  /** Of a file; absent = a folder. */
  readonly sha256?: Sha256;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What a container is told when its files have changed. */
export type FilesAction =
  | { readonly kind: 'none' }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | { readonly kind: 'restart'; readonly timeoutS: number };

/** Target -> digest of the content that a container has been told of; nothing to a person. */
export type FilesRecord = Readonly<Record<string, string>>;

/** A command of `post_start` or `pre_stop`: the argv of a revision (decision 13). */
export interface ContainerHook {
  readonly argv: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly workingDir?: string;
  /** `NAME=value` each. */
  readonly env?: readonly string[];
}

/**
 * What each kind of operation carries. `target` is a container id, or the name that an earlier
 * operation of the same plan gives it.
 */
export interface OperationFields {
  /** `platform`: as the author wrote it; absent = the host's own. */
  readonly 'pull-image': { readonly reference: string; readonly platform?: string };
  /** `image` is an id; removed only while `lock` names it, and never by force. */
  readonly 'remove-image': { readonly image: string; readonly lock: string };
  /** The bytes travel with the dispatch; the agent keeps them by content. */
  readonly 'put-file': {
    readonly sha256: Sha256;
    readonly size: number;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
  };
  /**
   * Makes a mounted folder or file out of what `put-file` has brought. `source` as it stands in the
   * body; one that is there keeps its inode, so that containers see what changes.
   */
  readonly 'put-tree': {
    readonly source: string;
    readonly folder: boolean;
    readonly entries: readonly TreeEntry[];
  };
  readonly 'create-network': { readonly name: string; readonly body: EngineBody };
  /** `network` is its id: another one of that name is left alone. */
  readonly 'remove-network': { readonly network: string; readonly name: string };
  readonly 'create-volume': { readonly name: string; readonly body: EngineBody };
  readonly 'remove-volume': { readonly name: string };
  readonly 'create-container': {
    readonly name: string;
    readonly body: EngineBody;
    readonly specHash: string;
    /** Of a service whose files change in place: what it begins with. */
    readonly files?: FilesRecord;
  };
  /** Tells a container of new content of its files, once, and notes that it was told. */
  readonly 'apply-files': {
    readonly target: string;
    readonly files: FilesRecord;
    readonly action: FilesAction;
  };
  /**
   * `hooks` run once it is started; where one fails, so does the operation. `first`: it has never
   * run as far as the plan knows; one that has, and ended, is left as it is: what ended well must
   * not run twice because an answer got lost.
   */
  readonly 'start-container': {
    readonly target: string;
    readonly first?: boolean;
    readonly hooks?: readonly ContainerHook[];
  };
  /**
   * `timeoutS`: seconds between the stop signal and the kill. `hooks` run before; it is stopped
   * whatever becomes of them.
   */
  readonly 'stop-container': {
    readonly target: string;
    readonly timeoutS: number;
    readonly hooks?: readonly ContainerHook[];
  };
  readonly 'unpause-container': { readonly target: string };
  readonly 'remove-container': { readonly target: string };
  readonly 'rename-container': { readonly target: string; readonly name: string };
  readonly 'update-container': { readonly target: string; readonly body: EngineBody };
  readonly 'connect-network': {
    readonly network: string;
    readonly target: string;
    readonly body: EngineBody;
  };
  readonly 'disconnect-network': { readonly network: string; readonly target: string };
  /**
   * Takes over an object that somebody else made: the agent writes down whose it is, since labels
   * cannot be changed; the engine is not asked to do anything. `target`: the id of a container or
   * network, the name of a volume; `key`: the service, or the object's key in the Compose file;
   * `number`: of the replica, else 0.
   */
  readonly adopt: {
    readonly object: 'container' | 'network' | 'volume';
    readonly target: string;
    readonly key: string;
    readonly number: number;
    readonly specHash: string;
  };
  /**
   * Not sent: holds back what depends on it until the container is as asked.
   * `unchangedMs`: how long it must have stood so, by the controller's clock; absent = at once.
   */
  readonly 'await-container': {
    readonly target: string;
    readonly until: AwaitedState;
    readonly unchangedMs?: number;
  };
  /** Not sent as an operation: asks the reference's registry, through the host, what it stands for. */
  readonly 'resolve-image': { readonly reference: string };
  /** A config or secret of a swarm. The bytes travel with the dispatch and are in no plan. */
  readonly 'create-swarm-file': {
    readonly file: SwarmFile['kind'];
    readonly name: string;
    readonly body: EngineBody;
  };
  /** Labels are all of one that can change. */
  readonly 'update-swarm-file': {
    readonly file: SwarmFile['kind'];
    readonly target: string;
    readonly labels: EngineBody;
  };
  readonly 'remove-swarm-file': { readonly file: SwarmFile['kind']; readonly target: string };
  readonly 'create-service': { readonly name: string; readonly body: EngineBody };
  /**
   * `base`: the hash of the spec it was planned from; another one is not overwritten.
   * `keepReplicas`: their number is somebody else's to say.
   */
  readonly 'update-service': {
    readonly target: string;
    readonly body: EngineBody;
    readonly base: string;
    readonly keepReplicas: boolean;
  };
  readonly 'remove-service': { readonly target: string };
  /** Not sent: holds back what depends on it until the swarm's service is as asked. */
  readonly 'await-service': {
    readonly name: string;
    readonly taskHash: string;
    readonly until: AwaitedState;
  };
  /** Not sent: holds back what depends on it until every unit of that app is ready. */
  readonly 'await-app': { readonly app: AppId };
}

export type AwaitedState = 'started' | 'ready' | 'completed';
export type OperationKind = keyof OperationFields;

interface OperationBase {
  /** Unique in its plan and stable for equal inputs: `create-container web-1`. */
  readonly id: string;
  /** The Compose service it serves, where there is one. */
  readonly service?: string;
  /** What a person reads: the object's name. */
  readonly resource: string;
  /** Why, for a person: `image: a:1 → a:2`. Secrets are masked. */
  readonly cause: string;
  /** `change`: git asks for it; `drift`: the host moved away; `rollback`; `prune`. */
  readonly reason: 'change' | 'drift' | 'rollback' | 'prune';
  readonly dependsOn: readonly string[];
}

export type Operation = {
  [K in OperationKind]: OperationBase & { readonly kind: K } & OperationFields[K];
}[OperationKind];

export type OperationOf<K extends OperationKind> = Extract<Operation, { readonly kind: K }>;

export type AwaitOperation = OperationOf<'await-container' | 'await-service' | 'await-app'>;

/** What is carried out, here or on a host. */
export type ActiveOperation = Exclude<Operation, AwaitOperation>;

/** What goes to an agent. */
export type HostOperation = Exclude<ActiveOperation, OperationOf<'resolve-image'>>;

export const isAwait = (operation: Operation): operation is AwaitOperation =>
  operation.kind === 'await-container' ||
  operation.kind === 'await-service' ||
  operation.kind === 'await-app';

/** What happens to one service, for the plan's text: what, whether it is down meanwhile, why. */
export interface ServiceChange {
  readonly service: string;
  readonly action:
    | 'create'
    | 'replace'
    | 'update'
    | 'reload'
    | 'start'
    | 'scale'
    | 'run'
    | 'remove'
    | 'roll back';
  /** Set where the service is away for a moment; the reason, for a person. */
  readonly downtime?: string;
  readonly cause: string;
  /** Of `replace` and `update`: every field that differs, as far as it is known. */
  readonly fields?: readonly FieldChange[];
  /** Of `update`: what is done to the running container; nothing else happens to it. */
  readonly inPlace?: readonly OperationKind[];
}

/** The ordered difference of one unit. Pure data; `operations` in a valid order of execution. */
export interface Plan {
  readonly unit: UnitKey;
  readonly host: HostName;
  readonly app: AppId;
  readonly revision?: CommitSha;
  readonly operations: readonly Operation[];
  /**
   * What is taken over, before anything else is done; nothing on the host changes by it. The
   * operations are those that are left once it is ours.
   */
  readonly adoptions: readonly OperationOf<'adopt'>[];
  readonly changes: readonly ServiceChange[];
  /** What cannot be done and stays undone until something changes. */
  readonly blockers: readonly Blocker[];
  /** True while an image is not known yet: what follows the pulls is planned again after them. */
  readonly provisional: boolean;
  /** Volumes that stay behind without a user (`data left behind`). */
  readonly leftBehind: readonly string[];
}

export interface Blocker {
  readonly reason: string;
  readonly message: string;
  readonly service?: string;
}

export type OutcomeStatus = 'done' | 'unchanged' | 'failed' | 'skipped' | 'superseded';

/** The result of one operation. */
export interface Outcome {
  readonly status: OutcomeStatus;
  /** Milliseconds on the machine that did it. */
  readonly durationMs: number;
  readonly error?: OperationError;
}

/** `spec`: the same again would fail the same; `world`: backs off and heals; `host`: refused there. */
export interface OperationError {
  readonly code: OperationErrorCode;
  readonly fault: 'spec' | 'world' | 'host';
  readonly message: string;
}

export const OPERATION_ERROR_CODES = [
  'ImageNotFound',
  'PullDenied',
  'PullFailed',
  'PlatformMismatch',
  'PortConflict',
  'NameTaken',
  'NetworkNotFound',
  'VolumeNotFound',
  'MountFailed',
  'InvalidSpec',
  'StartFailed',
  'HookFailed',
  'ReloadFailed',
  'FileBudgetExceeded',
  'NotOwned',
  'ConfigNotFound',
  'SecretNotFound',
  'Overtaken',
  'NotManager',
  'InUse',
  'HostPolicy',
  'HostPaused',
  'StaleEpoch',
  'EngineError',
  'EngineTimeout',
  'EngineUnreachable',
  'Interrupted',
  'SessionLost',
  'HostOffline',
] as const;
export type OperationErrorCode = (typeof OPERATION_ERROR_CODES)[number];
