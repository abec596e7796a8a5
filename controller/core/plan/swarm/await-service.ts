import type { ObservedSwarm, OperationOf } from '../../../../schemas/domain/index.ts';
import type { Readiness } from '../../health/readiness.ts';
import { isServiceReady } from './tasks.ts';

/** Whether a service has the template that is waited for, and its tasks are as awaited. */
export function isServiceAwaited(
  { name, taskHash, until }: OperationOf<'await-service'>,
  swarm: ObservedSwarm | undefined,
): Readiness {
  const service = swarm?.services.find((one) => one.name === name);
  if (!swarm || service?.taskHash !== taskHash) return { ready: false };
  return { ready: isServiceReady(service, swarm, until) };
}
