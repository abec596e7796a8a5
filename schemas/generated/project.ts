// Generated from the schema of the same name by scripts/generate-schema-types.ts.

/**
 * The version of the language.
 */
export type APIVersion = 'skep/v1';
/**
 * What this manifest declares.
 */
export type Kind = 'Project';
/**
 * Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind.
 */
export type Name = string;
/**
 * The hosts that apps of this project may use. Default: all.
 *
 * @minItems 1
 * @maxItems 1000
 *
 * Items: A declared host.
 */
export type Hosts = string[];
/**
 * What apps of this project may do beyond the safe default: bind:/path (bind mounts at or below a protected host path), docker-socket, volume-driver-opts, privileged (everything that gives a container a hold on its host).
 *
 * @maxItems 200
 */
export type Privileges = string[];
/**
 * The hosts the apps run on.
 *
 * @minItems 1
 * @maxItems 1000
 *
 * Items: A declared host.
 */
export type Hosts1 = string[];
/**
 * Folders that are apps without a manifest: each folder that matches and holds a Compose file.
 *
 * @maxItems 50
 */
export type Discover = {
  /**
   * Folders from the root, with {host}, {app} and * for one name each: hosts/{host}/{app}, apps/*.
   */
  path: string;
  hosts?: Hosts1;
  hostSelector?: HostSelector;
}[];

/**
 * The boundary of tenancy: which apps, where, with which privileges.
 */
export interface ProjectManifest {
  apiVersion: APIVersion;
  kind: Kind;
  metadata: Metadata;
  spec?: ProjectSpec;
}
/**
 * What the manifest is called and where it belongs.
 */
export interface Metadata {
  name: Name;
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
 * What the apps of this project may do.
 */
export interface ProjectSpec {
  hosts?: Hosts;
  deletionBudget?: DeletionBudget;
  privileges?: Privileges;
  discover?: Discover;
}
/**
 * Removals in one revision are held when they are more than count and more than percent of the project's apps.
 */
export interface DeletionBudget {
  /**
   * Default: 3.
   */
  count?: number;
  /**
   * Default: 30.
   */
  percent?: number;
}
/**
 * Labels of hosts; a host is chosen when it has all of them.
 */
export interface HostSelector {
  [k: string]: string | number | boolean;
}
