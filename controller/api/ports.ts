/** All that the API needs from the rest of the controller; main.ts joins them. */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import type {
  AppId,
  AppStatus,
  AuditEntry,
  CommitSha,
  DesiredState,
  HistoryEntry,
  HostName,
  HostStatus,
  Issue,
  Plan,
  RevisionStatus,
  SkepEvent,
  SourceStatus,
  UnitStatus,
  WhyStep,
} from '../../schemas/domain/index.ts';

export interface ApiDeps {
  readonly store: StatusReader & SessionStore;
  /** The state in force: its users and roles decide access. Undefined until a first revision loads. */
  readonly desired: () => DesiredState | undefined;
  readonly sourceStatus: () => SourceStatus | undefined;
  /** Sorted by name. */
  readonly hosts: () => readonly HostStatus[];
  /** Computes and stores nothing. @throws Failure CommitNotFound, EmptyTree, FileTooLarge, RepositoryLimit */
  readonly plan: (request: PlanRequest, signal: AbortSignal) => Promise<PlanAnswer>;
  /** What blocks an app, outermost cause first; empty when nothing does. Absent = from its conditions. */
  readonly why?: (app: AppId) => Promise<readonly WhyStep[]>;
  /** Last lines of a container, oldest first; empty when it cannot be read within 3 s. */
  readonly tailLogs: (
    host: HostName,
    container: string,
    lines: number,
  ) => Promise<readonly string[]>;
  /** What a container of the app said, without what is sealed in git. */
  readonly masked: (app: AppId, text: string) => string;
  /** Calls the listener for every event once it is stored; the returned function ends that. */
  readonly subscribe: (listener: (event: SkepEvent) => void) => () => void;
  /** What is not ready yet, as short codes; empty = ready. */
  readonly notReady: () => readonly string[];
  /** Read at every use, so that a rotation needs no restart. */
  readonly keys: SigningKeys;
  /** Names this installation in tokens. */
  readonly installation: string;
  readonly addAudit: (entry: Omit<AuditEntry, 'id'>) => Promise<AuditEntry>;
  /** Users that live outside git: the generated one of `skep up`. They win over a declared name. */
  readonly localUsers?: readonly LocalUser[];
  readonly clock: Clock;
  /** Cryptographically strong bytes. */
  readonly randomBytes: (count: number) => Buffer;
  readonly logger: Logger;
}

export interface LocalUser {
  readonly name: string;
  /** argon2id PHC string. */
  readonly passwordHash: string;
  /** Declared roles by name; `admin` is built in and grants everything. */
  readonly roles: readonly string[];
}

/** ES256 (P-256). Two are live, so that a rotation cuts no session. */
export interface SigningKeys {
  readonly current: SigningKey;
  readonly previous?: SigningKey | undefined;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export type PlanRequest =
  | { readonly kind: 'revision'; readonly sha: CommitSha | null }
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, string> };

export interface PlanAnswer {
  readonly revision: CommitSha | null;
  readonly issues: readonly Issue[];
  readonly units: readonly { readonly plan: Plan; readonly text: string }[];
}

/** `accept` sees the cheap columns of a row; refused rows are in no page and no count. */
export interface PageQuery<Row, Position> {
  readonly after: Position | null;
  readonly limit: number;
  readonly accept: (row: Row) => boolean;
}

export interface StorePage<Item, Position> {
  readonly items: readonly Item[];
  /** Where the next page starts; null on the last one. */
  readonly next: Position | null;
}

export type AppRow = Pick<AppStatus, 'id' | 'project' | 'name' | 'health' | 'sync'>;
export type EventRow = Pick<SkepEvent, 'id' | 'type'> & {
  readonly app: AppId | null;
  readonly host: HostName | null;
};
export type StoredAudit = AuditEntry & { readonly hash: string };

/** Reads never write and stay possible on a full disk. */
export interface StatusReader {
  revision(sha: CommitSha): Promise<RevisionStatus | undefined>;
  /** Newest first. */
  revisions(query: PageQuery<unknown, number>): Promise<StorePage<RevisionStatus, number>>;
  app(id: AppId): Promise<AppStatus | undefined>;
  /** By id. */
  apps(query: PageQuery<AppRow, string>): Promise<StorePage<AppStatus, string>>;
  appRows(): Promise<readonly AppRow[]>;
  units(): Promise<readonly UnitStatus[]>;
  /** Newest first. */
  history(app: AppId, query: PageQuery<unknown, number>): Promise<StorePage<HistoryEntry, number>>;
  /** Newest first, at most `limit`. */
  revisionHistory(sha: CommitSha, limit: number): Promise<readonly HistoryEntry[]>;
  /** Newest first. */
  events(query: PageQuery<EventRow, number>): Promise<StorePage<SkepEvent, number>>;
  /** Oldest first, those with a greater id. */
  eventsAfter(id: number, limit: number): Promise<readonly SkepEvent[]>;
  /** Ids of the oldest kept and of the newest event; 0 when there is none. */
  eventBounds(): Promise<{ readonly oldest: number; readonly newest: number }>;
  /** Newest first. */
  audit(query: PageQuery<unknown, number>): Promise<StorePage<StoredAudit, number>>;
}

export interface RefreshToken {
  /** SHA-256 of the token in hex: the token itself is never stored. */
  readonly hash: string;
  /** All tokens that came out of one login. */
  readonly family: string;
  readonly user: string;
  /** Of the password at login: a changed password ends the session. */
  readonly passwordMark: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** When it was first exchanged; null = not yet. */
  readonly usedAtMs: number | null;
}

export interface LoginAttempt {
  readonly id: string;
  readonly account: string;
  readonly address: string;
  readonly atMs: number;
}

/** Every write is on disk when it resolves. */
export interface SessionStore {
  addRefreshToken(token: RefreshToken): Promise<void>;
  /** Marks it used and answers it as it was before, in one transaction. */
  takeRefreshToken(hash: string, nowMs: number): Promise<RefreshToken | undefined>;
  refreshToken(hash: string): Promise<RefreshToken | undefined>;
  revokeFamily(family: string): Promise<void>;
  loginAttempts(sinceMs: number): Promise<readonly LoginAttempt[]>;
  addLoginAttempt(attempt: LoginAttempt): Promise<void>;
  removeLoginAttempt(id: string): Promise<void>;
}
