import { posix } from 'node:path';
import type {
  AppId,
  HookPhase,
  HostStrategy,
  ImageSettings,
  Issue,
  Place,
  ProjectName,
  Suspend,
} from '../../../../schemas/domain/index.ts';
import type { InlineCompose } from '../compose/load-compose.ts';
import { DEFAULT_PROJECT } from '../manifests/read-manifests.ts';
import type { SecretReference } from '../sealed/declare-secret.ts';

/** An App as declared, by a manifest or by a folder. Nothing of it is looked up yet. */
export interface AppDeclaration {
  readonly id: AppId;
  readonly project: ProjectName;
  readonly name: string;
  readonly kind: 'App' | 'Stack';
  readonly place: Place;
  /** The Compose project name on the engine. */
  readonly projectName: string;
  readonly variants: readonly AppVariant[];
  readonly dependsOn: readonly { readonly app: AppId; readonly place: Place }[];
  /** Names it had before, newest first. */
  readonly formerly?: readonly FormerName[];
  readonly suspend?: Suspend;
  readonly strict?: boolean;
  readonly drift: 'heal' | 'report';
  readonly adopt: boolean;
  readonly pruneVolumes: boolean;
  readonly deadlineMs: number;
  readonly images?: ImageSettings;
  readonly hooks: readonly HookReference[];
  readonly restart?: string;
  readonly strategy?: StrategyDeclaration;
  readonly secrets: readonly SecretUse[];
  /** Faults that the schema cannot see. */
  readonly issues: readonly Issue[];
  /** The manifest's data, for the content hash. */
  readonly content: unknown;
  /** Of an app without a manifest: equal = the same declaration. */
  readonly signature?: string;
}

export interface FormerName extends Reference {
  readonly app: AppId;
}

export interface StrategyDeclaration {
  readonly desired: HostStrategy;
  /** Where `order` names each host. */
  readonly order: readonly HostReference[];
}

/** A Secret's value under the name it gets in the app. */
export interface SecretUse extends SecretReference {
  readonly name: string;
  readonly as: 'file' | 'env' | 'value';
}

/** Where something is written, for issues about it. */
export interface Reference {
  readonly place: Place;
  readonly path: string;
}

/** A service that `spec.rollout.hooks` names; in the order in which they run. */
export interface HookReference extends Reference {
  readonly service: string;
  readonly phase: HookPhase;
}

export interface HostReference extends Reference {
  readonly name: string;
}

/** Compose files for some hosts. An app has one; a discovered one may differ from host to host. */
export interface AppVariant {
  readonly hosts?: readonly HostReference[];
  /** The swarm it is for, instead of hosts. */
  readonly swarm?: HostReference;
  readonly selector?: ReadonlyMap<string, string>;
  /** Where the hosts are chosen, or would be. */
  readonly choice: Reference;
  readonly compose: readonly (string | InlineCompose)[];
  /** Where a manifest names each Compose file, by its path. */
  readonly references?: ReadonlyMap<string, Reference>;
  /** Compose's project directory: where relative paths and `.env` are. */
  readonly directory: string;
  /** Folder that holds everything the app may refer to. */
  readonly reach: string;
  readonly values: ReadonlyMap<string, string>;
}

/** The longest a rollout may take where nothing is said. */
export const DEFAULT_DEADLINE_MS = 600_000;

/** `apps/web/app.yaml` -> `apps/web`; the root is `''`. */
export function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

export const defaultProjectName = (project: string, name: string): string =>
  project === DEFAULT_PROJECT ? name : `${project}-${name}`;
