import type { Issue } from './issue.ts';
import type { AppId, CommitSha, HostName, UnitKey } from './names.ts';
import type { Blocker, Operation, ServiceChange } from './operation.ts';
import type { Health, HistoryEntry, RevisionStatus, SourceStatus, Sync } from './status.ts';

/** One page of a list. `next` goes into `?cursor=`; null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** An error as RFC 9457 has it, `application/problem+json`. */
export interface ProblemDocument {
  /** `urn:skep:problem:<code>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Stable: programs decide by it. */
  readonly code: string;
}

/** `GET /api/v1/status`, of what the asking user may read. */
export interface StatusSummary {
  readonly source: SourceStatus | null;
  readonly apps: {
    readonly total: number;
    readonly health: Readonly<Record<Health, number>>;
    readonly sync: Readonly<Record<Sync, number>>;
  };
  readonly hosts: {
    readonly total: number;
    readonly online: number;
    readonly offline: number;
    readonly neverSeen: number;
    readonly paused: number;
  };
  /** Every app Healthy and Synced. */
  readonly converged: boolean;
}

/** `GET /api/v1/revisions/:sha`. */
export interface RevisionDetail extends RevisionStatus {
  /** Newest first, at most 200, without their operations. */
  readonly outcomes: readonly Omit<HistoryEntry, 'operations'>[];
}

/** Answer of `POST /api/v1/login` and `/refresh`. */
export interface SessionTokens {
  readonly accessToken: string;
  /** Good for one exchange. */
  readonly refreshToken: string;
  readonly expiresInS: number;
}

/** One link of the chain that blocks an app, outermost cause first. */
export interface WhyStep {
  /** `shop/web@web-01`, `host web-01`, `source`. */
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
  /** ISO 8601. */
  readonly since: string;
  /** What makes it go away, for a person. */
  readonly clears: string;
}

/** `GET /api/v1/plan` and `POST /api/v1/plan`. */
export interface PlanDocument {
  readonly revision: CommitSha | null;
  readonly issues: readonly Issue[];
  readonly units: readonly PlannedUnit[];
}

/** A plan as it is shown: engine bodies stay inside. */
export interface PlannedUnit {
  readonly unit: UnitKey;
  readonly app: AppId;
  readonly host: HostName;
  readonly provisional: boolean;
  readonly changes: readonly ServiceChange[];
  readonly blockers: readonly Blocker[];
  readonly leftBehind: readonly string[];
  /** What is taken over first, without a change on the host. */
  readonly adoptions: readonly PlannedOperation[];
  readonly operations: readonly PlannedOperation[];
  readonly text: string;
}

export type PlannedOperation = Pick<
  Operation,
  'id' | 'kind' | 'service' | 'resource' | 'cause' | 'reason' | 'dependsOn'
>;

/** `GET /api/v1/apps/:name/logs`: the last lines of one container, oldest first. */
export interface ContainerLogs {
  readonly host: HostName;
  readonly service: string;
  readonly container: string;
  readonly lines: readonly string[];
}

/** `GET /api/v1/users`. Hashes never leave the controller. */
export interface UserView {
  readonly name: string;
  readonly disabled: boolean;
  readonly roles: readonly string[];
}
