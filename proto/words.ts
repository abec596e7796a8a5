/**
 * The domain's words and their numbers on the wire. Both tables of a pair are checked by the
 * compiler: a new word on either side does not compile until it has its counterpart.
 */
import type {
  ContainerHealth,
  ContainerState,
  OperationError,
  OutcomeStatus,
} from '../schemas/domain/index.ts';
import * as wire from './gen/skep/agent/v1/agent.ts';

type Sent<W> = Exclude<W, -1>;

export const STATE_NUMBERS: Readonly<Record<ContainerState, wire.ContainerState>> = {
  created: wire.ContainerState.CONTAINER_STATE_CREATED,
  running: wire.ContainerState.CONTAINER_STATE_RUNNING,
  paused: wire.ContainerState.CONTAINER_STATE_PAUSED,
  restarting: wire.ContainerState.CONTAINER_STATE_RESTARTING,
  removing: wire.ContainerState.CONTAINER_STATE_REMOVING,
  exited: wire.ContainerState.CONTAINER_STATE_EXITED,
  dead: wire.ContainerState.CONTAINER_STATE_DEAD,
};

const STATES: Readonly<Record<Sent<wire.ContainerState>, ContainerState>> = {
  [wire.ContainerState.CONTAINER_STATE_UNSPECIFIED]: 'dead',
  [wire.ContainerState.CONTAINER_STATE_CREATED]: 'created',
  [wire.ContainerState.CONTAINER_STATE_RUNNING]: 'running',
  [wire.ContainerState.CONTAINER_STATE_PAUSED]: 'paused',
  [wire.ContainerState.CONTAINER_STATE_RESTARTING]: 'restarting',
  [wire.ContainerState.CONTAINER_STATE_REMOVING]: 'removing',
  [wire.ContainerState.CONTAINER_STATE_EXITED]: 'exited',
  [wire.ContainerState.CONTAINER_STATE_DEAD]: 'dead',
};

export const HEALTH_NUMBERS: Readonly<Record<ContainerHealth, wire.ContainerHealth>> = {
  none: wire.ContainerHealth.CONTAINER_HEALTH_NONE,
  starting: wire.ContainerHealth.CONTAINER_HEALTH_STARTING,
  healthy: wire.ContainerHealth.CONTAINER_HEALTH_HEALTHY,
  unhealthy: wire.ContainerHealth.CONTAINER_HEALTH_UNHEALTHY,
};

const HEALTHS: Readonly<Record<Sent<wire.ContainerHealth>, ContainerHealth>> = {
  [wire.ContainerHealth.CONTAINER_HEALTH_UNSPECIFIED]: 'none',
  [wire.ContainerHealth.CONTAINER_HEALTH_NONE]: 'none',
  [wire.ContainerHealth.CONTAINER_HEALTH_STARTING]: 'starting',
  [wire.ContainerHealth.CONTAINER_HEALTH_HEALTHY]: 'healthy',
  [wire.ContainerHealth.CONTAINER_HEALTH_UNHEALTHY]: 'unhealthy',
};

/** `skipped` and `superseded` are the controller's own words: an agent never has them. */
export const STATUS_NUMBERS: Readonly<Record<OutcomeStatus, wire.OutcomeStatus>> = {
  done: wire.OutcomeStatus.OUTCOME_STATUS_DONE,
  unchanged: wire.OutcomeStatus.OUTCOME_STATUS_UNCHANGED,
  failed: wire.OutcomeStatus.OUTCOME_STATUS_FAILED,
  skipped: wire.OutcomeStatus.OUTCOME_STATUS_FAILED,
  superseded: wire.OutcomeStatus.OUTCOME_STATUS_FAILED,
};

const STATUSES: Readonly<Record<Sent<wire.OutcomeStatus>, 'done' | 'unchanged' | 'failed'>> = {
  [wire.OutcomeStatus.OUTCOME_STATUS_UNSPECIFIED]: 'failed',
  [wire.OutcomeStatus.OUTCOME_STATUS_DONE]: 'done',
  [wire.OutcomeStatus.OUTCOME_STATUS_UNCHANGED]: 'unchanged',
  [wire.OutcomeStatus.OUTCOME_STATUS_FAILED]: 'failed',
};

export const FAULT_NUMBERS: Readonly<Record<OperationError['fault'], wire.Fault>> = {
  spec: wire.Fault.FAULT_SPEC,
  world: wire.Fault.FAULT_WORLD,
  host: wire.Fault.FAULT_HOST,
};

const FAULTS: Readonly<Record<Sent<wire.Fault>, OperationError['fault']>> = {
  [wire.Fault.FAULT_UNSPECIFIED]: 'world',
  [wire.Fault.FAULT_SPEC]: 'spec',
  [wire.Fault.FAULT_WORLD]: 'world',
  [wire.Fault.FAULT_HOST]: 'host',
};

/** A number that is not in the table is one of a newer peer: it counts as the zero value. */
const word =
  <T>(table: Readonly<Record<number, T>>, unknown: T) =>
  (number: number): T =>
    table[number] ?? unknown;

export const stateWord = word<ContainerState>(STATES, 'dead');
export const healthWord = word<ContainerHealth>(HEALTHS, 'none');
export const statusWord = word<'done' | 'unchanged' | 'failed'>(STATUSES, 'failed');
export const faultWord = word<OperationError['fault']>(FAULTS, 'world');
