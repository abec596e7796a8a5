// Generated from the schema of the same name by scripts/generate-schema-types.ts.

/**
 * The version of the language.
 */
export type APIVersion = 'skep/v1';
/**
 * What this manifest declares.
 */
export type Kind = 'User';
/**
 * Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind.
 */
export type Name = string;
/**
 * The project whose apps are held while this manifest has errors. Default: default.
 */
export type Project = string;
/**
 * An argon2id hash in PHC form, as skep hash-password prints it.
 */
export type PasswordHash = string;
/**
 * Locks the person out without forgetting them. Default: false.
 */
export type Disabled = boolean;
/**
 * SECRET/KEY of the manifest's project that holds the hash, instead of passwordHash.
 */
export type PasswordHashFrom = string;

/**
 * A person who may log in.
 */
export interface UserManifest {
  apiVersion: APIVersion;
  kind: Kind;
  metadata: Metadata;
  spec?: UserSpec;
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
 * How the person proves to be the one.
 */
export interface UserSpec {
  passwordHash?: PasswordHash;
  disabled?: Disabled;
  passwordHashFrom?: PasswordHashFrom;
}
