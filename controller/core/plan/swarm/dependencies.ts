import type { AwaitedState, DependencyCondition } from '../../../../schemas/domain/index.ts';
import { compareText } from '../../../../schemas/domain/index.ts';
import { append } from '../draft.ts';
import { ownService, type StackContext } from './context.ts';
import type { HardenedSwarmService } from './harden-stack.ts';
import { isServiceReady } from './tasks.ts';

const AWAITED: Readonly<Record<DependencyCondition, AwaitedState>> = {
  service_started: 'started',
  service_healthy: 'ready',
  service_completed_successfully: 'completed',
};

/**
 * What must have happened before a service is created or changed: what it depends on is as asked,
 * and its tasks are as the condition says. `stuck`: a required one cannot get there.
 */
export function dependencyGate(
  context: StackContext,
  { spec }: HardenedSwarmService,
): readonly string[] | 'stuck' {
  const gates: string[] = [];
  for (const name of Object.keys(spec.depends_on ?? {}).sort(compareText)) {
    const { condition = 'service_started', required = true } = spec.depends_on?.[name] ?? {};
    const dependency = context.stack.services.get(name);
    if (!dependency) continue;
    if (context.stuck.has(name)) {
      if (required) return 'stuck';
      continue;
    }
    gates.push(...gateFor(context, dependency, AWAITED[condition]));
  }
  return gates;
}

function gateFor(
  context: StackContext,
  { service, name, taskHash }: HardenedSwarmService,
  until: AwaitedState,
): readonly string[] {
  const { swarm, done, draft } = context;
  const operation = done.services.get(service);
  const present = ownService(context, name);
  if (!operation && present && isServiceReady(present, swarm, until)) return [];
  const known = done.awaits.get(`${name} ${until}`);
  if (known) return [known];
  const id = append(draft, {
    kind: 'await-service',
    name,
    taskHash: operation ? taskHash : (present?.taskHash ?? taskHash),
    until,
    service,
    resource: name,
    cause: `until it is ${until}`,
    reason: 'change',
    dependsOn: operation ? [operation] : [],
  });
  done.awaits.set(`${name} ${until}`, id);
  return [id];
}
