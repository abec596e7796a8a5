import type { Issue } from './issue.ts';
import type { AppId, CommitSha, HostName, ProjectName, UnitKey } from './names.ts';
import type { OperationKind, Outcome, ServiceChange } from './operation.ts';

export type Health = 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown';
export type Sync = 'Synced' | 'OutOfSync' | 'Unknown';

export const CONDITION_TYPES = ['Ready', 'Reconciling', 'Stalled'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** The closed list of reasons; a new one is added here and in docs/reasons.md. */
export const REASONS = [
  'AllHealthy',
  'Completed',
  'Starting',
  'RollingOut',
  'Pulling',
  'RolledBack',
  'HealthProbeFailing',
  'CrashLoop',
  'OOMKilled',
  'ExitedNonZero',
  'StartFailed',
  'ReloadFailed',
  'FileBudgetExceeded',
  'HookFailed',
  'Stopped',
  'Paused',
  'DeadlineExceeded',
  'ImageNotFound',
  'PullDenied',
  'PullFailed',
  'PlatformMismatch',
  'PortConflict',
  'NameTaken',
  'NetworkNotFound',
  'VolumeNotFound',
  'VolumeDiverged',
  'ConfigNotFound',
  'SecretNotFound',
  'UpdatePaused',
  'NodeLost',
  'NoManager',
  'MountFailed',
  'InvalidSpec',
  'EngineError',
  'HostOffline',
  'HostPaused',
  'HostPolicy',
  'StaleEpoch',
  'NotObserved',
  'WaitingOn',
  'WaitingTurn',
  'RolloutHalted',
  'BudgetExceeded',
  'Suspended',
  'Drifted',
  'NonConvergent',
  'HeldAtLastGood',
  'Pruning',
  'Removed',
] as const;
export type Reason = (typeof REASONS)[number];

export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
  /** ISO 8601; moves only when status or reason changes. */
  readonly since: string;
}

/** Health of one service on one host, from its containers. */
export interface ServiceStatus {
  readonly service: string;
  readonly health: Health;
  readonly reason: Reason;
  readonly message: string;
  readonly image: string;
  readonly replicas: { readonly desired: number; readonly running: number };
  readonly containers: readonly { readonly id: string; readonly name: string }[];
}

/** One app on one host. */
export interface UnitStatus {
  readonly key: UnitKey;
  readonly app: AppId;
  readonly host: HostName;
  readonly health: Health;
  readonly sync: Sync;
  /** The revision this status speaks about. */
  readonly revision: CommitSha | null;
  /** The revision whose content last converged here. */
  readonly appliedRevision: CommitSha | null;
  /** Fingerprint of the desired unit that last converged here. */
  readonly appliedFingerprint: string | null;
  readonly conditions: readonly Condition[];
  readonly services: readonly ServiceStatus[];
  /** What a plan would still do, in words; empty when Synced. */
  readonly pending: readonly ServiceChange[];
  /** Last lines of the container that failed, newest last. */
  readonly logs: readonly string[];
  readonly updatedAt: string;
}

/** An app over all its hosts: the worst of its units. */
export interface AppStatus {
  readonly id: AppId;
  readonly project: ProjectName;
  readonly name: string;
  readonly health: Health;
  readonly sync: Sync;
  readonly revision: CommitSha | null;
  readonly conditions: readonly Condition[];
  readonly units: readonly UnitStatus[];
  readonly updatedAt: string;
}

export type RevisionState =
  | 'loading'
  | 'progressing'
  | 'applied'
  | 'failed'
  | 'rejected'
  | 'superseded';

export interface RevisionStatus {
  readonly sha: CommitSha;
  readonly state: RevisionState;
  readonly subject: string;
  readonly author: string;
  readonly committedAt: string;
  readonly issues: readonly Issue[];
  /** Apps whose desired state this revision changed. */
  readonly apps: readonly {
    readonly app: AppId;
    readonly host: HostName;
    readonly state: 'pending' | 'progressing' | 'done' | 'failed' | 'superseded' | 'held';
    readonly reason: Reason | null;
    readonly message: string;
  }[];
  readonly supersededBy: CommitSha | null;
  /** Lead-time phases, ISO 8601, null until reached. */
  readonly phases: {
    readonly seenAt: string;
    readonly loadedAt: string | null;
    readonly firstOperationAt: string | null;
    readonly appliedAt: string | null;
  };
}

export interface HostStatus {
  readonly name: HostName;
  readonly declared: boolean;
  readonly state: 'online' | 'offline' | 'never-seen';
  readonly since: string;
  readonly engine: string | null;
  readonly apiVersion: string | null;
  readonly agentVersion: string | null;
  readonly paused: { readonly reason: string; readonly until: string } | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly units: number;
}

/** State of the followed repository: what is in force, how old it is, what is wrong with it. */
export interface SourceStatus {
  readonly repository: string;
  readonly branch: string;
  readonly head: CommitSha | null;
  /** The revision in force: the last one that loaded. */
  readonly revision: CommitSha | null;
  readonly fetchedAt: string | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly since: string;
  } | null;
}

/** One finished rollout, or one held or refused one. */
export interface HistoryEntry {
  readonly id: number;
  readonly unit: UnitKey;
  readonly app: AppId;
  readonly host: HostName;
  readonly revision: CommitSha | null;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly result: 'done' | 'failed' | 'superseded';
  readonly reason: Reason | null;
  readonly message: string;
  readonly operations: readonly OperationRecord[];
}

export interface OperationRecord {
  readonly id: string;
  readonly kind: OperationKind;
  readonly resource: string;
  readonly cause: string;
  readonly outcome: Outcome;
}

/** A numbered event, as sent over SSE. Numbers only grow, also over restarts. */
export interface SkepEvent {
  readonly id: number;
  readonly at: string;
  readonly type:
    | 'revision'
    | 'unit'
    | 'operation'
    | 'drift'
    | 'host'
    | 'source'
    | 'budget'
    | 'audit';
  readonly app?: AppId;
  readonly host?: HostName;
  readonly revision?: CommitSha;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  /** `user:alice`, `host:web-01`, `operator` (admin.sock), `controller`. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
