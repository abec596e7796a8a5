// Generated from the schema of the same name by scripts/generate-schema-types.ts.

/**
 * The version of the language.
 */
export type APIVersion = 'skep/v1';
/**
 * What this manifest declares.
 */
export type Kind = 'App';
/**
 * Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind in its project.
 */
export type Name = string;
/**
 * The project it belongs to. Default: default.
 */
export type Project = string;
/**
 * The name that the app had before in its project, or several, newest first: its containers and volumes are kept. Leave it there as long as any of them lives: the labels on them cannot be changed.
 */
export type RenamedFrom = string | string[];
/**
 * A path of a Compose file beside the manifest, a list of such paths (merged in order), or a Compose file written inline.
 *
 * @minItems 1
 * @maxItems 20
 */
export type Compose =
  | string
  | string[]
  | {
      [k: string]: unknown;
    };
/**
 * The hosts it runs on. None, and no hostSelector: the only declared host.
 *
 * @minItems 1
 * @maxItems 1000
 *
 * Items: A declared host.
 */
export type Hosts = string[];
/**
 * The Compose project name on the host. Default: the app's name, <project>-<name> outside the default project.
 */
export type EngineProjectName = string;
/**
 * Apps that must be ready first: NAME of the same project, or PROJECT/NAME.
 *
 * @minItems 1
 * @maxItems 100
 */
export type DependsOn = string[];
/**
 * Text that Compose would turn into nothing is an error: variables that are not set, what follows a sign of the shell in a command, options that mean nothing. Default: false, a warning.
 */
export type Strict = boolean;
/**
 * What happens when a host differs and git did not change. Default: heal.
 */
export type Drift = 'heal' | 'report';
/**
 * Takes over containers that exist already, where the host allows it. Default: false.
 */
export type Adopt = boolean;
/**
 * Any text; changing it replaces the containers and looks tags up again.
 */
export type Restart = string | number | boolean;

/**
 * Containers on plain Docker hosts, from a Compose file.
 */
export interface AppManifest {
  apiVersion: APIVersion;
  kind: Kind;
  metadata: Metadata;
  spec: AppSpec;
}
/**
 * What the manifest is called and where it belongs.
 */
export interface Metadata {
  name: Name;
  project?: Project;
  renamedFrom?: RenamedFrom;
  labels?: Labels;
  annotations?: Annotations;
}
/**
 * Free labels of this manifest.
 */
export interface Labels {
  [k: string]: string | number | boolean;
}
/**
 * Free notes for people and other tools; skep does not read them.
 */
export interface Annotations {
  [k: string]: string | number | boolean;
}
/**
 * What runs, and where.
 */
export interface AppSpec {
  compose: Compose;
  hosts?: Hosts;
  hostSelector?: HostSelector;
  values?: Values;
  projectName?: EngineProjectName;
  dependsOn?: DependsOn;
  suspend?: Suspend;
  strict?: Strict;
  drift?: Drift;
  adopt?: Adopt;
  prune?: Prune;
  rollout?: Rollout;
  images?: Images;
  strategy?: Strategy;
  restart?: Restart;
  secrets?: Secrets;
}
/**
 * Labels of hosts; a host is chosen when it has all of them.
 */
export interface HostSelector {
  [k: string]: string | number | boolean;
}
/**
 * Values for ${NAME} in the Compose files; they come on top of the .env beside the Compose file. Numbers and booleans keep the text as written. Names with SKEP_ in front are set by skep itself.
 */
export interface Values {
  [k: string]: string | number | boolean;
}
/**
 * Leaves the app as it is: nothing is changed, healed or removed.
 */
export interface Suspend {
  /**
   * Why, for whoever looks at the status.
   */
  reason: string;
  /**
   * When it ends by itself: a date (2030-01-31) or a time with its zone (2030-01-31T18:00:00Z).
   */
  until?: string;
}
/**
 * What is removed with the app, beyond its containers and networks.
 */
export interface Prune {
  /**
   * Removes the app's volumes, and the data in them. Default: false.
   */
  volumes?: boolean;
}
/**
 * How changes are carried out.
 */
export interface Rollout {
  /**
   * The longest a rollout may take. Default: 10m.
   */
  deadline?: string;
  hooks?: Hooks;
}
/**
 * Services of the Compose file that run once for each rollout, one after another, whatever their profiles say. They are no services of the app otherwise.
 */
export interface Hooks {
  /**
   * Run when all images are there and before anything is replaced, such as a migration. One that fails stops the rollout.
   *
   * @minItems 1
   * @maxItems 20
   */
  before?: string[];
  /**
   * Run when everything is ready, such as a smoke test or a cache to be warmed.
   *
   * @minItems 1
   * @maxItems 20
   */
  after?: string[];
}
/**
 * How image tags are followed.
 */
export interface Images {
  /**
   * Tags are looked up again so long after the last time; from 1m to 365d. Default: only when the app changes in git.
   */
  refresh?: string;
  /**
   * Versions before the present one whose images stay on the host. Older ones are removed where nothing else there uses them. Default: all stay.
   */
  keep?: number;
}
/**
 * Changes the hosts of the app in turn: the next one only when the one before is healthy, and none after one that failed. Absent: every host by itself, all at once. A first deployment waits for nobody; a host that is away is passed over and catches up.
 */
export interface Strategy {
  /**
   * How many hosts are changed at once: a number, or a share such as 25%. Default: 1.
   */
  maxUnavailableHosts?: number | string;
  /**
   * Hosts that come first, in this order. The others follow as they are named in hosts, or by name.
   *
   * @minItems 1
   * @maxItems 1000
   *
   * Items: A host of the app.
   */
  order?: string[];
  /**
   * How long a host must have been healthy before the next one is changed. Default: 0s.
   */
  pauseBetween?: string;
}
/**
 * Values of Secrets by the name they get: an external secret of the Compose files, an environment variable that a service names without a value, or a ${NAME}.
 */
export interface Secrets {
  [k: string]: SecretUse;
}
/**
 * Where the value comes from and what becomes of it.
 */
export interface SecretUse {
  /**
   * SECRET/KEY of the same project.
   */
  from: string;
  /**
   * file: the external secret of that name; env: the variable of that name where a service lists it without a value; value: ${NAME}. Default: file.
   */
  as?: 'file' | 'env' | 'value';
}
