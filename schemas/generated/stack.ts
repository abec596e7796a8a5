// Generated from the schema of the same name by scripts/generate-schema-types.ts.

/**
 * The version of the language.
 */
export type APIVersion = 'skep/v1';
/**
 * What this manifest declares.
 */
export type Kind = 'Stack';
/**
 * Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind in its project.
 */
export type Name = string;
/**
 * The project it belongs to. Default: default.
 */
export type Project = string;
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
 * The swarm it runs on: the one that hosts name in their spec.swarm.
 */
export type Swarm = string;
/**
 * The name of the stack in the swarm. Default: the manifest's name, <project>-<name> outside the default project.
 */
export type StackName = string;
/**
 * Apps and stacks that must be ready first: NAME of the same project, or PROJECT/NAME.
 *
 * @minItems 1
 * @maxItems 100
 */
export type DependsOn = string[];
/**
 * What happens when the swarm differs and git did not change. Default: heal.
 */
export type Drift = 'heal' | 'report';
/**
 * Any text; changing it makes all tasks anew and looks tags up again.
 */
export type Restart = string | number | boolean;

/**
 * Services of a swarm, from a Compose or stack file.
 */
export interface StackManifest {
  apiVersion: APIVersion;
  kind: Kind;
  metadata: Metadata;
  spec: StackSpec;
}
/**
 * What the manifest is called and where it belongs.
 */
export interface Metadata {
  name: Name;
  project?: Project;
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
export interface StackSpec {
  compose: Compose;
  swarm: Swarm;
  values?: Values;
  projectName?: StackName;
  dependsOn?: DependsOn;
  suspend?: Suspend;
  drift?: Drift;
  rollout?: Rollout;
  restart?: Restart;
  secrets?: Secrets;
}
/**
 * Values for ${NAME} in the Compose files; they come on top of the .env beside the Compose file. Numbers and booleans keep the text as written. Names with SKEP_ in front are set by skep itself.
 */
export interface Values {
  [k: string]: string | number | boolean;
}
/**
 * Leaves the stack as it is: nothing is changed, healed or removed.
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
 * How changes are carried out.
 */
export interface Rollout {
  /**
   * The longest a rollout may take. Default: 10m.
   */
  deadline?: string;
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
