import { dependencyOrder } from '../../../../engine/dependency-order.ts';
import { appliedLabel } from '../../../../engine/swarm/applied.ts';
import { overlayNetwork, stackObject } from '../../../../engine/swarm/objects.ts';
import { serviceFields } from '../../../../engine/swarm/service-fields.ts';
import { serviceSpec, stackNetworkKeys } from '../../../../engine/swarm/service-spec.ts';
import type {
  AppId,
  ComposeModel,
  ComposeService,
  DesiredApp,
  DesiredUnit,
  EngineBody,
  InstallationId,
  ObservedSwarm,
  ServiceFields,
} from '../../../../schemas/domain/index.ts';
import { compareText, LABEL, sha256, specHash } from '../../../../schemas/domain/index.ts';
import { objectHash } from '../harden.ts';
import { safeUpdateConfig } from './defaults.ts';
import type { SwarmImages, SwarmImageUse } from './images.ts';
import { chosenNetworkName, contentName, FILE_KINDS, type FileKind, memberOf } from './names.ts';

/** A stack in the engine's words (decision 20): final bodies, and what they are recognised by. */
export interface HardenedStack {
  /** In dependency order; those whose image is not known are not here yet. */
  readonly services: ReadonlyMap<string, HardenedSwarmService>;
  readonly networks: readonly HardenedSwarmObject[];
  readonly files: readonly HardenedSwarmFile[];
}

export interface HardenedSwarmService {
  /** The key in the file. */
  readonly service: string;
  /** The engine's name. */
  readonly name: string;
  readonly spec: ComposeService;
  readonly body: EngineBody;
  readonly fields: ServiceFields;
  readonly specHash: string;
  readonly taskHash: string;
  readonly isJob: boolean;
  readonly image: SwarmImageUse;
  /** Engine names of what it uses. */
  readonly networks: readonly string[];
  readonly files: readonly { readonly kind: FileKind; readonly name: string }[];
  /** Its number of replicas is somebody else's to say. */
  readonly ignoresReplicas: boolean;
  /** Set where the author said nothing of updates. */
  readonly safeUpdate: EngineBody | undefined;
}

export interface HardenedSwarmObject {
  readonly key: string;
  readonly name: string;
  readonly external: boolean;
  readonly body: EngineBody;
  readonly specHash: string;
}

export interface HardenedSwarmFile extends Omit<HardenedSwarmObject, 'specHash'> {
  readonly kind: FileKind;
  /** Its labels that are not ours. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface HardenStackInput {
  readonly installation: InstallationId;
  readonly app: Pick<DesiredApp, 'id' | 'restart'>;
  readonly unit: Pick<DesiredUnit, 'model' | 'files'>;
  readonly images: SwarmImages;
  readonly swarm: Pick<ObservedSwarm, 'networks' | 'networkNamed'>;
  /** Of contents of configs and secrets, for their names. */
  readonly digest: (text: string) => string;
}

/** Not the stack's own: every engine has them. */
const BUILT_IN: ReadonlySet<string> = new Set(['host', 'none', 'bridge', 'ingress']);

export function hardenStack(input: HardenStackInput): HardenedStack {
  const { unit, images } = input;
  const used = usedKeys(unit.model);
  const networks = used.networks.map((key) => network(input, key));
  const files = FILE_KINDS.flatMap((kind) => used[kind].map((key) => file(input, kind, key)));
  const model = withNames(unit.model, networks, files);
  const services = new Map<string, HardenedSwarmService>();
  for (const name of dependencyOrder(model.services)) {
    const image = images.known.get(model.services[name]?.image ?? '');
    if (image) services.set(name, service(input, model, name, image));
  }
  return { services, networks: networks.filter(({ name }) => !BUILT_IN.has(name)), files };
}

interface UsedKeys {
  readonly networks: readonly string[];
  readonly config: readonly string[];
  readonly secret: readonly string[];
}

function usedKeys({ services }: ComposeModel): UsedKeys {
  const all = Object.values(services);
  const unique = (keys: readonly string[]) => [...new Set(keys)].sort(compareText);
  return {
    networks: unique(all.flatMap(stackNetworkKeys)),
    config: unique(all.flatMap(configKeys)),
    secret: unique(all.flatMap(({ secrets = [] }) => secrets.map(({ source }) => source))),
  };
}

const configKeys = ({ configs = [], credential_spec }: ComposeService): readonly string[] => [
  ...configs.map(({ source }) => source),
  ...(credential_spec?.config ? [credential_spec.config] : []),
];

function network(input: HardenStackInput, key: string): HardenedSwarmObject {
  const { unit, swarm } = input;
  const body = overlayNetwork(unit.model, key);
  const external = unit.model.networks[key]?.external === true;
  const hash = objectHash({ ...body, Name: '' });
  const name = external ? String(body['Name']) : chosenNetworkName(unit.model, key, hash, swarm);
  const labels = { ...ownerLabels(input, hash), [LABEL.object]: key };
  return { key, name, external, body: withLabels({ ...body, Name: name }, labels), specHash: hash };
}

function file(input: HardenStackInput, kind: FileKind, key: string): HardenedSwarmFile {
  const { unit, digest } = input;
  const body = stackObject(unit.model, memberOf(kind), key, undefined);
  const external = unit.model[memberOf(kind)][key]?.external === true;
  const name = external ? String(body['Name']) : contentName(unit, kind, key, digest);
  const own = { ...ownerLabels(input, specHash(name)), [LABEL.object]: key };
  const labels = (body['Labels'] ?? {}) as Readonly<Record<string, string>>;
  return { kind, key, name, external, labels, body: withLabels({ ...body, Name: name }, own) };
}

/** The model with the names that its objects have on this swarm: the builders take it from there. */
function withNames(
  model: ComposeModel,
  networks: readonly HardenedSwarmObject[],
  files: readonly HardenedSwarmFile[],
): ComposeModel {
  const named = <T>(
    objects: Readonly<Record<string, T>>,
    names: readonly { readonly key: string; readonly name: string }[],
  ) => ({
    ...objects,
    ...Object.fromEntries(names.map(({ key, name }) => [key, { ...objects[key], name }])),
  });
  return {
    ...model,
    networks: named(model.networks, networks),
    configs: named(
      model.configs,
      files.filter(({ kind }) => kind === 'config'),
    ),
    secrets: named(
      model.secrets,
      files.filter(({ kind }) => kind === 'secret'),
    ),
  };
}

function service(
  input: HardenStackInput,
  model: ComposeModel,
  key: string,
  image: SwarmImageUse,
): HardenedSwarmService {
  const spec = model.services[key] ?? {};
  const plain = serviceSpec(model, key);
  const safeUpdate = safeUpdateConfig(spec);
  const full = {
    ...plain,
    ...(safeUpdate && { UpdateConfig: safeUpdate }),
    TaskTemplate: taskTemplate(input, plain['TaskTemplate'] as Template, image),
  };
  const context = { salt: input.installation, networkName: (target: string) => target };
  const fields = serviceFields(full, context);
  const taskHash = specHash(serviceFields({ TaskTemplate: full.TaskTemplate }, context));
  const hash = specHash(fields);
  const labels = {
    ...ownerLabels(input, hash),
    [LABEL.service]: key,
    [LABEL.applied]: appliedLabel(fields),
  };
  const container = full.TaskTemplate.ContainerSpec;
  const hashed = withLabels(container, { [LABEL.taskHash]: taskHash });
  return {
    service: key,
    name: String(plain['Name']),
    spec,
    body: withLabels(
      { ...full, TaskTemplate: { ...full.TaskTemplate, ContainerSpec: hashed } },
      labels,
    ),
    fields,
    specHash: hash,
    taskHash,
    isJob: (spec.deploy?.mode ?? '').endsWith('job'),
    image,
    networks: stackNetworkKeys(spec).map((name) => model.networks[name]?.name ?? name),
    files: filesOf(model, spec),
    ignoresReplicas: spec['x-skep']?.ignore?.includes('replicas') ?? false,
    safeUpdate,
  };
}

function filesOf(model: ComposeModel, spec: ComposeService): HardenedSwarmService['files'] {
  const name = (kind: FileKind, key: string) => model[memberOf(kind)][key]?.name ?? key;
  return [
    ...configKeys(spec).map((key) => ({ kind: 'config' as const, name: name('config', key) })),
    ...(spec.secrets ?? []).map(({ source }) => ({
      kind: 'secret' as const,
      name: name('secret', source),
    })),
  ];
}

interface Template extends EngineBody {
  readonly ContainerSpec: EngineBody;
  readonly Placement?: EngineBody;
}

/** The image is named by its digest, so that every node runs one, and only nodes that can. */
function taskTemplate(
  { app }: HardenStackInput,
  template: Template,
  { image, platforms }: SwarmImageUse,
): Template {
  const { restart } = app;
  const named = { ...template.ContainerSpec, Image: image };
  const labels = restart === undefined ? {} : { [LABEL.restart]: sha256(restart).slice(0, 12) };
  return {
    ...template,
    ContainerSpec: withLabels(named, labels),
    ...(platforms.length > 0 && {
      Placement: { ...template.Placement, Platforms: platforms.map(platformBody) },
    }),
  };
}

/** As the official client writes it: which ARM a node is says the swarm nothing. */
function platformBody(platform: string): EngineBody {
  const [OS = '', architecture = ''] = platform.split('/');
  return { Architecture: architecture === 'arm' ? '' : architecture, OS };
}

function ownerLabels(
  {
    installation,
    app,
  }: { readonly installation: InstallationId; readonly app: { readonly id: AppId } },
  hash: string,
): Record<string, string> {
  return { [LABEL.installation]: installation, [LABEL.app]: app.id, [LABEL.specHash]: hash };
}

function withLabels(body: EngineBody, labels: Readonly<Record<string, string>>): EngineBody {
  const merged = { ...((body['Labels'] ?? {}) as Readonly<Record<string, string>>), ...labels };
  const entries = Object.entries(merged).sort(([a], [b]) => compareText(a, b));
  return { ...body, Labels: Object.fromEntries(entries) };
}
