/** What hooks hold back, and what holds hooks back. */
import { isCompleted } from '../health/readiness.ts';
import type { Mode } from './context.ts';
import type { HardenedService, HardenedUnit } from './harden-unit.ts';
import type { ServiceSlots } from './slots.ts';

interface HookInput {
  readonly hardened: HardenedUnit;
  readonly slots: ReadonlyMap<string, ServiceSlots>;
}

/** Whether a hook before the rollout cannot go on. */
export function isStopped(
  { hardened, slots }: HookInput,
  modes: ReadonlyMap<string, Mode>,
): boolean {
  return [...hardened.services.values()].some(
    ({ service, hook }) =>
      hook === 'before' && modes.get(service) !== 'forward' && !hasRun(slots.get(service)),
  );
}

/** Hooks before the rollout hold everything back; those after it wait for everything. */
export function holdForHooks(given: HookInput, modes: Map<string, Mode>): void {
  const services = [...given.hardened.services.values()];
  const ordinary = services.filter(({ hook }) => hook === undefined);
  const hold = ({ service }: HardenedService): void => {
    if (modes.get(service) === 'forward') modes.set(service, 'held');
  };
  const stopped = isStopped(given, modes);
  if (stopped) for (const service of services) hold(service);
  const isStuck = ordinary.some(({ service }) => modes.get(service) !== 'forward');
  if (isStuck) services.filter(({ hook }) => hook === 'after').forEach(hold);
}

const hasRun = (own: ServiceSlots | undefined): boolean =>
  own?.slots.every(({ keep, completed }) => completed || (keep && isCompleted(keep))) ?? false;
