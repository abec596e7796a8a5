import { posix } from 'node:path';
import {
  type AppId,
  type Issue,
  type Place,
  type ProjectName,
  parseAppId,
  type Suspend,
  toAppId,
  toProjectName,
} from '../../../../schemas/domain/index.ts';
import type { AppManifest } from '../../../../schemas/generated/app.ts';
import { repositoryPath } from '../compose/files.ts';
import type { InlineCompose } from '../compose/load-compose.ts';
import { issueAt } from '../issues.ts';
import { textMap } from '../manifests/core-scalar.ts';
import { DEFAULT_PROJECT, type Manifest } from '../manifests/read-manifests.ts';
import { reference, type SecretReference } from '../sealed/declare-secret.ts';
import { child, type YamlNode } from '../yaml/node.ts';
import { placeOf } from '../yaml/text.ts';

/** An App as declared, by a manifest or by a folder. Nothing of it is looked up yet. */
export interface AppDeclaration {
  readonly id: AppId;
  readonly project: ProjectName;
  readonly name: string;
  readonly place: Place;
  /** The Compose project name on the engine. */
  readonly projectName: string;
  readonly variants: readonly AppVariant[];
  readonly dependsOn: readonly { readonly app: AppId; readonly place: Place }[];
  readonly suspend?: Suspend;
  readonly drift: 'heal' | 'report';
  readonly adopt: boolean;
  readonly pruneVolumes: boolean;
  readonly deadlineMs: number;
  readonly restart?: string;
  readonly secrets: readonly SecretUse[];
  /** Faults that the schema cannot see. */
  readonly issues: readonly Issue[];
  /** The manifest's data, for the content hash. */
  readonly content: unknown;
  /** Of an app without a manifest: equal = the same declaration. */
  readonly signature?: string;
}

/** A Secret's value under the name it gets in the app. */
export interface SecretUse extends SecretReference {
  readonly name: string;
  readonly as: 'file' | 'env' | 'value';
}

/** Compose files for some hosts. An app has one; a discovered one may differ from host to host. */
export interface AppVariant {
  readonly hosts?: readonly { readonly name: string; readonly place: Place }[];
  readonly selector?: ReadonlyMap<string, string>;
  readonly compose: readonly (string | InlineCompose)[];
  /** Compose's project directory: where relative paths and `.env` are. */
  readonly directory: string;
  /** Folder that holds everything the app may refer to. */
  readonly reach: string;
  readonly values: ReadonlyMap<string, string>;
}

const DEFAULT_DEADLINE_MS = 600_000;
const DEADLINE_LIMITS_MS = { least: 1_000, most: 86_400_000 };

/** `apps/web/app.yaml` -> `apps/web`; the root is `''`. */
export function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

export const defaultProjectName = (project: string, name: string): string =>
  project === DEFAULT_PROJECT ? name : `${project}-${name}`;

/** A good App manifest -> its declaration. */
export function declareApp(
  manifest: Manifest,
  file: string,
  lineStarts: readonly number[],
): AppDeclaration {
  const { spec } = manifest.value as AppManifest;
  const node = child(manifest.root, 'spec');
  const issues: Issue[] = [];
  const at = (found: YamlNode | undefined): Place =>
    placeOf(file, lineStarts, found?.at ?? manifest.at);
  const report = (code: 'E_VALUE', found: YamlNode | undefined, path: string, message: string) => {
    issues.push(issueAt(code, at(found), path, message));
  };
  const project = toProjectName(manifest.project);
  const suspend = readSuspend(spec.suspend, child(child(node, 'suspend'), 'until'), report);
  const restart = child(node, 'restart');
  const deadline = spec.rollout?.deadline;
  return {
    id: toAppId(project, manifest.name),
    project,
    name: manifest.name,
    place: placeOf(file, lineStarts, manifest.at),
    projectName: spec.projectName ?? defaultProjectName(project, manifest.name),
    variants: [readVariant()],
    dependsOn: readDependsOn(),
    ...(suspend && { suspend }),
    drift: spec.drift ?? 'heal',
    adopt: spec.adopt ?? false,
    pruneVolumes: spec.prune?.volumes ?? false,
    deadlineMs: deadline === undefined ? DEFAULT_DEADLINE_MS : readDeadline(deadline),
    ...(restart?.kind === 'scalar' && { restart: restart.text }),
    secrets: readSecrets(),
    issues,
    content: manifest.value,
  };

  function readVariant(): AppVariant {
    const folder = folderOf(file);
    const reach = folderOf(folder);
    const compose = readCompose(folder, reach);
    const [first] = compose;
    const hosts = itemsOf(child(node, 'hosts')).map((item) => ({
      name: item.text,
      place: at(item),
    }));
    const selector = child(node, 'hostSelector');
    if (hosts.length > 0 && selector) {
      report('E_VALUE', selector, 'spec.hostSelector', 'hosts and hostSelector exclude each other');
    }
    return {
      ...(hosts.length > 0 && { hosts }),
      ...(selector && { selector: textMap(selector) }),
      compose,
      directory: typeof first === 'string' ? folderOf(first) : folder,
      reach,
      values: readValues(),
    };
  }

  function readCompose(folder: string, reach: string): (string | InlineCompose)[] {
    const compose = child(node, 'compose');
    if (compose?.kind === 'map') {
      return [{ root: compose, file, lineStarts, path: 'spec.compose' }];
    }
    const single = compose?.kind === 'scalar';
    return (single ? [compose] : itemsOf(compose)).flatMap((item, index) => {
      const path = single ? 'spec.compose' : `spec.compose[${index}]`;
      const resolved = repositoryPath(item.text, folder, reach);
      if ('path' in resolved) return [resolved.path];
      issues.push(issueAt(resolved.code, at(item), path, resolved.message, resolved.hint));
      return [];
    });
  }

  function readValues(): ReadonlyMap<string, string> {
    const values = child(node, 'values');
    reportReserved(values, (found, name) => {
      const message = `${name} is set by skep: names with SKEP_ are reserved`;
      report('E_VALUE', found, `spec.values.${name}`, message);
    });
    return textMap(values);
  }

  function readSecrets(): readonly SecretUse[] {
    return Object.entries(spec.secrets ?? {}).map(([name, { from, as = 'file' }]) => {
      const use = child(child(node, 'secrets'), name);
      const path = `spec.secrets.${name}`;
      if (as !== 'file') reportReservedName(name, use, path);
      const place = at(child(use, 'from'));
      return { name, as, ...reference(manifest.project, from, place, `${path}.from`) };
    });
  }

  function reportReservedName(name: string, use: YamlNode | undefined, path: string): void {
    if (!name.startsWith('SKEP_')) return;
    report('E_VALUE', use, path, `${name} is set by skep: names with SKEP_ are reserved`);
  }

  function readDependsOn() {
    return itemsOf(child(node, 'dependsOn')).map((item) => {
      const id = item.text.includes('/') ? item.text : `${project}/${item.text}`;
      return { app: parseAppId(id).id, place: at(item) };
    });
  }

  function readDeadline(text: string): number {
    const ms = parseDurationMs(text);
    const { least, most } = DEADLINE_LIMITS_MS;
    if (ms >= least && ms <= most) return ms;
    const found = child(child(node, 'rollout'), 'deadline');
    report('E_VALUE', found, 'spec.rollout.deadline', 'must be between 1s and 24h');
    return DEFAULT_DEADLINE_MS;
  }
}

/** Reports names of values that skep sets itself. */
export function reportReserved(
  values: YamlNode | undefined,
  report: (at: YamlNode, name: string) => void,
): void {
  if (values?.kind !== 'map') return;
  for (const [name, entry] of values.entries) {
    if (name.startsWith('SKEP_')) report({ ...entry.value, at: entry.keyAt }, name);
  }
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `1h30m` in milliseconds; the schema has checked the shape. */
export function parseDurationMs(text: string): number {
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/([0-9]+)(ms|s|m|h|d)/g)) {
    total += Number(count) * (UNITS_MS[unit] ?? 0);
  }
  return total;
}

const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const TIME =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;
const DAY_MS = 86_400_000;

function readSuspend(
  suspend: { readonly reason: string; readonly until?: string } | undefined,
  node: YamlNode | undefined,
  report: (code: 'E_VALUE', at: YamlNode | undefined, path: string, message: string) => void,
): Suspend | undefined {
  if (!suspend) return undefined;
  const { reason, until } = suspend;
  if (until === undefined) return { reason };
  const untilMs = parseUntil(until);
  if (untilMs !== undefined) return { reason, untilMs };
  report('E_VALUE', node, 'spec.suspend.until', 'neither a date nor a time with its zone');
  return { reason };
}

/** A day lasts to its end, UTC. */
function parseUntil(text: string): number | undefined {
  if (!DATE.test(text) && !TIME.test(text)) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  return DATE.test(text) ? ms + DAY_MS : ms;
}

function itemsOf(node: YamlNode | undefined): readonly Extract<YamlNode, { kind: 'scalar' }>[] {
  if (node?.kind !== 'seq') return [];
  return node.items.flatMap((item) => (item.kind === 'scalar' ? [item] : []));
}
