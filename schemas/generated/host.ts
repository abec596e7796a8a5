// Generated from the schema of the same name by scripts/generate-schema-types.ts.

/**
 * The version of the language.
 */
export type APIVersion = 'skep/v1';
/**
 * What this manifest declares.
 */
export type Kind = 'Host';
/**
 * Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind.
 */
export type Name = string;
/**
 * How other hosts reach it: a name or an IP address.
 */
export type Address = string;
/**
 * Whether it serves routes. Default: false.
 */
export type Gateway = boolean;
/**
 * The swarm it is part of.
 */
export type Swarm = string;

/**
 * A machine with a Docker engine, known by its agent's name.
 */
export interface HostManifest {
  apiVersion: APIVersion;
  kind: Kind;
  metadata: Metadata;
  spec?: HostSpec;
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
 * What the controller knows of the host beyond what its agent reports.
 */
export interface HostSpec {
  labels?: Labels1;
  address?: Address;
  gateway?: Gateway;
  swarm?: Swarm;
  values?: Values;
}
/**
 * Labels for hostSelector.
 */
export interface Labels1 {
  [k: string]: string | number | boolean;
}
/**
 * Values for ${NAME} in the Compose files of apps on this host; they win over the app's own values. Names with SKEP_ in front are set by skep itself.
 */
export interface Values {
  [k: string]: string | number | boolean;
}
