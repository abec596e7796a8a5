import type {
  AwaitOperation,
  ObservedContainer,
  ObservedUnit,
} from '../../../schemas/domain/index.ts';
import { type Readiness, readiness } from '../health/readiness.ts';
import { besideName } from './names.ts';
import { isServiceAwaited } from './swarm/await-service.ts';

/**
 * Whether what an operation waits for has come; `now` in ms of the controller's clock.
 * Readiness of other apps is the caller's to know: `await-app` is never ready here.
 */
export function isAwaited(
  operation: AwaitOperation,
  observed: ObservedUnit,
  now: number,
): Readiness {
  if (operation.kind === 'await-app') return { ready: false };
  if (operation.kind === 'await-service') return isServiceAwaited(operation, observed.swarm);
  const container = awaitedContainer(operation.target, observed);
  if (!container) return { ready: false };
  return readiness(container, operation.until, operation.unchangedMs ?? 0, now);
}

/** By id, by name, or by the name it has once the one it was started beside is gone. */
function awaitedContainer(target: string, observed: ObservedUnit): ObservedContainer | undefined {
  const exact = observed.containers.find(({ id, name }) => id === target || name === target);
  return (
    exact ??
    observed.containers.find(
      ({ name, owner }) => owner !== undefined && besideName(name, owner.specHash) === target,
    )
  );
}
