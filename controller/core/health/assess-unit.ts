import type {
  DesiredUnit,
  ObservedContainer,
  ObservedUnit,
  ServiceStatus,
} from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import type { CompletionLike, FailedMarkLike } from '../plan/input.ts';
import { mustComplete } from '../plan/jobs.ts';
import { assessService, recheckMs, type ServiceInput } from './assess-service.ts';
import { assessStack } from './swarm/assess-stack.ts';

export interface UnitInput {
  readonly unit: DesiredUnit;
  readonly observed: ObservedUnit;
  /** Service -> desired hash, as the planner answered. */
  readonly specHashes: ReadonlyMap<string, string>;
  readonly failed: readonly FailedMarkLike[];
  readonly completed: readonly CompletionLike[];
  /** Controller time, ms. */
  readonly now: number;
}

export interface UnitHealth {
  /** By name of the service. */
  readonly services: readonly ServiceStatus[];
  /** When time alone may change it, ms from now. */
  readonly recheckMs: number | undefined;
}

/** Health of every declared service of a unit. */
export function assessUnit(input: UnitInput): UnitHealth {
  const { unit, observed, specHashes, failed, now } = input;
  if (observed.swarm) {
    return { services: assessStack(unit, observed.swarm, failed), recheckMs: undefined };
  }
  const containers = new Map<string, ObservedContainer[]>();
  for (const container of observed.containers) {
    const name = container.owner?.service ?? '';
    const known = containers.get(name);
    if (known) known.push(container);
    else containers.set(name, [container]);
  }
  const inputs = Object.keys(unit.model.services)
    .sort(compareText)
    .flatMap((service): ServiceInput[] => {
      const spec = unit.model.services[service];
      if (!spec) return [];
      const specHash = specHashes.get(service);
      const mark = failed.find((one) => one.service === service && one.specHash === specHash);
      return [
        {
          service,
          spec,
          containers: containers.get(service) ?? [],
          completed: completedOf(input, service, specHash),
          mustComplete: mustComplete(unit, service),
          now,
          ...(specHash !== undefined && { specHash }),
          ...(mark && { failed: mark }),
        },
      ];
    });
  const rechecks = inputs.flatMap((input) => recheckMs(input) ?? []);
  return {
    services: inputs.map(assessService),
    recheckMs: rechecks.length > 0 ? Math.min(...rechecks) : undefined,
  };
}

/** Numbers of the replicas that have run to their end. */
function completedOf(
  { completed }: UnitInput,
  service: string,
  specHash: string | undefined,
): readonly number[] {
  if (specHash === undefined) return [];
  const own = completed.filter((one) => one.service === service && one.specHash === specHash);
  return own.map(({ number }) => number);
}
