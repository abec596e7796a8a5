import {
  compareText,
  LABEL,
  parseOwner,
  type SwarmFile,
  type SwarmNode,
  type SwarmSelf,
  type SwarmService,
  type SwarmTask,
  specHash,
  TASK_STATES,
  type TaskState,
  UPDATE_STATES,
} from '../../schemas/domain/index.ts';
import { type ServiceSpecJson, serviceFields } from './service-fields.ts';

/** Answers of a manager, as far as they are read. Everything may be missing or null. */
type Json = Readonly<Record<string, unknown>>;
type Texts = Readonly<Record<string, string>>;

/** `GET /info` -> who speaks; undefined where the engine is no manager, or its swarm has no leader. */
export function observedSelf(info: Json, nodes: readonly SwarmNode[]): SwarmSelf | undefined {
  const swarm = record(info['Swarm']);
  if (swarm['ControlAvailable'] !== true || nodes.length === 0) return undefined;
  const node = text(swarm['NodeID']);
  const leader = nodes.some(({ id, leader: leads }) => id === node && leads);
  return { kind: 'swarm', id: text(record(swarm['Cluster'])['ID']), node, leader };
}

export const saltOf = (labels: Texts): string => labels[LABEL.installation] ?? '';

/** One of ours field by field; of a stranger only what it is called and what it refers to. */
export function observedService(
  service: Json,
  networkName: (target: string) => string,
): SwarmService {
  const spec = record(service['Spec']);
  const labels = texts(spec['Labels']);
  const owner = parseOwner(labels);
  const template = record(spec['TaskTemplate']);
  const container = record(template['ContainerSpec']);
  const update = updateOf(record(service['UpdateStatus']));
  const references = [spec, record(service['PreviousSpec'])].flatMap((one) =>
    referencesOf(one, networkName),
  );
  return {
    kind: 'service',
    id: text(service['ID']),
    name: text(spec['Name']),
    ...(owner && { owner }),
    version: Number(record(service['Version'])['Index'] ?? 0),
    fields: owner ? serviceFields(spec, { salt: saltOf(labels), networkName }) : {},
    applied: owner ? (labels[LABEL.applied] ?? '') : '',
    taskHash: texts(container['Labels'])[LABEL.taskHash] ?? '',
    references: [...new Set(references)].sort(),
    ...(update && { update }),
  };
}

/** By this an update is refused where somebody else has changed the service meanwhile. */
export const baseOf = (fields: SwarmService['fields']): string => specHash(fields);

function updateOf(status: Json): SwarmService['update'] {
  const state = UPDATE_STATES.find((known) => known === status['State']);
  return state && { state, message: text(status['Message']) };
}

/** `config NAME`, `secret NAME`, `network NAME`. */
function referencesOf(
  spec: ServiceSpecJson,
  networkName: (target: string) => string,
): readonly string[] {
  const template = record(spec['TaskTemplate']);
  const container = record(template['ContainerSpec']);
  return [
    ...records(template['Networks']).map((use) => `network ${networkName(text(use['Target']))}`),
    ...records(container['Configs']).map((use) => `config ${text(use['ConfigName'])}`),
    ...records(container['Secrets']).map((use) => `secret ${text(use['SecretName'])}`),
  ];
}

export function observedTask(task: Json): SwarmTask {
  const status = record(task['Status']);
  const container = record(status['ContainerStatus']);
  const spec = record(record(task['Spec'])['ContainerSpec']);
  return {
    kind: 'task',
    id: text(task['ID']),
    service: text(task['ServiceID']),
    node: text(task['NodeID']),
    slot: Number(task['Slot'] ?? 0),
    state: taskState(status['State']),
    wanted: taskState(task['DesiredState']),
    error: text(status['Err']),
    exitCode: Number(container['ExitCode'] ?? 0),
    container: text(container['ContainerID']),
    created: text(task['CreatedAt']),
    taskHash: texts(spec['Labels'])[LABEL.taskHash] ?? '',
  };
}

const taskState = (state: unknown): TaskState =>
  TASK_STATES.find((known) => known === state) ?? 'orphaned';

const NODE_STATES = ['unknown', 'down', 'ready', 'disconnected'] as const;
const AVAILABILITIES = ['active', 'pause', 'drain'] as const;

export function observedNode(node: Json): SwarmNode {
  const spec = record(node['Spec']);
  const description = record(node['Description']);
  const state = record(node['Status'])['State'];
  return {
    kind: 'node',
    id: text(node['ID']),
    name: text(description['Hostname']),
    role: spec['Role'] === 'manager' ? 'manager' : 'worker',
    state: NODE_STATES.find((known) => known === state) ?? 'unknown',
    availability: AVAILABILITIES.find((known) => known === spec['Availability']) ?? 'active',
    engine: text(record(description['Engine'])['EngineVersion']),
    leader: record(node['ManagerStatus'])['Leader'] === true,
  };
}

/** The engine shows a config's data; it ends here. */
export function observedFile(kind: SwarmFile['kind'], file: Json): SwarmFile {
  const spec = record(file['Spec']);
  const labels = texts(spec['Labels']);
  const owner = parseOwner(labels);
  const own = Object.entries(labels).filter(([name]) => !name.startsWith('skep.'));
  return {
    kind,
    id: text(file['ID']),
    name: text(spec['Name']),
    ...(owner && { owner }),
    labels: owner ? Object.fromEntries(own.sort(([a], [b]) => compareText(a, b))) : {},
    created: text(file['CreatedAt']),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

const records = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.map(record) : [];

function texts(value: unknown): Texts {
  return Object.fromEntries(
    Object.entries(record(value)).map(([name, member]) => [name, text(member)]),
  );
}
