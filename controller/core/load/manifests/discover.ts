import { posix } from 'node:path';
import {
  type AppId,
  canonicalText,
  NAME_PATTERN,
  type Place,
  type ProjectName,
  toAppId,
} from '../../../../schemas/domain/index.ts';
import {
  type AppDeclaration,
  type AppVariant,
  DEFAULT_DEADLINE_MS,
  defaultProjectName,
  type HostReference,
  type Reference,
} from '../apps/declaration.ts';
import { joinPath } from '../compose/reading.ts';
import { fileIssue, issueAt, showPlace } from '../issues.ts';
import type { TreeRead } from '../read-tree.ts';
import type { DiscoverRule, ProjectDeclaration } from './convert.ts';
import { addApp, type Declared, markBad } from './declare.ts';
import { matchPattern, type PatternPart, parsePattern } from './discover-pattern.ts';

/** In the order Compose looks for them; the override is merged where it is there. */
const COMPOSE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDE_NAMES = [
  'compose.override.yaml',
  'compose.override.yml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

interface Found {
  readonly name: string;
  readonly project: ProjectName;
  readonly folder: string;
  readonly variant: AppVariant;
}

/**
 * Phase 4b: folders that are apps without a manifest. A folder whose Compose file an App manifest
 * uses is that App's; folders of the same name below different hosts are one App.
 */
export function discoverApps(declared: Declared, tree: TreeRead, root: string): void {
  const folders = { tree, root, used: new Set(declared.composeFiles) };
  for (const project of declared.projects.values()) {
    const found = new Map<AppId, Found[]>();
    for (const [index, rule] of project.discover.entries()) {
      for (const one of applyRule(declared, project, rule, index, folders)) {
        const id = toAppId(one.project, one.name);
        found.set(id, [...(found.get(id) ?? []), one]);
      }
    }
    for (const [id, ones] of found) addFound(declared, tree, id, ones);
  }
}

interface Folders {
  readonly tree: TreeRead;
  readonly root: string;
  /** Compose files that App manifests use. */
  readonly used: ReadonlySet<string>;
}

function applyRule(
  declared: Declared,
  project: ProjectDeclaration,
  rule: DiscoverRule,
  index: number,
  folders: Folders,
): readonly Found[] {
  const pattern = parsePattern(rule.path);
  if (typeof pattern !== 'string') {
    return matchFolders(pattern, folders).flatMap((match) => {
      return foundApp(match, { rule, index, project }, folders.tree, declared) ?? [];
    });
  }
  const { place, path } = ruleReference(declared, project, index, 'path');
  const hint = 'folders from the root, as in apps/* or hosts/{host}/{app}';
  declared.issues.push(issueAt('E_DISCOVER', place, path, pattern, hint));
  markBad(declared, `Project/${project.desired.name}`);
  return [];
}

/** Where a part of a rule is written: of the rule itself where it has no such part. */
function ruleReference(
  declared: Declared,
  project: ProjectDeclaration,
  index: number,
  ...below: readonly (string | number)[]
): Reference {
  const { name } = project.desired;
  const path = ['spec', 'discover', index, ...below];
  const place = declared.origins.get(`Project/${name}`)?.placeAt(path);
  return {
    place: place ?? { file: '', line: 0, column: 0 },
    path: path.reduce<string>(joinPath, ''),
  };
}

function addFound(declared: Declared, tree: TreeRead, id: AppId, found: readonly Found[]): void {
  const [first] = found;
  const [compose] = first?.variant.compose ?? [];
  if (!first || typeof compose !== 'string') return;
  const place: Place = { file: compose, line: 1, column: 1 };
  for (const { variant } of found) {
    for (const file of variant.compose) {
      if (typeof file === 'string') declared.composeFiles.add(file);
    }
  }
  const other = declared.origins.get(`App/${id}`);
  if (other) {
    reportTwice(declared, id, place, other.place);
    return;
  }
  declared.origins.set(`App/${id}`, { place, project: first.project, placeAt: () => place });
  if (mayBeUsed(tree, compose)) {
    markBad(declared, `App/${id}`);
    return;
  }
  const variants = found.map((one) => one.variant);
  const signature = canonicalText([
    place.file,
    ...variants.map(({ selector, values: _none, ...rest }) => [rest, selector ?? null]),
  ]);
  const declaration: AppDeclaration = {
    id,
    project: first.project,
    name: first.name,
    kind: 'App',
    place,
    projectName: defaultProjectName(first.project, first.name),
    variants,
    dependsOn: [],
    drift: 'heal',
    adopt: false,
    secrets: [],
    pruneVolumes: false,
    deadlineMs: DEFAULT_DEADLINE_MS,
    hooks: [],
    issues: [],
    content: null,
    signature,
  };
  addApp(declared, declaration);
}

/** Whether an App or Stack that cannot be read may use this Compose file: then it is no app of its own. */
const mayBeUsed = (tree: TreeRead, compose: string): boolean =>
  ['skep', posix.basename(compose)].every(tree.mayHold) && ['App', 'Stack'].some(tree.mayHold);

/** A manifest and a folder: neither can be preferred. */
function reportTwice(declared: Declared, id: AppId, place: Place, other: Place): void {
  const report = (here: Place, there: Place): void => {
    const message = `App ${id} is also declared at ${showPlace(there)}`;
    const hint = 'rename or remove one of them; until then what it declared last stays';
    declared.issues.push(issueAt('E_DUPLICATE_NAME', here, '', message, hint));
  };
  report(place, other);
  report(other, place);
  markBad(declared, `App/${id}`);
  declared.apps.delete(id);
}

interface Match {
  readonly folder: string;
  readonly app: string;
  readonly host?: string;
  readonly compose: string;
}

function matchFolders(
  pattern: readonly PatternPart[],
  { tree, root, used }: Folders,
): readonly Match[] {
  const matches = new Map<string, Match>();
  for (const { path } of tree.candidates) {
    const rank = COMPOSE_NAMES.indexOf(posix.basename(path));
    if (rank < 0) continue;
    const folder = posix.dirname(path);
    const within = root === '' ? folder : folder.slice(root.length + 1);
    const names = matchPattern(pattern, within.split('/'));
    if (names && rank < rankOf(matches.get(folder))) {
      matches.set(folder, { folder, compose: path, ...names });
    }
  }
  return [...matches.values()].filter(({ compose }) => !used.has(compose));
}

const rankOf = (match: Match | undefined): number =>
  match ? COMPOSE_NAMES.indexOf(posix.basename(match.compose)) : COMPOSE_NAMES.length;

interface Rule {
  readonly rule: DiscoverRule;
  readonly index: number;
  readonly project: ProjectDeclaration;
}

function foundApp(
  match: Match,
  { rule, index, project }: Rule,
  tree: TreeRead,
  declared: Declared,
): Found | undefined {
  const { folder, compose } = match;
  if (!NAME_PATTERN.test(match.app)) {
    const message = `the folder ${JSON.stringify(match.app)} is not a name for an app`;
    const hint = 'rename it (lower-case letters, digits and dashes), or name it in .skepignore';
    declared.issues.push(fileIssue('E_DISCOVER', compose, message, hint));
    declared.composeFiles.add(compose);
    return undefined;
  }
  const at = (...below: readonly (string | number)[]) =>
    ruleReference(declared, project, index, ...below);
  const override = OVERRIDE_NAMES.map((name) => `${folder}/${name}`).find((path) => {
    return tree.table.entry(path) !== undefined;
  });
  const selector = match.host === undefined ? rule.selector : undefined;
  const variant: AppVariant = {
    ...hostsOf(match, rule, at),
    ...(selector && { selector }),
    choice: selector ? at('hostSelector') : at(),
    compose: override === undefined ? [compose] : [compose, override],
    directory: folder,
    reach: posix.dirname(folder) === '.' ? '' : posix.dirname(folder),
    values: new Map(),
  };
  return { name: match.app, project: project.desired.name, folder, variant };
}

/** A folder that names its host is where that host is asked for; else the rule is. */
function hostsOf(
  { host, compose }: Match,
  rule: DiscoverRule,
  at: (...below: readonly (string | number)[]) => Reference,
): { readonly hosts?: readonly HostReference[] } {
  if (host !== undefined) {
    const place = { file: compose, line: 1, column: 1 };
    return { hosts: [{ name: host, place, path: '' }] };
  }
  if (!rule.hosts) return {};
  return { hosts: rule.hosts.map((name, index) => ({ name, ...at('hosts', index) })) };
}
