import type { Owner } from './labels.ts';
import type { HostName } from './names.ts';
import type { ObservedNetwork } from './observed.ts';

/**
 * A swarm's objects as one of its managers shows them; `id` is unique within a kind. Its networks
 * are told with those of the host, of scope `swarm`.
 */
export type SwarmObject = SwarmSelf | SwarmService | SwarmFile | SwarmTask | SwarmNode;

export type SwarmKind = SwarmObject['kind'];
export const SWARM_KINDS: readonly SwarmKind[] = [
  'swarm',
  'service',
  'config',
  'secret',
  'task',
  'node',
];

/** What a swarm object is known by on its host. */
export const swarmKey = ({ kind, id }: Pick<SwarmObject, 'kind' | 'id'>): string => `${kind} ${id}`;

/** The swarm itself, and the manager that speaks of it. Its presence says: this is a manager. */
export interface SwarmSelf {
  readonly kind: 'swarm';
  readonly id: string;
  /** The id of the manager's own node. */
  readonly node: string;
  readonly leader: boolean;
}

export const UPDATE_STATES = [
  'updating',
  'paused',
  'completed',
  'rollback_started',
  'rollback_paused',
  'rollback_completed',
] as const;
export type UpdateState = (typeof UPDATE_STATES)[number];

export interface SwarmService {
  readonly kind: 'service';
  readonly id: string;
  readonly name: string;
  /** Absent = unmanaged: of such a service only its name and what it refers to are told. */
  readonly owner?: Owner;
  /** `Version.Index`. */
  readonly version: number;
  /** Its spec, field by field (`engine/swarm/service-fields`). */
  readonly fields: ServiceFields;
  /** What was applied last, as its label tells (`engine/swarm/applied`). */
  readonly applied: string;
  /** Of the task template that it has now, as its label tells. */
  readonly taskHash: string;
  /** `config NAME`, `secret NAME`, `network NAME` of its spec and of the one before it. */
  readonly references: readonly string[];
  /** Absent where it was never updated. */
  readonly update?: { readonly state: UpdateState; readonly message: string };
}

/** Path -> canonical text. A path that is missing says: as the engine does by itself. */
export type ServiceFields = Readonly<Record<string, string>>;

/** Data never leaves the swarm. */
export interface SwarmFile {
  readonly kind: 'config' | 'secret';
  readonly id: string;
  readonly name: string;
  readonly owner?: Owner;
  /** Those that are not ours, which alone can change. */
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339 on the swarm's clock; only ever compared with others of it. */
  readonly created: string;
}

export const TASK_STATES = [
  'new',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

export interface SwarmTask {
  readonly kind: 'task';
  readonly id: string;
  /** Id of its service. */
  readonly service: string;
  /** Id of the node, empty while it has none. */
  readonly node: string;
  readonly slot: number;
  readonly state: TaskState;
  /** What the swarm wants of it. */
  readonly wanted: TaskState;
  /** The engine's or the swarm's own words. */
  readonly error: string;
  readonly exitCode: number;
  readonly container: string;
  /** RFC 3339 on the swarm's clock. */
  readonly created: string;
  /** Of the template it was made from. */
  readonly taskHash: string;
}

export interface SwarmNode {
  readonly kind: 'node';
  readonly id: string;
  readonly name: string;
  readonly role: 'manager' | 'worker';
  readonly state: 'unknown' | 'down' | 'ready' | 'disconnected';
  readonly availability: 'active' | 'pause' | 'drain';
  readonly engine: string;
  readonly leader: boolean;
}

/** What planning one stack looks at. */
export interface ObservedSwarm {
  readonly name: string;
  /** The manager whose view this is. */
  readonly speaker: HostName;
  /** Owned by this stack, sorted by name; so the next three. */
  readonly services: readonly SwarmService[];
  readonly networks: readonly ObservedNetwork[];
  readonly configs: readonly SwarmFile[];
  readonly secrets: readonly SwarmFile[];
  /** All of the swarm, by id. */
  readonly nodes: ReadonlyMap<string, SwarmNode>;
  /** Those of one service, by slot and node, newest first within each. */
  tasks(serviceId: string): readonly SwarmTask[];
  /** Any object of that name, whoever owns it. */
  serviceNamed(name: string): SwarmService | undefined;
  networkNamed(name: string): ObservedNetwork | undefined;
  fileNamed(kind: SwarmFile['kind'], name: string): SwarmFile | undefined;
  /** Whether any service's spec, or the one before it, names it. */
  isReferred(kind: SwarmFile['kind'] | 'network', name: string): boolean;
}
