import { nearestHint } from '../../../../schemas/nearest.ts';
import { KINDS, type Kind, type ManifestValidator } from '../../../../schemas/validate.ts';
import { joinPath } from '../compose/reading.ts';
import type { Fault } from '../yaml/fault.ts';
import { child, type YamlMap, type YamlNode } from '../yaml/node.ts';
import type { ParsedYaml, YamlDocument } from '../yaml/parse.ts';
import { coreValue, toPlain } from './core-scalar.ts';
import { locate } from './locate.ts';

export const API_VERSION = 'skep/v1';
export const DEFAULT_PROJECT = 'default';

/** Kinds of the language that a later version will have. */
const LATER_KINDS = ['SwarmService', 'Route', 'Notification'];

/** Fields of the language that a later version will have, as dotted paths by kind. */
const LATER_FIELDS: Readonly<Record<Kind, readonly string[]>> = {
  App: ['spec.profiles', 'spec.images'],
  Host: [],
  Project: ['spec.source', 'spec.registries', 'spec.hostnames', 'spec.quotas', 'spec.limits'],
  Registry: [],
  Role: [],
  Secret: [],
  Stack: ['metadata.renamedFrom', 'spec.profiles', 'spec.images', 'spec.strict'],
  User: ['spec.tokens', 'spec.signingKeys'],
};

/** One manifest that has a name; `value` fits its schema when `good`. */
export interface Manifest {
  readonly kind: Kind;
  readonly name: string;
  readonly project: string;
  readonly good: boolean;
  readonly root: YamlMap;
  readonly value: unknown;
  /** Of the name. */
  readonly at: number;
}

/** What a YAML file declares, independent of where it lies. */
export interface ManifestFile {
  readonly manifests: readonly Manifest[];
  readonly faults: readonly Fault[];
  /** True when something is declared here and cannot be told: keep all that the file declared. */
  readonly held: boolean;
  /** Offsets of documents that are no manifests: a Compose file, or nothing of ours. */
  readonly others: readonly number[];
}

/** Phase 3: which documents are manifests, and do they fit their schemas. */
export function readManifests(yaml: ParsedYaml, validate: ManifestValidator): ManifestFile {
  const manifests: Manifest[] = [];
  const faults: Fault[] = [];
  let held = false;
  const others: number[] = [];
  for (const document of yaml.documents) {
    if (!looksLikeManifest(document.root)) {
      others.push(document.at);
      continue;
    }
    const read = readManifest(document, validate);
    faults.push(...read.faults);
    if (read.manifest) manifests.push(read.manifest);
    else held = true;
  }
  if (manifests.length === 0 && !held) return { manifests, faults: [], held, others };
  const strict = yaml.strictFaults;
  const blamed = strict.length > 0 ? manifests.map((one) => ({ ...one, good: false })) : manifests;
  return { manifests: blamed, faults: [...strict, ...faults], held, others };
}

function looksLikeManifest(root: YamlNode): root is YamlMap {
  if (root.kind !== 'map') return false;
  for (const { value } of root.entries.values()) {
    if (value.kind === 'scalar' && /^skep\/|^skep$/.test(value.text)) return true;
  }
  if (child(root, 'apiVersion')) return false;
  const kind = child(root, 'kind');
  const named = child(root, 'metadata') ?? child(root, 'spec');
  return named !== undefined && kind?.kind === 'scalar' && isKindOfOurs(kind.text);
}

const ONE_OF = `one of ${KINDS.join(', ')}`;

const isKindOfOurs = (kind: string): boolean =>
  (KINDS as readonly string[]).includes(kind) || LATER_KINDS.includes(kind);

function readManifest(
  document: YamlDocument,
  validate: ManifestValidator,
): { manifest?: Manifest; faults: readonly Fault[] } {
  const root = document.root as YamlMap;
  const refused = refuseEnvelope(root);
  if (refused) return { faults: [refused] };
  const kind = (child(root, 'kind') as { text: string }).text as Kind;
  const value = toPlain(root);
  const faults = [
    ...manifestStrictFaults(document, kind),
    ...schemaFaults(root, kind, value, validate),
  ];
  const name = nameIn(root, 'name');
  const project = child(child(root, 'metadata'), 'project') ? nameIn(root, 'project') : undefined;
  const projectGood = project !== undefined || !child(child(root, 'metadata'), 'project');
  if (name === undefined || !projectGood) return { faults };
  const manifest: Manifest = {
    kind,
    name: name.text,
    project: project?.text ?? DEFAULT_PROJECT,
    good: faults.length === 0,
    root,
    value,
    at: name.at,
  };
  return { manifest, faults };
}

/** apiVersion and kind: without them nothing else can be judged. */
function refuseEnvelope(root: YamlMap): Fault | undefined {
  const version = child(root, 'apiVersion');
  if (version?.kind !== 'scalar' || version.text !== API_VERSION) {
    const entry = root.entries.get('apiVersion');
    const shown = version?.kind === 'scalar' ? `is ${JSON.stringify(version.text)}` : 'is missing';
    const at = version?.at ?? entry?.keyAt ?? root.at;
    const message = `apiVersion ${shown}`;
    return { code: 'E_API_VERSION', at, path: 'apiVersion', message, hint: `write ${API_VERSION}` };
  }
  const kind = child(root, 'kind');
  if (kind?.kind !== 'scalar') {
    const message = 'kind is missing';
    return { code: 'E_KIND_UNKNOWN', at: root.at, path: 'kind', message, hint: ONE_OF };
  }
  if ((KINDS as readonly string[]).includes(kind.text)) return undefined;
  if (LATER_KINDS.includes(kind.text)) {
    const message = `the kind ${kind.text} is not supported yet`;
    const hint = 'name the file in .skepignore until then';
    return { code: 'E_KIND_UNSUPPORTED', at: kind.at, path: 'kind', message, hint };
  }
  const message = `unknown kind ${JSON.stringify(kind.text)}`;
  const hint = nearestHint(kind.text, KINDS) ?? ONE_OF;
  return { code: 'E_KIND_UNKNOWN', at: kind.at, path: 'kind', message, hint };
}

/** Merge keys and tags are for Compose text, also where it is written inside an App. */
function manifestStrictFaults(document: YamlDocument, kind: Kind): readonly Fault[] {
  const inline =
    kind === 'App' || kind === 'Stack' ? child(child(document.root, 'spec'), 'compose') : undefined;
  if (inline?.kind !== 'map') return document.strictFaults;
  const inside = (at: number) => at >= inline.at && at < endOf(document.root, inline);
  return document.strictFaults.filter(({ at }) => !inside(at));
}

/** Offset of the first key after `inline`, as far as the manifest has one. */
function endOf(root: YamlNode, inline: YamlNode): number {
  let end = Number.POSITIVE_INFINITY;
  for (const map of [root, child(root, 'spec')]) {
    if (map?.kind !== 'map') continue;
    for (const { keyAt } of map.entries.values()) if (keyAt > inline.at) end = Math.min(end, keyAt);
  }
  return end;
}

function nameIn(root: YamlMap, key: string): { text: string; at: number } | undefined {
  const node = child(child(root, 'metadata'), key);
  if (node?.kind !== 'scalar' || typeof coreValue(node) !== 'string') return undefined;
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(node.text) ? node : undefined;
}

function schemaFaults(
  root: YamlMap,
  kind: Kind,
  value: unknown,
  validate: ManifestValidator,
): readonly Fault[] {
  return validate(kind, value).map(({ path, key, code, message, hint }) => {
    const found = locate(root, path, key);
    const dotted = [...found.path].reduce<string>(joinPath, '');
    if (LATER_FIELDS[kind].includes(dotted)) {
      const later = `${JSON.stringify(dotted)} is not supported yet`;
      const leave = 'leave it out until then';
      return {
        code: 'E_FIELD_UNSUPPORTED',
        at: found.at,
        path: dotted,
        message: later,
        hint: leave,
      };
    }
    return { code, at: found.at, path: dotted, message, ...(hint !== undefined && { hint }) };
  });
}
