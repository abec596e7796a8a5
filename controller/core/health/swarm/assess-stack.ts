import type {
  DesiredUnit,
  Health,
  ObservedSwarm,
  Reason,
  ServiceStatus,
  SwarmService,
  SwarmTask,
} from '../../../../schemas/domain/index.ts';
import { compareText, REASONS } from '../../../../schemas/domain/index.ts';
import type { FailedMarkLike } from '../../plan/input.ts';
import {
  countTasks,
  freshTasks,
  isUpdating,
  modeOf,
  type TaskCount,
} from '../../plan/swarm/tasks.ts';
import { isBroken, newestFirst, taskReason, taskTarget, taskText } from './task-words.ts';

interface Verdict {
  readonly health: Health;
  readonly reason: Reason;
  readonly message: string;
}

/** So many broken tasks and too few that run: it is not just starting. */
const CRASHES = 3;

/** Health of every declared service of a stack, from its tasks. */
export function assessStack(
  { model }: DesiredUnit,
  swarm: ObservedSwarm,
  failed: readonly FailedMarkLike[],
): readonly ServiceStatus[] {
  return Object.keys(model.services)
    .sort(compareText)
    .map((service) => {
      const present = swarm.services.find(({ owner }) => owner?.service === service);
      const mark = failed.find((one) => one.service === service);
      const count = present
        ? countTasks(present, swarm)
        : { wanted: model.services[service]?.deploy?.replicas ?? 1, running: 0, completed: 0 };
      return {
        service,
        ...verdictOf(service, present, swarm, mark, count),
        image: model.services[service]?.image ?? '',
        replicas: { desired: count.wanted, running: count.running },
        containers: present ? tasksShown(service, present, swarm) : [],
      };
    });
}

function verdictOf(
  service: string,
  present: SwarmService | undefined,
  swarm: ObservedSwarm,
  mark: FailedMarkLike | undefined,
  count: TaskCount,
): Verdict {
  if (mark) return failedVerdict(mark, present, count);
  if (!present) return { health: 'Missing', reason: 'Starting', message: 'no service yet' };
  const [broken] = newestFirst(freshTasks(present, swarm).filter(isBroken));
  const cause = broken ? taskText(service, broken, swarm) : '';
  const { update } = present;
  if (update?.state === 'paused' || update?.state === 'rollback_paused') {
    const message = [update.message, cause].filter(Boolean).join('; ');
    return { health: 'Degraded', reason: 'UpdatePaused', message };
  }
  if (modeOf(present).endsWith('Job')) return jobVerdict(count, broken, cause);
  if (isUpdating(present)) {
    const message = joined(`${count.running} of ${count.wanted} tasks run the new spec`, cause);
    return { health: 'Progressing', reason: 'RollingOut', message };
  }
  return tasksVerdict(present, swarm, count, cause);
}

function failedVerdict(
  { reason, message }: FailedMarkLike,
  present: SwarmService | undefined,
  { running, wanted }: TaskCount,
): Verdict {
  const isBack = present?.update?.state.startsWith('rollback') === true;
  if (isBack && running >= wanted) {
    const words = `${reason}: ${message}; the version before it serves`;
    return { health: 'Degraded', reason: 'RolledBack', message: words };
  }
  const known = REASONS.find((one) => one === reason) ?? 'EngineError';
  return { health: 'Degraded', reason: known, message };
}

function jobVerdict(
  { completed, wanted, running }: TaskCount,
  broken: SwarmTask | undefined,
  cause: string,
): Verdict {
  if (completed >= wanted) {
    return { health: 'Healthy', reason: 'Completed', message: 'has completed' };
  }
  const message = joined(`${completed} of ${wanted} tasks completed`, cause);
  if (broken && running === 0 && broken.wanted === 'shutdown') {
    return { health: 'Degraded', reason: taskReason(broken), message };
  }
  return { health: 'Progressing', reason: 'Starting', message };
}

function tasksVerdict(
  present: SwarmService,
  swarm: ObservedSwarm,
  { running, completed, wanted }: TaskCount,
  cause: string,
): Verdict {
  if (running >= wanted) return { health: 'Healthy', reason: 'AllHealthy', message: '' };
  if (completed > 0 && running + completed >= wanted) {
    return { health: 'Healthy', reason: 'Completed', message: 'has completed' };
  }
  const fresh = freshTasks(present, swarm);
  const stuck = fresh.find(({ state, error }) => state === 'pending' && error !== '');
  const message = joined(`${running} of ${wanted} tasks run`, stuck?.error ?? cause);
  if (stuck) return { health: 'Degraded', reason: 'NodeLost', message };
  const broken = fresh.filter(isBroken);
  const [newest] = newestFirst(broken);
  if (newest && broken.length >= CRASHES) {
    const reason = running === 0 ? 'CrashLoop' : taskReason(newest);
    return { health: 'Degraded', reason, message };
  }
  return { health: 'Progressing', reason: 'Starting', message };
}

const joined = (what: string, cause: string): string => (cause === '' ? what : `${what}; ${cause}`);

/** Each by the node it runs on. */
function tasksShown(
  service: string,
  present: SwarmService,
  swarm: ObservedSwarm,
): ServiceStatus['containers'] {
  const running = freshTasks(present, swarm).filter(({ state }) => state === 'running');
  return running.map((task) => {
    const node = swarm.nodes.get(task.node)?.name ?? task.node;
    const slot = task.slot > 0 ? `.${task.slot}` : '';
    return { id: taskTarget(task), name: `${service}${slot}@${node}` };
  });
}
