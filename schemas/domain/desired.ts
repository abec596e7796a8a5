import type { ComposeModel } from './compose.ts';
import type { Place } from './issue.ts';
import type { AppId, CommitSha, HostName, ProjectName, Sha256, UnitKey } from './names.ts';

/**
 * The state a revision asks for. Made by `core/load`; immutable. `revision` of an app may be
 * older than the state's own where the app was held at its last good revision (decision 10).
 */
export interface DesiredState {
  readonly revision: CommitSha;
  readonly projects: ReadonlyMap<ProjectName, DesiredProject>;
  readonly hosts: ReadonlyMap<HostName, DesiredHost>;
  readonly apps: ReadonlyMap<AppId, DesiredApp>;
  readonly users: ReadonlyMap<string, DesiredUser>;
  readonly roles: ReadonlyMap<string, DesiredRole>;
  /** By `<project>/<name>`. */
  readonly registries: ReadonlyMap<string, DesiredRegistry>;
  /** Every repository file that units mount, by content. */
  readonly contents: ReadonlyMap<Sha256, Uint8Array>;
}

export interface DesiredProject {
  readonly name: ProjectName;
  /** The manifest; a project that is only used, never declared, has none. */
  readonly place?: Place;
  /** Hosts its apps may use; absent = all. */
  readonly hosts?: readonly HostName[];
  readonly deletionBudget: DeletionBudget;
}

/** Removals in one revision are held when more than `count` and more than `percent` of the apps go. */
export interface DeletionBudget {
  readonly count: number;
  readonly percent: number;
}

export const DEFAULT_DELETION_BUDGET: DeletionBudget = { count: 3, percent: 30 };

export interface DesiredHost {
  readonly name: HostName;
  readonly place?: Place;
  readonly labels: Readonly<Record<string, string>>;
  readonly address?: string;
  readonly gateway: boolean;
  readonly swarm?: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface DesiredApp {
  readonly id: AppId;
  readonly project: ProjectName;
  readonly name: string;
  /** Absent: an App. A Stack is one on a swarm, with one unit there. */
  readonly kind?: 'Stack';
  readonly place: Place;
  /** The revision this app was taken from. */
  readonly revision: CommitSha;
  /** The engine's (Compose's) project name. */
  readonly projectName: string;
  /** Of the manifest and every file it uses: the key of image locks (decision 6). */
  readonly contentHash: Sha256;
  readonly dependsOn: readonly AppId[];
  /** Names it had before, newest first (`metadata.renamedFrom`). */
  readonly formerly?: readonly AppId[];
  readonly suspend?: Suspend;
  readonly drift: 'heal' | 'report';
  readonly adopt: boolean;
  readonly pruneVolumes: boolean;
  readonly rollout: { readonly deadlineMs: number };
  readonly images?: ImageSettings;
  /** Absent: every host by itself, all at once. */
  readonly strategy?: HostStrategy;
  /** `spec.restart`: any text; a change of it replaces the containers. */
  readonly restart?: string;
  readonly units: ReadonlyMap<HostName, DesiredUnit>;
  /** Values that must show nowhere. */
  readonly secretValues: ReadonlySet<string>;
}

/** `spec.images`. */
export interface ImageSettings {
  /** Tags are looked up again so long after the last time; absent = only for a new content. */
  readonly refreshMs?: number;
  /** Versions before the present one whose images stay on the host; absent = all stay. */
  readonly keep?: number;
}

/** How an app goes over its hosts (`spec.strategy`). */
export interface HostStrategy {
  readonly maxUnavailableHosts: { readonly count: number } | { readonly percent: number };
  /** These first, in this order. */
  readonly order: readonly HostName[];
  /** Between a host that got healthy and the next one. */
  readonly pauseMs: number;
}

export interface Suspend {
  readonly reason: string;
  /** Milliseconds since the epoch; absent = until changed in git. */
  readonly untilMs?: number;
}

/** One app on one host, interpolated for that host. */
export interface DesiredUnit {
  readonly key: UnitKey;
  readonly app: AppId;
  readonly host: HostName;
  readonly model: ComposeModel;
  /** Absent = none. Their services are in the model, and are no services of the app otherwise. */
  readonly hooks?: RolloutHooks;
  /** Path as it stands in the model (`repo:/…`) -> the repository file behind it. */
  readonly files: ReadonlyMap<string, RepositoryFile>;
  /** By service: where its image is written, for issues about it. */
  readonly imagePlaces?: ReadonlyMap<string, WrittenAt>;
  /** Hash over everything above that can change what runs: equal = nothing to do for a new revision. */
  readonly fingerprint: Sha256;
}

/** A place in a file, and the dotted path that leads there in its document. */
export interface WrittenAt {
  readonly place: Place;
  readonly path: string;
}

export const HOOK_PHASES = ['before', 'after'] as const;
export type HookPhase = (typeof HOOK_PHASES)[number];

/** Services that are run once for each rollout, in the order of the lists. */
export type RolloutHooks = Readonly<Record<HookPhase, readonly string[]>>;

export interface RepositoryFile {
  readonly sha256: Sha256;
  readonly size: number;
  readonly executable: boolean;
}

export interface DesiredUser {
  readonly name: string;
  readonly place: Place;
  /** argon2id PHC string; never leaves the controller. */
  readonly passwordHash?: string;
  readonly disabled: boolean;
}

/** A private registry. The password never leaves the controller but to an agent that pulls. */
export interface DesiredRegistry {
  readonly place: Place;
  /** `registry.example.com:5000`, as image names begin; `docker.io` for Docker Hub. */
  readonly server: string;
  readonly username: string;
  readonly password: string;
  /** Projects whose apps pull with it; `*` = every one. */
  readonly projects: readonly string[];
}

export const VERBS = [
  'read',
  'logs',
  'plan',
  'git:read',
  'git:push',
  'deploy',
  'destroy',
  'hold',
  'audit',
  'admin',
] as const;
export type Verb = (typeof VERBS)[number];

export interface DesiredRole {
  readonly name: string;
  readonly place: Place;
  readonly members: { readonly users: readonly string[]; readonly oidcGroups: readonly string[] };
  readonly rules: readonly RoleRule[];
}

/** `*` means all in each list; an absent `projects` or `names` means all. */
export interface RoleRule {
  readonly resources: readonly string[];
  readonly verbs: readonly (Verb | '*')[];
  readonly projects?: readonly string[];
  readonly names?: readonly string[];
}
