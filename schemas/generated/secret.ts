// Generated from the schema of the same name by scripts/generate-schema-types.ts.

/**
 * The version of the language.
 */
export type APIVersion = 'skep/v1';
/**
 * What this manifest declares.
 */
export type Kind = 'Secret';
/**
 * Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind in its project.
 */
export type Name = string;
/**
 * The project it belongs to. Default: default.
 */
export type Project = string;
/**
 * Path of a SOPS file (YAML or JSON) with age recipients, beside the manifest. Nested values have dotted keys.
 */
export type SOPSFile = string;

/**
 * Values that are sealed in git and opened by the controller alone.
 */
export interface SecretManifest {
  apiVersion: APIVersion;
  kind: Kind;
  metadata: Metadata;
  spec: SecretSpec;
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
 * The sealed values: either each by itself, or a SOPS file.
 */
export interface SecretSpec {
  values?: Values;
  sops?: SOPSFile;
}
/**
 * Key -> armored age text (`age --armor`), sealed for the controller's recipient.
 */
export interface Values {
  /**
   * Armored age text, as skep secret seal and age --armor write it.
   */
  [k: string]: string;
}
