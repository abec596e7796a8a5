import type { ObservedSwarm, Reason, SwarmTask } from '../../../../schemas/domain/index.ts';
import { compareText } from '../../../../schemas/domain/index.ts';

const BROKEN: ReadonlySet<SwarmTask['state']> = new Set(['failed', 'rejected', 'orphaned']);

export const isBroken = ({ state }: SwarmTask): boolean => BROKEN.has(state);

/** Newest first; of equals the one with the lower id. */
export const newestFirst = (tasks: readonly SwarmTask[]): readonly SwarmTask[] =>
  [...tasks].sort((a, b) => compareText(b.created, a.created) || compareText(a.id, b.id));

/** `web.1 on node-2: non-zero exit (1)`. */
export function taskText(name: string, task: SwarmTask, { nodes }: ObservedSwarm): string {
  const node = nodes.get(task.node)?.name;
  const what = task.error || `ended with code ${task.exitCode}`;
  const slot = task.slot > 0 ? `.${task.slot}` : '';
  return `${name}${slot}${node === undefined ? '' : ` on ${node}`}: ${what}`;
}

/** The words are the engine's and the swarm's; which means what is told here alone. */
const RULES: readonly (readonly [RegExp, Reason])[] = [
  [/no such image|manifest unknown|repository does not exist/i, 'ImageNotFound'],
  [/no suitable node|scheduling constraints|insufficient resources/i, 'NodeLost'],
  [/unhealthy|health ?check/i, 'HealthProbeFailing'],
  [/port .* in use|already in use|already allocated/i, 'PortConflict'],
  [/starting container failed|failed to create|executable file not found/i, 'StartFailed'],
  [/invalid mount|bind source path|mount/i, 'MountFailed'],
  [/out of memory|oom/i, 'OOMKilled'],
];

export function taskReason({ error }: SwarmTask): Reason {
  return RULES.find(([words]) => words.test(error))?.[1] ?? 'ExitedNonZero';
}

/** Of the world, not of the spec: heals when the world does. */
export const isWorldly = (task: SwarmTask): boolean =>
  ['ImageNotFound', 'NodeLost', 'PortConflict', 'MountFailed'].includes(taskReason(task));

/** What names a task to whoever asks for its log. */
export const taskTarget = ({ id }: SwarmTask): string => `task:${id}`;
