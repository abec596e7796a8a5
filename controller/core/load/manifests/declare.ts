import {
  type AppId,
  type DesiredHost,
  type DesiredRole,
  type HostName,
  type Issue,
  type Place,
  type ProjectName,
  toHostName,
  toProjectName,
} from '../../../../schemas/domain/index.ts';
import type { Kind } from '../../../../schemas/validate.ts';
import { type AppDeclaration, folderOf } from '../apps/declaration.ts';
import { composeReferences, declareApp } from '../apps/declare-app.ts';
import { repositoryPath } from '../compose/files.ts';
import { faultIssue, issueAt, showPlace } from '../issues.ts';
import {
  type RegistryDeclaration,
  type SecretDeclaration,
  toRegistry,
  toSecret,
} from '../sealed/declare-secret.ts';
import { child } from '../yaml/node.ts';
import { placeOf } from '../yaml/text.ts';
import {
  type ProjectDeclaration,
  toHost,
  toProject,
  toRole,
  toUser,
  type UserDeclaration,
} from './convert.ts';
import { locate } from './locate.ts';
import type { Manifest, ManifestFile } from './read-manifests.ts';

/** A YAML file of the tree, read. */
export interface ReadYamlFile {
  readonly path: string;
  readonly lineStarts: readonly number[];
  readonly file: ManifestFile;
}

/** What the manifests of a revision declare; the good and the names of the bad. */
export interface Declared {
  readonly projects: Map<ProjectName, ProjectDeclaration>;
  readonly hosts: Map<HostName, DesiredHost>;
  readonly users: Map<string, UserDeclaration>;
  readonly roles: Map<string, DesiredRole>;
  readonly secrets: Map<string, SecretDeclaration>;
  readonly registries: Map<string, RegistryDeclaration>;
  readonly apps: Map<AppId, AppDeclaration>;
  /** Everything that is declared once, by `App/default/web`, `Host/web-01`. */
  readonly origins: Map<string, Origin>;
  /** Of those, and of what is declared twice, what has errors. */
  readonly bad: Map<string, Origin>;
  /** Compose files that an App uses, as far as can be told also one with errors. */
  readonly composeFiles: Set<string>;
  readonly issues: Issue[];
}

/** Where something is declared, and the project that an error in it holds. */
export interface Origin {
  readonly place: Place;
  readonly project: string;
  /** The place of a value in the manifest, by its path from the root. */
  readonly placeAt: (path: readonly (string | number)[]) => Place;
}

interface Named {
  readonly manifest: Manifest;
  readonly from: ReadYamlFile;
  readonly place: Place;
}

/** Kinds whose names are a project's own. */
const IN_PROJECT: ReadonlySet<Kind> = new Set(['App', 'Registry', 'Secret', 'Stack']);

/**
 * `App/<project>/<name>`, `<Kind>/<name>` of what belongs to no project. A Stack is an app on
 * another platform: they share their names.
 */
function nameKey(manifest: Manifest): string {
  const { project, name } = manifest;
  const kind = manifest.kind === 'Stack' ? 'App' : manifest.kind;
  return IN_PROJECT.has(manifest.kind) ? `${kind}/${project}/${name}` : `${kind}/${name}`;
}

/** Conversions of manifests that did not change since they were last asked for. */
export type Converted = WeakMap<Manifest, { readonly file: string; readonly value: unknown }>;

/** Phase 4: manifests -> declarations by kind; whatever is declared twice is bad. */
export function declare(files: readonly ReadYamlFile[], converted: Converted): Declared {
  const declared: Declared = {
    projects: new Map(),
    hosts: new Map(),
    users: new Map(),
    roles: new Map(),
    secrets: new Map(),
    registries: new Map(),
    apps: new Map(),
    origins: new Map(),
    bad: new Map(),
    composeFiles: new Set(),
    issues: [],
  };
  for (const from of files) {
    for (const fault of from.file.faults) {
      declared.issues.push(faultIssue(fault, from.path, from.lineStarts));
    }
  }
  for (const [key, named] of groupByName(files)) {
    const [first, ...others] = named;
    if (!first) continue;
    if (others.length > 0) reportDuplicates(declared.issues, named);
    declared.origins.set(key, originOf(first));
    if (others.length === 0 && first.manifest.good) add(declared, first, converted);
    else {
      markBad(declared, key);
      for (const one of named) noteComposeFiles(declared, one);
    }
  }
  return declared;
}

function originOf({ manifest, from, place }: Named): Origin {
  const placeAt = (path: readonly (string | number)[]): Place => {
    const { at } = locate(manifest.root, path.map(String), undefined);
    return placeOf(from.path, from.lineStarts, at);
  };
  return { place, project: manifest.project, placeAt };
}

/** Errors that show later: what is marked keeps its last good form. */
export function markBad(declared: Declared, key: string): void {
  const origin = declared.origins.get(key);
  if (origin) declared.bad.set(key, origin);
}

function groupByName(files: readonly ReadYamlFile[]): ReadonlyMap<string, readonly Named[]> {
  const groups = new Map<string, Named[]>();
  for (const from of files) {
    for (const manifest of from.file.manifests) {
      const key = nameKey(manifest);
      const named = { manifest, from, place: placeOf(from.path, from.lineStarts, manifest.at) };
      const group = groups.get(key);
      if (group) group.push(named);
      else groups.set(key, [named]);
    }
  }
  return groups;
}

/** A bad App still has its Compose files to itself: no folder of theirs is an app of its own. */
function noteComposeFiles(declared: Declared, { manifest, from }: Named): void {
  if (manifest.kind !== 'App' && manifest.kind !== 'Stack') return;
  const folder = folderOf(from.path);
  for (const { text } of composeReferences(child(manifest.root, 'spec'))) {
    const resolved = repositoryPath(text, folder, folderOf(folder));
    if ('path' in resolved) declared.composeFiles.add(resolved.path);
  }
}

function reportDuplicates(issues: Issue[], named: readonly Named[]): void {
  for (const [index, { manifest, place }] of named.entries()) {
    const other = named[index === 0 ? 1 : 0];
    if (!other) continue;
    const where = showPlace(other.place);
    const message = `${manifest.kind} ${manifest.name} is also declared at ${where}`;
    const hint = 'rename or remove one of them; until then what it declared last stays';
    issues.push(issueAt('E_DUPLICATE_NAME', place, 'metadata.name', message, hint));
  }
}

function add(declared: Declared, named: Named, converted: Converted): void {
  const { manifest, from, place } = named;
  const known = converted.get(manifest);
  const value = known?.file === from.path ? known.value : convert(manifest, from, place);
  if (value !== known?.value) converted.set(manifest, { file: from.path, value });
  switch (manifest.kind) {
    case 'Project':
      declared.projects.set(toProjectName(manifest.name), value as ProjectDeclaration);
      return;
    case 'Host':
      declared.hosts.set(toHostName(manifest.name), value as DesiredHost);
      return;
    case 'User':
      declared.users.set(manifest.name, value as UserDeclaration);
      return;
    case 'Role':
      declared.roles.set(manifest.name, value as DesiredRole);
      return;
    case 'Secret':
      declared.secrets.set(`${manifest.project}/${manifest.name}`, value as SecretDeclaration);
      return;
    case 'Registry':
      declared.registries.set(`${manifest.project}/${manifest.name}`, value as RegistryDeclaration);
      return;
    case 'App':
    case 'Stack':
      addApp(declared, value as AppDeclaration);
      return;
  }
}

/** The one door into `apps`. */
export function addApp(declared: Declared, app: AppDeclaration): void {
  declared.apps.set(app.id, app);
  for (const { compose } of app.variants) {
    for (const file of compose) if (typeof file === 'string') declared.composeFiles.add(file);
  }
}

function convert(manifest: Manifest, from: ReadYamlFile, place: Place): unknown {
  switch (manifest.kind) {
    case 'Project':
      return toProject(manifest, place);
    case 'Host':
      return toHost(manifest, place);
    case 'User':
      return toUser(manifest, place, from);
    case 'Role':
      return toRole(manifest, place);
    case 'Secret':
      return toSecret(manifest, from.path, from.lineStarts);
    case 'Registry':
      return toRegistry(manifest, from.path, from.lineStarts);
    case 'App':
    case 'Stack':
      return declareApp(manifest, from.path, from.lineStarts);
  }
}
