import { posix } from 'node:path';
import {
  type AppId,
  canonicalText,
  type Issue,
  NAME_PATTERN,
  type Place,
  type ProjectName,
  toAppId,
} from '../../../../schemas/domain/index.ts';
import { type AppDeclaration, type AppVariant, defaultProjectName } from '../apps/declaration.ts';
import { fileIssue, issueAt, showPlace } from '../issues.ts';
import type { TreeRead } from '../read-tree.ts';
import type { DiscoverRule, ProjectDeclaration } from './convert.ts';
import { type Declared, markBad } from './declare.ts';

/** In the order Compose looks for them; the override is merged where it is there. */
const COMPOSE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDE_NAMES = [
  'compose.override.yaml',
  'compose.override.yml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];
const DEADLINE_MS = 600_000;

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
  const folders = { tree, root, used: usedComposeFiles(declared) };
  for (const project of declared.projects.values()) {
    const found = new Map<AppId, Found[]>();
    for (const [index, rule] of project.discover.entries()) {
      for (const one of applyRule(declared, project, rule, index, folders)) {
        const id = toAppId(one.project, one.name);
        found.set(id, [...(found.get(id) ?? []), one]);
      }
    }
    for (const [id, ones] of found) addFound(declared, id, ones);
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
      return foundApp(match, rule, project, folders.tree, declared.issues) ?? [];
    });
  }
  const { name, place } = project.desired;
  const path = `spec.discover[${index}].path`;
  if (place) declared.issues.push(issueAt('E_DISCOVER', place, path, pattern));
  markBad(declared, `Project/${name}`);
  return [];
}

function usedComposeFiles(declared: Declared): ReadonlySet<string> {
  const used = new Set<string>();
  for (const app of declared.apps.values()) {
    for (const { compose } of app.variants) {
      for (const file of compose) if (typeof file === 'string') used.add(file);
    }
  }
  return used;
}

function addFound(declared: Declared, id: AppId, found: readonly Found[]): void {
  const [first] = found;
  const [compose] = first?.variant.compose ?? [];
  if (!first || typeof compose !== 'string') return;
  const place: Place = { file: compose, line: 1, column: 1 };
  const other = declared.origins.get(`App/${id}`);
  if (other) {
    reportTwice(declared, id, place, other.place);
    return;
  }
  declared.origins.set(`App/${id}`, { place, project: first.project });
  const variants = found.map((one) => one.variant);
  const signature = canonicalText([
    place.file,
    ...variants.map(({ selector, values: _none, ...rest }) => [rest, selector ?? null]),
  ]);
  const declaration: AppDeclaration = {
    id,
    project: first.project,
    name: first.name,
    place,
    projectName: defaultProjectName(first.project, first.name),
    variants,
    dependsOn: [],
    drift: 'heal',
    adopt: false,
    secrets: [],
    pruneVolumes: false,
    deadlineMs: DEADLINE_MS,
    issues: [],
    content: null,
    signature,
  };
  declared.apps.set(id, declaration);
}

/** A manifest and a folder: neither can be preferred. */
function reportTwice(declared: Declared, id: AppId, place: Place, other: Place): void {
  const report = (here: Place, there: Place): void => {
    const message = `App ${id} is also declared at ${showPlace(there)}`;
    declared.issues.push(issueAt('E_DUPLICATE_NAME', here, '', message));
  };
  report(place, other);
  report(other, place);
  markBad(declared, `App/${id}`);
  declared.apps.delete(id);
}

type PatternPart = { readonly text: string } | { readonly name: 'app' | 'host' | '*' };

const NAMES: Readonly<Record<string, PatternPart>> = {
  '{app}': { name: 'app' },
  '{host}': { name: 'host' },
  '*': { name: '*' },
};

/** `hosts/{host}/{app}` -> its parts; a text is what is wrong with it. */
function parsePattern(pattern: string): readonly PatternPart[] | string {
  const parts = pattern.replace(/^(?:\.?\/)+|\/+$/g, '').split('/');
  const wrong = parts.map(partFault).find((fault) => fault !== undefined);
  if (wrong !== undefined) return wrong;
  for (const name of ['{app}', '{host}']) {
    if (parts.filter((part) => part === name).length > 1) return `${name} may stand once`;
  }
  if (!parts.includes('{app}') && !parts.includes('*')) return 'name the apps with {app} or *';
  return parts.map((part) => NAMES[part] ?? { text: part });
}

function partFault(part: string): string | undefined {
  if (Object.hasOwn(NAMES, part)) return undefined;
  if (part === '{swarm}' || part === '{stack}') return `${part} is not supported yet`;
  if (part !== '' && part !== '..' && !/[{}*?[\]\\]/.test(part)) return undefined;
  return `${JSON.stringify(part)} is neither a folder, {app}, {host} nor *`;
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

function matchPattern(
  pattern: readonly PatternPart[],
  parts: readonly string[],
): { app: string; host?: string } | undefined {
  if (pattern.length !== parts.length) return undefined;
  let app: string | undefined;
  let star = '';
  let host: string | undefined;
  for (const [index, part] of pattern.entries()) {
    const name = parts[index] ?? '';
    if ('text' in part) {
      if (part.text !== name) return undefined;
    } else if (part.name === 'app') app = name;
    else if (part.name === 'host') host = name;
    else star = name;
  }
  return { app: app ?? star, ...(host !== undefined && { host }) };
}

function foundApp(
  match: Match,
  rule: DiscoverRule,
  project: ProjectDeclaration,
  tree: TreeRead,
  issues: Issue[],
): Found | undefined {
  const { folder, compose } = match;
  if (!NAME_PATTERN.test(match.app)) {
    const message = `the folder ${JSON.stringify(match.app)} is not a name for an app`;
    const hint = 'lower-case letters, digits and dashes';
    issues.push(fileIssue('E_DISCOVER', compose, message, hint));
    return undefined;
  }
  const place = { file: compose, line: 1, column: 1 };
  const names = match.host === undefined ? rule.hosts : [match.host];
  const override = OVERRIDE_NAMES.map((name) => `${folder}/${name}`).find((path) => {
    return tree.table.entry(path) !== undefined;
  });
  const selector = match.host === undefined ? rule.selector : undefined;
  const variant: AppVariant = {
    ...(names && { hosts: names.map((name) => ({ name, place })) }),
    ...(selector && { selector }),
    compose: override === undefined ? [compose] : [compose, override],
    directory: folder,
    reach: posix.dirname(folder) === '.' ? '' : posix.dirname(folder),
    values: new Map(),
  };
  return { name: match.app, project: project.desired.name, folder, variant };
}
