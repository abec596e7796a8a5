import {
  HOOK_PHASES,
  type HostName,
  type Issue,
  type Place,
  parseAppId,
  type Suspend,
  toAppId,
  toProjectName,
} from '../../../../schemas/domain/index.ts';
import type { AppManifest } from '../../../../schemas/generated/app.ts';
import { repositoryPath } from '../compose/files.ts';
import type { InlineCompose } from '../compose/load-compose.ts';
import { joinPath } from '../compose/reading.ts';
import { issueAt } from '../issues.ts';
import { textMap } from '../manifests/core-scalar.ts';
import type { Manifest } from '../manifests/read-manifests.ts';
import { reference } from '../sealed/declare-secret.ts';
import { child, type YamlNode, type YamlScalar } from '../yaml/node.ts';
import { placeOf } from '../yaml/text.ts';
import {
  type AppDeclaration,
  type AppVariant,
  DEFAULT_DEADLINE_MS,
  defaultProjectName,
  type FormerName,
  folderOf,
  type HookReference,
  type Reference,
  type SecretUse,
  type StrategyDeclaration,
} from './declaration.ts';
import { parseDurationMs, parseUntil } from './times.ts';

const DEADLINE_LIMITS = { least: '1s', most: '24h' };
const REFRESH_LIMITS = { least: '1m', most: '365d' };

/** An App manifest being read: its spec, and where it puts what the schema cannot see. */
interface Source {
  readonly file: string;
  readonly lineStarts: readonly number[];
  readonly spec: YamlNode | undefined;
  readonly issues: Issue[];
  readonly at: (found: YamlNode | undefined) => Place;
}

/** A good App manifest -> its declaration. */
export function declareApp(
  manifest: Manifest,
  file: string,
  lineStarts: readonly number[],
): AppDeclaration {
  // A Stack has a swarm in the place of hosts, and is else the same.
  const { spec } = manifest.value as AppManifest;
  const at = (found: YamlNode | undefined): Place =>
    placeOf(file, lineStarts, found?.at ?? manifest.at);
  const node = child(manifest.root, 'spec');
  const source: Source = { file, lineStarts, spec: node, issues: [], at };
  const project = toProjectName(manifest.project);
  const formerly = readFormerNames(source, manifest);
  const suspend = readSuspend(source, spec.suspend);
  const restart = child(node, 'restart');
  const images = readImages(source, spec.images);
  return {
    id: toAppId(project, manifest.name),
    project,
    name: manifest.name,
    kind: manifest.kind === 'Stack' ? 'Stack' : 'App',
    place: at(undefined),
    projectName: spec.projectName ?? defaultProjectName(project, firstName(source, manifest)),
    variants: [readVariant(source)],
    ...(formerly.length > 0 && { formerly }),
    dependsOn: itemsOf(child(node, 'dependsOn')).map((item) => {
      const id = item.text.includes('/') ? item.text : `${project}/${item.text}`;
      return { app: parseAppId(id).id, place: at(item) };
    }),
    ...(suspend && { suspend }),
    ...(spec.strict && { strict: true }),
    drift: spec.drift ?? 'heal',
    adopt: spec.adopt ?? false,
    pruneVolumes: spec.prune?.volumes ?? false,
    deadlineMs: readDeadline(source, spec.rollout?.deadline),
    ...(images && { images }),
    hooks: readHooks(source),
    ...(restart?.kind === 'scalar' && { restart: restart.text }),
    ...(spec.strategy && { strategy: readStrategy(source, spec.strategy) }),
    secrets: readSecrets(source, spec.secrets, manifest.project),
    issues: source.issues,
    content: manifest.value,
  };
}

function readFormerNames({ at }: Source, { root, project }: Manifest): readonly FormerName[] {
  const node = child(child(root, 'metadata'), 'renamedFrom');
  const names = node?.kind === 'scalar' ? [node] : itemsOf(node);
  return names.map((name) => ({
    app: toAppId(toProjectName(project), name.text),
    place: at(name),
    path: 'metadata.renamedFrom',
  }));
}

/** The engine knows the project by its first name: containers and volumes are called after it. */
function firstName(source: Source, manifest: Manifest): string {
  const oldest = readFormerNames(source, manifest).at(-1);
  return oldest ? parseAppId(oldest.app).name : manifest.name;
}

function readVariant(source: Source): AppVariant {
  const { file, spec, at } = source;
  const folder = folderOf(file);
  const reach = folderOf(folder);
  const hosts = itemsOf(child(spec, 'hosts')).map((item, index) => ({
    name: item.text,
    place: at(item),
    path: `spec.hosts[${index}]`,
  }));
  const selector = child(spec, 'hostSelector');
  const swarm = child(spec, 'swarm');
  const choice = { place: at(selector), path: selector ? 'spec.hostSelector' : 'spec.hosts' };
  if (hosts.length > 0 && selector) {
    const message = 'hosts and hostSelector exclude each other';
    source.issues.push(issueAt('E_VALUE', choice.place, choice.path, message, 'remove one'));
  }
  return {
    ...(hosts.length > 0 && { hosts }),
    ...(selector && { selector: textMap(selector) }),
    ...(swarm?.kind === 'scalar' && {
      swarm: { name: swarm.text, place: at(swarm), path: 'spec.swarm' },
    }),
    choice,
    ...readCompose(source, folder, reach),
    reach,
    values: textMap(child(spec, 'values')),
  };
}

function readCompose(
  source: Source,
  folder: string,
  reach: string,
): Pick<AppVariant, 'compose' | 'references' | 'directory'> {
  const { file, lineStarts, spec } = source;
  const inline = child(spec, 'compose');
  if (inline?.kind === 'map') {
    const compose: InlineCompose = { root: inline, file, lineStarts, path: 'spec.compose' };
    return { compose: [compose], directory: folder };
  }
  const references = new Map<string, Reference>();
  for (const { text, at, path } of composeReferences(spec)) {
    const place = placeOf(file, lineStarts, at);
    const resolved = repositoryPath(text, folder, reach);
    if ('path' in resolved) references.set(resolved.path, { place, path });
    else source.issues.push(issueAt(resolved.code, place, path, resolved.message, resolved.hint));
  }
  const compose = [...references.keys()];
  const [first] = compose;
  return { compose, references, directory: first === undefined ? folder : folderOf(first) };
}

/** The paths that `spec.compose` names, as they are written. */
export function composeReferences(
  spec: YamlNode | undefined,
): readonly { readonly text: string; readonly at: number; readonly path: string }[] {
  const compose = child(spec, 'compose');
  if (compose?.kind === 'scalar') return [{ ...compose, path: 'spec.compose' }];
  return itemsOf(compose).map((item, index) => ({ ...item, path: `spec.compose[${index}]` }));
}

function readSecrets(
  source: Source,
  secrets: AppManifest['spec']['secrets'],
  project: string,
): readonly SecretUse[] {
  return Object.entries(secrets ?? {}).map(([name, { from, as = 'file' }]) => {
    const use = child(child(source.spec, 'secrets'), name);
    const path = joinPath('spec.secrets', name);
    if (as !== 'file' && name.startsWith('SKEP_')) {
      const message = `${name} is set by skep: names with SKEP_ in front are reserved`;
      source.issues.push(issueAt('E_VALUE', source.at(use), path, message, 'choose another name'));
    }
    const place = source.at(child(use, 'from'));
    return { name, as, ...reference(project, from, place, `${path}.from`) };
  });
}

function readStrategy(
  source: Source,
  strategy: NonNullable<AppManifest['spec']['strategy']>,
): StrategyDeclaration {
  const { maxUnavailableHosts: most = 1, pauseBetween } = strategy;
  const order = itemsOf(child(child(source.spec, 'strategy'), 'order')).map((item, index) => ({
    name: item.text,
    place: source.at(item),
    path: `spec.strategy.order[${index}]`,
  }));
  return {
    desired: {
      maxUnavailableHosts:
        typeof most === 'number' ? { count: most } : { percent: Number.parseInt(most, 10) },
      order: order.map(({ name }) => name as HostName),
      pauseMs: pauseBetween === undefined ? 0 : parseDurationMs(pauseBetween),
    },
    order,
  };
}

function readImages(source: Source, images: AppManifest['spec']['images']) {
  if (!images) return undefined;
  const node = child(child(source.spec, 'images'), 'refresh');
  const refresh = { node, path: 'spec.images.refresh', text: images.refresh, example: '24h' };
  const refreshMs = readSpan(source, refresh, REFRESH_LIMITS);
  const { keep } = images;
  return {
    ...(refreshMs !== undefined && { refreshMs }),
    ...(keep !== undefined && { keep }),
  };
}

interface Span {
  readonly node: YamlNode | undefined;
  readonly path: string;
  readonly text: string | undefined;
  readonly example: string;
}

/** Undefined where none is written, and where it is out of bounds, which is an issue. */
function readSpan(
  source: Source,
  { node, path, text, example }: Span,
  { least, most }: { readonly least: string; readonly most: string },
): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  if (ms >= parseDurationMs(least) && ms <= parseDurationMs(most)) return ms;
  const message = `${JSON.stringify(text)} is not between ${least} and ${most}`;
  source.issues.push(issueAt('E_VALUE', source.at(node), path, message, `such as ${example}`));
  return undefined;
}

function readDeadline(source: Source, text: string | undefined): number {
  const node = child(child(source.spec, 'rollout'), 'deadline');
  const deadline = { node, path: 'spec.rollout.deadline', text, example: '10m' };
  return readSpan(source, deadline, DEADLINE_LIMITS) ?? DEFAULT_DEADLINE_MS;
}

function readHooks({ spec, at }: Source): readonly HookReference[] {
  const hooks = child(child(spec, 'rollout'), 'hooks');
  return HOOK_PHASES.flatMap((phase) =>
    itemsOf(child(hooks, phase)).map((item, index) => ({
      service: item.text,
      phase,
      place: at(item),
      path: `spec.rollout.hooks.${phase}[${index}]`,
    })),
  );
}

function readSuspend(
  source: Source,
  suspend: { readonly reason: string; readonly until?: string } | undefined,
): Suspend | undefined {
  if (!suspend) return undefined;
  const { reason, until } = suspend;
  if (until === undefined) return { reason };
  const untilMs = parseUntil(until);
  if (untilMs !== undefined) return { reason, untilMs };
  const place = source.at(child(child(source.spec, 'suspend'), 'until'));
  const message = `${JSON.stringify(until)} is neither a date nor a time with its zone`;
  const hint = 'such as 2030-01-31 or 2030-01-31T18:00:00Z';
  source.issues.push(issueAt('E_VALUE', place, 'spec.suspend.until', message, hint));
  return { reason };
}

function itemsOf(node: YamlNode | undefined): readonly YamlScalar[] {
  if (node?.kind !== 'seq') return [];
  return node.items.flatMap((item) => (item.kind === 'scalar' ? [item] : []));
}
