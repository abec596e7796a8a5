import type { DesiredApp, ObservedSwarm, SwarmService } from '../../../../schemas/domain/index.ts';
import type { FailedMarkLike, PlanResult } from '../../plan/input.ts';
import { countTasks, freshTasks, isServiceReady, isUpdating } from '../../plan/swarm/tasks.ts';
import type { RolloutVerdict } from '../judge-rollout.ts';
import {
  isBroken,
  isWorldly,
  newestFirst,
  taskReason,
  taskTarget,
  taskText,
} from './task-words.ts';

export interface StackRolloutInput {
  readonly app: Pick<DesiredApp, 'rollout'>;
  readonly swarm: ObservedSwarm;
  readonly result: Pick<PlanResult, 'specHashes' | 'taskHashes'>;
  readonly failed: readonly FailedMarkLike[];
  /** Controller time, ms. */
  readonly now: number;
  readonly rolloutStartedMs: number;
}

/** Of a whole service: its tasks have no numbers that stay. */
export type StackVerdict = Omit<RolloutVerdict, 'number'>;

/** So many broken tasks of one template, and none that runs: it does not get up. */
const CRASHES = 3;

/**
 * Which services' new specs ran and failed for good (decision 8). The swarm itself says so: an
 * update that it paused or rolled back, and the tasks of that template that broke.
 */
export function judgeStack(input: StackRolloutInput): readonly StackVerdict[] {
  const { swarm, result, failed } = input;
  return [...result.specHashes].flatMap(([service, specHash]) => {
    if (failed.some((mark) => mark.service === service && mark.specHash === specHash)) return [];
    const present = swarm.services.find(({ owner }) => owner?.service === service);
    const taskHash = result.taskHashes?.get(service);
    if (!present || taskHash === undefined) return [];
    const verdict = judgeService(input, present, service, taskHash);
    return verdict ? [{ service, specHash, ...verdict }] : [];
  });
}

type Verdict = Omit<StackVerdict, 'service' | 'specHash'>;

function judgeService(
  input: StackRolloutInput,
  present: SwarmService,
  service: string,
  taskHash: string,
): Verdict | undefined {
  const { swarm } = input;
  const own = swarm.tasks(present.id).filter((task) => task.taskHash === taskHash);
  const [broken] = newestFirst(own.filter(isBroken));
  const said = broken && {
    container: taskTarget(broken),
    reason: taskReason(broken),
    message: taskText(service, broken, swarm),
  };
  const state = present.update?.state ?? '';
  if (present.taskHash !== taskHash) return state.startsWith('rollback') ? said : undefined;
  if (state === 'paused' || state === 'rollback_paused') {
    const message = [present.update?.message, said?.message].filter(Boolean).join('; ');
    return { container: said?.container ?? '', reason: 'UpdatePaused', message };
  }
  if (isServiceReady(present, swarm, 'ready')) return undefined;
  return crashed(present, swarm, said) ?? late(input, present, service, said);
}

function crashed(
  present: SwarmService,
  swarm: ObservedSwarm,
  said: Verdict | undefined,
): Verdict | undefined {
  if (isUpdating(present) || countTasks(present, swarm).running > 0) return undefined;
  const broken = freshTasks(present, swarm).filter((task) => isBroken(task) && !isWorldly(task));
  return broken.length >= CRASHES ? said : undefined;
}

function late(
  { app, swarm, now, rolloutStartedMs }: StackRolloutInput,
  present: SwarmService,
  service: string,
  said: Verdict | undefined,
): Verdict | undefined {
  const { deadlineMs } = app.rollout;
  if (now < rolloutStartedMs + deadlineMs) return undefined;
  const { running, wanted } = countTasks(present, swarm);
  const cause = said ? `; ${said.message}` : '';
  const seconds = Math.round(deadlineMs / 1_000);
  const message = `${service}: ${running} of ${wanted} tasks run after ${seconds} s${cause}`;
  return { container: said?.container ?? '', reason: 'DeadlineExceeded', message };
}
