import type {
  AwaitedState,
  ObservedSwarm,
  SwarmService,
  SwarmTask,
} from '../../../../schemas/domain/index.ts';

/** Where the tasks of a service stand, of the template it has now. */
export interface TaskCount {
  readonly wanted: number;
  readonly running: number;
  readonly completed: number;
}

const fieldOf = ({ fields }: SwarmService, path: string): string =>
  (fields[path] ?? '').replaceAll('"', '');

export const modeOf = (service: SwarmService): string => fieldOf(service, 'Mode');

/** Of the template that the service has now: what an update left of an older one does not count. */
export function freshTasks(service: SwarmService, swarm: ObservedSwarm): readonly SwarmTask[] {
  return swarm.tasks(service.id).filter(({ taskHash }) => taskHash === service.taskHash);
}

export function countTasks(service: SwarmService, swarm: ObservedSwarm): TaskCount {
  const fresh = freshTasks(service, swarm);
  const running = fresh.filter(({ state, wanted }) => state === 'running' && wanted === 'running');
  const completed = fresh.filter(({ state }) => state === 'complete');
  return {
    wanted: wantedTasks(service, swarm),
    running: running.length,
    completed: completed.length,
  };
}

/** A global service has as many as the swarm gives it nodes. */
function wantedTasks(service: SwarmService, swarm: ObservedSwarm): number {
  switch (modeOf(service)) {
    case 'Global':
    case 'GlobalJob':
      return eligible(service, swarm);
    case 'ReplicatedJob':
      return Number(fieldOf(service, 'Mode.TotalCompletions') || 1);
    default:
      return Number(fieldOf(service, 'Mode.Replicas') || 1);
  }
}

const eligible = ({ id }: SwarmService, swarm: ObservedSwarm): number => {
  const nodes = swarm
    .tasks(id)
    .filter(({ wanted }) => wanted === 'running' || wanted === 'complete')
    .map(({ node }) => node);
  return Math.max(1, new Set(nodes).size);
};

/** Whether a service is as others wait for it to be. Its tasks run only once they are healthy. */
export function isServiceReady(
  service: SwarmService,
  swarm: ObservedSwarm,
  until: AwaitedState,
): boolean {
  const { wanted, running, completed } = countTasks(service, swarm);
  if (until === 'completed') return completed >= wanted && completed > 0;
  if (isUpdating(service)) return false;
  if (modeOf(service).endsWith('Job')) return completed >= wanted;
  return running >= wanted || (running + completed >= wanted && completed > 0);
}

export const isUpdating = ({ update }: SwarmService): boolean =>
  update?.state === 'updating' || update?.state === 'rollback_started';
