/** Branded names and ids. A brand is made only by its `to…` function, at the border. */

declare const brand: unique symbol;
export type Brand<T, B extends string> = T & { readonly [brand]: B };

/** A host as declared in git: lower-case DNS label(s), at most 63 characters. */
export type HostName = Brand<string, 'HostName'>;
/** A tenancy boundary: lower-case DNS label. */
export type ProjectName = Brand<string, 'ProjectName'>;
/** `<project>/<name>` of an App. */
export type AppId = Brand<string, 'AppId'>;
/** `<project>/<name>@<host>`: one app on one host, the unit the controller reconciles. */
export type UnitKey = Brand<string, 'UnitKey'>;
/** A full git commit id, 40 or 64 lower-case hex digits. */
export type CommitSha = Brand<string, 'CommitSha'>;
/** A git object id of a blob. */
export type BlobId = Brand<string, 'BlobId'>;
/** A SHA-256 in 64 lower-case hex digits, of bytes or of a canonical form. */
export type Sha256 = Brand<string, 'Sha256'>;
/** Names one skep installation; part of every ownership label. 16 lower-case hex digits. */
export type InstallationId = Brand<string, 'InstallationId'>;

export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const HEX_OBJECT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

function checked<B extends string>(text: string, pattern: RegExp, what: string): Brand<string, B> {
  if (!pattern.test(text)) throw new TypeError(`not a ${what}: ${JSON.stringify(text)}`);
  return text as Brand<string, B>;
}

export const toHostName = (text: string): HostName => checked(text, NAME_PATTERN, 'host name');
export const toProjectName = (text: string): ProjectName =>
  checked(text, NAME_PATTERN, 'project name');
export const toCommitSha = (text: string): CommitSha => checked(text, HEX_OBJECT, 'commit id');
export const toBlobId = (text: string): BlobId => checked(text, HEX_OBJECT, 'blob id');
export const toSha256 = (text: string): Sha256 => checked(text, /^[0-9a-f]{64}$/, 'SHA-256');
export const toInstallationId = (text: string): InstallationId =>
  checked(text, /^[0-9a-f]{16}$/, 'installation id');

export function toAppId(project: string, name: string): AppId {
  checked(project, NAME_PATTERN, 'project name');
  checked(name, NAME_PATTERN, 'app name');
  return `${project}/${name}` as AppId;
}

/** @throws TypeError when the text is not `<project>/<name>`. */
export function parseAppId(text: string): { project: ProjectName; name: string; id: AppId } {
  const [project = '', name = '', ...rest] = text.split('/');
  if (rest.length > 0) throw new TypeError(`not an app id: ${JSON.stringify(text)}`);
  return { project: toProjectName(project), name, id: toAppId(project, name) };
}

export const toUnitKey = (app: AppId, host: HostName): UnitKey => `${app}@${host}` as UnitKey;

export function splitUnitKey(key: UnitKey): { app: AppId; host: HostName } {
  const at = key.lastIndexOf('@');
  return { app: key.slice(0, at) as AppId, host: key.slice(at + 1) as HostName };
}

/** A swarm as the place of a unit, beside hosts: no host's name has a colon. */
const SWARM_PLACE = 'swarm:';

export const toSwarmPlace = (swarm: string): HostName =>
  (SWARM_PLACE + checked(swarm, NAME_PATTERN, 'swarm name')) as HostName;

/** The swarm of a place; undefined where it is a host. */
export const swarmOfPlace = (place: HostName): string | undefined =>
  place.startsWith(SWARM_PLACE) ? place.slice(SWARM_PLACE.length) : undefined;
