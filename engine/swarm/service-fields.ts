import { canonicalText, type ServiceFields, sha256 } from '../../schemas/domain/index.ts';

/** The part of a service's spec that we read, as a request or an answer of the engine has it. */
export type ServiceSpecJson = Readonly<Record<string, unknown>>;

export interface FieldContext {
  /** Keys the hashes of environment values, which leave no host as they are. */
  readonly salt: string;
  /** The name of a network by its id; a name stays as it is. */
  readonly networkName: (target: string) => string;
}

/** Longer values are told by their hash: a spec stays small, and equal values stay equal. */
const LONGEST_VALUE = 512;

/** What the engine does where nothing is said. Engines answer with it or without it. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  'ContainerSpec.StopGracePeriod': 10e9,
  'ContainerSpec.Isolation': 'default',
  'RestartPolicy.Condition': 'any',
  'RestartPolicy.Delay': 5e9,
  Runtime: 'container',
  'UpdateConfig.Parallelism': 1,
  'UpdateConfig.FailureAction': 'pause',
  'UpdateConfig.Monitor': 5e9,
  'UpdateConfig.Order': 'stop-first',
  'RollbackConfig.Parallelism': 1,
  'RollbackConfig.FailureAction': 'pause',
  'RollbackConfig.Monitor': 5e9,
  'RollbackConfig.Order': 'stop-first',
  'EndpointSpec.Mode': 'vip',
};

/** Whether tasks begin with a process of their own has no default that is ours to know. */
const SPOKEN: ReadonlySet<string> = new Set(['ContainerSpec.Init']);

/** Made by the engine, kept as they are, or told in another way. */
const LEFT_OUT: ReadonlySet<string> = new Set(['ForceUpdate', 'Name']);

type Flat = Map<string, unknown>;

/**
 * A service's spec, field by field, with defaults left out: equal exactly where two specs ask for
 * the same, whatever engine answered and however much of it was written down. Both what is asked
 * for and what is observed goes through here.
 */
export function serviceFields(spec: ServiceSpecJson, context: FieldContext): ServiceFields {
  const { TaskTemplate, Labels, Mode, Networks: _legacy, ...rest } = spec;
  const flat: Flat = new Map();
  flatten('', record(TaskTemplate), context, flat);
  flatten('', rest, context, flat);
  for (const [name, value] of Object.entries(ownLabels(Labels))) flat.set(`Labels.${name}`, value);
  modeFields(record(Mode), flat);
  const entries = [...flat].flatMap(([path, value]): [string, string][] => {
    const text = canonicalText(value);
    if (canonicalText(DEFAULTS[path] ?? null) === text) return [];
    return [[path, text.length > LONGEST_VALUE ? `sha256:${sha256(text)}` : text]];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** They say whose it is and what was applied, and are told apart; all but what restarts it. */
const OWN_LABEL = /^skep\.(?!restart$)/;

export function ownLabels(labels: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record(labels)).filter(([name]) => !OWN_LABEL.test(name)),
  );
}

function modeFields(mode: Readonly<Record<string, unknown>>, flat: Flat): void {
  const [name = 'Replicated'] = Object.keys(mode).filter((key) => mode[key] != null);
  flat.set('Mode', name);
  const said = record(mode[name]);
  if (name === 'Replicated') flat.set('Mode.Replicas', said['Replicas'] ?? 1);
  if (name !== 'ReplicatedJob') return;
  const completions = said['TotalCompletions'] ?? said['MaxConcurrent'] ?? 1;
  flat.set('Mode.TotalCompletions', completions);
  flat.set('Mode.MaxConcurrent', said['MaxConcurrent'] ?? 1);
}

function flatten(
  prefix: string,
  members: Readonly<Record<string, unknown>>,
  context: FieldContext,
  flat: Flat,
): void {
  for (const [key, value] of Object.entries(members)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (!LEFT_OUT.has(path)) place(path, value, context, flat);
  }
}

function place(path: string, value: unknown, context: FieldContext, flat: Flat): void {
  const keyed = KEYED[path];
  if (keyed) {
    for (const [name, item] of keyed(value, context)) flat.set(`${path}.${name}`, item);
  } else if (isRecord(value)) flatten(path, value, context, flat);
  else if (says(path, value)) flat.set(path, SETS.has(path) ? sorted(value) : value);
}

/** Zero and `false` are said aloud where the engine would do something else by itself. */
const says = (path: string, value: unknown): boolean =>
  !isEmpty(value) ||
  (value !== null && value !== undefined && (path in DEFAULTS || SPOKEN.has(path)));

/** Lists whose order says nothing. */
const SETS: ReadonlySet<string> = new Set([
  'ContainerSpec.CapabilityAdd',
  'ContainerSpec.CapabilityDrop',
  'ContainerSpec.Groups',
  'Placement.Constraints',
]);

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => String(item)).sort() : value;
}

type Items = readonly (readonly [name: string, value: unknown])[];

/** Lists of things that have a name of their own: told one by one. */
const KEYED: Readonly<Record<string, (value: unknown, context: FieldContext) => Items>> = {
  'ContainerSpec.Env': (value, { salt }) =>
    texts(value).map((line) => {
      const at = line.indexOf('=');
      if (at < 0) return [line, 'unset'];
      return [line.slice(0, at), sha256(`${salt}\n${line.slice(at + 1)}`).slice(0, 32)];
    }),
  'ContainerSpec.Labels': (value) =>
    Object.entries(record(value)).filter(([name]) => !OWN_LABEL.test(name)),
  'ContainerSpec.Mounts': (value) =>
    records(value).map((mount) => [String(mount['Target']), plain(mount)]),
  'ContainerSpec.Configs': (value) => records(value).map((use) => fileUse(use, 'ConfigName')),
  'ContainerSpec.Secrets': (value) => records(value).map((use) => fileUse(use, 'SecretName')),
  'ContainerSpec.Sysctls': (value) => Object.entries(record(value)),
  'ContainerSpec.Ulimits': (value) =>
    records(value).map((limit) => [String(limit['Name']), plain(limit)]),
  Networks: (value, { networkName }) =>
    records(value).map(({ Target, Aliases, ...network }) => [
      networkName(String(Target)),
      plain({ ...network, Aliases: sorted(Aliases) }),
    ]),
  'LogDriver.Options': (value) => Object.entries(record(value)),
  'EndpointSpec.Ports': (value) =>
    records(value).map((port) => {
      const protocol = word(port['Protocol']) || 'tcp';
      const published = Number(port['PublishedPort'] ?? 0);
      const name = `${Number(port['TargetPort'])}/${protocol} ${published}`;
      return [name, word(port['PublishMode']) || 'ingress'];
    }),
  'Placement.Platforms': (value) => [
    ...records(value).map((platform): [string, unknown] => [
      `${word(platform['OS'])}/${word(platform['Architecture'])}`,
      true,
    ]),
  ],
};

/** Ids are the swarm's; of two files of one name none could be told from the other. */
function fileUse(use: Readonly<Record<string, unknown>>, member: string): [string, unknown] {
  const { File, Runtime } = use;
  const name = String(use[member]);
  const { Name, UID, GID, Mode } = record(File);
  if (!File) return [`runtime ${name}`, Runtime ? 'runtime' : 'none'];
  return [String(Name), [name, word(UID) || '0', word(GID) || '0', Number(Mode ?? 0)]];
}

/** Without members that say nothing, all the way down. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    const kept = plain(member);
    return isEmpty(kept) ? [] : [[key, kept]];
  });
  return Object.fromEntries(members);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) {
    return true;
  }
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  isRecord(value) ? value : {};

const records = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

const word = (value: unknown): string => (typeof value === 'string' ? value : '');

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map((item) => String(item)) : [];
