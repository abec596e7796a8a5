// Generated from the schema of the same name by scripts/generate-schema-types.ts.

/**
 * The version of the language.
 */
export type APIVersion = 'skep/v1';
/**
 * What this manifest declares.
 */
export type Kind = 'Registry';
/**
 * Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind in its project.
 */
export type Name = string;
/**
 * The project it belongs to. Default: default.
 */
export type Project = string;
/**
 * Host name and port as image names begin with; docker.io for Docker Hub.
 */
export type Server = string;
/**
 * Who logs in.
 */
export type UserName = string;
/**
 * SECRET/KEY of the same project.
 */
export type PasswordFrom = string;
/**
 * Projects whose apps pull with it. Default: its own.
 *
 * @minItems 1
 * @maxItems 1000
 *
 * Items: A project; * means every one.
 */
export type Projects = string[];

/**
 * A private image registry and how to log in to it.
 */
export interface RegistryManifest {
  apiVersion: APIVersion;
  kind: Kind;
  metadata: Metadata;
  spec: RegistrySpec;
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
 * Where it is, and who pulls from it.
 */
export interface RegistrySpec {
  server: Server;
  username: UserName;
  passwordFrom: PasswordFrom;
  projects?: Projects;
}
