/** What has to come first: readiness of containers, conditions of `depends_on`. */
import { hostServices } from '../../../engine/references.ts';
import type { AwaitedState, DependencyCondition } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { type Readiness, readiness } from '../health/readiness.ts';
import type { Context, FinalContainer, ServiceSituation } from './context.ts';
import { append } from './draft.ts';
import type { HardenedService } from './harden-unit.ts';

const AWAITED: Readonly<Record<DependencyCondition, AwaitedState>> = {
  service_started: 'started',
  service_healthy: 'ready',
  service_completed_successfully: 'completed',
};

/** What must be there before a container of the service is created. */
export function materials(context: Context, { service }: ServiceSituation): readonly string[] {
  const { pulls, networks, volumes, files } = context.done;
  const made = [
    ...service.networks.map((network) => networks.get(network)),
    ...service.volumes.map((volume) => volumes.get(volume)),
  ];
  return [
    ...pulls,
    ...made.filter((id) => id !== undefined),
    ...(files.get(service.service) ?? []),
    ...hostServices(service.spec).flatMap((name) => conditionGate(context, name, 'started')),
  ];
}

/** What must have happened before a container of the service is started or taken away. */
export function startGate(context: Context, situation: ServiceSituation): readonly string[] {
  const dependencies = situation.service.spec.depends_on ?? {};
  const conditions = Object.keys(dependencies)
    .sort(compareText)
    .flatMap((name) => {
      const dependency = dependencies[name];
      const outlook = context.outlooks.get(name);
      if (!dependency || !outlook || outlook.mode !== 'forward') return [];
      return conditionGate(context, name, AWAITED[dependency.condition]);
    });
  return [...context.done.apps, ...conditions];
}

/** Whether everything the service depends on is as it must be, right now. */
export function isOpenNow(context: Context, situation: ServiceSituation): boolean {
  return Object.entries(situation.service.spec.depends_on ?? {}).every(
    ([name, { condition, required }]) => {
      const outlook = context.outlooks.get(name);
      if (!required || !outlook) return true;
      return outlook.finals.every(
        (final) => readinessNow(context, name, final, AWAITED[condition]).ready,
      );
    },
  );
}

function conditionGate(
  context: Context,
  dependency: string,
  until: AwaitedState,
): readonly string[] {
  const { finals } = context.outlooks.get(dependency) ?? { finals: [] };
  return finals.flatMap((final) => {
    if (readinessNow(context, dependency, final, until).ready) return [];
    if (until === 'started' && final.started.length > 0) return final.started;
    return [awaitContainer(context, dependency, final, until)];
  });
}

export function readinessNow(
  context: Context,
  service: string,
  { container, completed }: FinalContainer,
  until: AwaitedState,
): Readiness {
  if (completed) return { ready: true };
  if (!container) return { ready: false };
  const unchangedMs = until === 'ready' ? settleMs(context, service) : 0;
  return readiness(container, until, unchangedMs, context.input.now);
}

/** One wait for each container and state, whoever needs it. */
export function awaitContainer(
  context: Context,
  service: string,
  final: FinalContainer,
  until: AwaitedState,
): string {
  const key = `${final.target} ${until}`;
  const known = context.done.awaits.get(key);
  if (known) return known;
  const unchangedMs = until === 'ready' ? settleMs(context, service) : 0;
  const id = append(context.draft, {
    kind: 'await-container',
    target: final.target,
    until,
    ...(unchangedMs > 0 && { unchangedMs }),
    service,
    resource: final.name,
    cause: WAITING[until],
    reason: context.reason,
    dependsOn: final.started,
  });
  context.done.awaits.set(key, id);
  return id;
}

const WAITING: Readonly<Record<AwaitedState, string>> = {
  started: 'until it is started',
  ready: 'until it is ready',
  completed: 'until it has completed',
};

/** Waits for the containers that are not ready yet. */
export function awaitReady(
  context: Context,
  { service }: HardenedService,
  finals: readonly FinalContainer[],
): readonly string[] {
  return finals
    .filter((final) => !readinessNow(context, service, final, 'ready').ready)
    .map((final) => awaitContainer(context, service, final, 'ready'));
}

const settleMs = (context: Context, service: string): number =>
  context.services.get(service)?.service.strategy.unchangedMs ?? 0;
