// Generated from the schema of the same name by scripts/generate-schema-types.ts.

/**
 * The version of the language.
 */
export type APIVersion = 'skep/v1';
/**
 * What this manifest declares.
 */
export type Kind = 'Role';
/**
 * Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind.
 */
export type Name = string;
/**
 * The project whose apps are held while this manifest has errors. Default: default.
 */
export type Project = string;
/**
 * What the role allows; nothing else is.
 *
 * @minItems 1
 * @maxItems 100
 */
export type Rules = {
  /**
   * Kinds of things; * = all.
   *
   * @minItems 1
   * @maxItems 50
   */
  resources: (
    | '*'
    | 'apps'
    | 'stacks'
    | 'swarm-services'
    | 'routes'
    | 'hosts'
    | 'projects'
    | 'users'
    | 'roles'
    | 'revisions'
    | 'audit'
    | 'repositories'
  )[];
  /**
   * Acts; * = all.
   *
   * @minItems 1
   * @maxItems 20
   */
  verbs: (
    | '*'
    | 'read'
    | 'logs'
    | 'plan'
    | 'git:read'
    | 'git:push'
    | 'deploy'
    | 'destroy'
    | 'hold'
    | 'audit'
    | 'admin'
  )[];
  /**
   * Projects; absent = all.
   *
   * @minItems 1
   * @maxItems 200
   */
  projects?: string[];
  /**
   * Names of the things; absent = all.
   *
   * @minItems 1
   * @maxItems 500
   */
  names?: string[];
}[];

/**
 * Who may do what.
 */
export interface RoleManifest {
  apiVersion: APIVersion;
  kind: Kind;
  metadata: Metadata;
  spec: RoleSpec;
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
 * Members and rules.
 */
export interface RoleSpec {
  members?: Members;
  rules: Rules;
}
/**
 * Who has the role.
 */
export interface Members {
  /**
   * Users by name.
   *
   * @maxItems 1000
   *
   * Items: A declared user.
   */
  users?: string[];
  /**
   * Groups as the identity provider names them.
   *
   * @maxItems 1000
   */
  oidcGroups?: string[];
}
