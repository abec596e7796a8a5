/** Services that are to end: one-shot jobs and the hooks of a rollout. */
import { mutableConfig } from '../../../engine/mutable.ts';
import type { DesiredUnit, HookPhase } from '../../../schemas/domain/index.ts';
import { HOOK_PHASES } from '../../../schemas/domain/index.ts';

type Unit = Pick<DesiredUnit, 'model' | 'hooks'>;

/** The unit's hooks in the order in which they run. */
export const hookPhases = ({ hooks }: Pick<DesiredUnit, 'hooks'>): ReadonlyMap<string, HookPhase> =>
  new Map(
    HOOK_PHASES.flatMap((phase) => (hooks?.[phase] ?? []).map((name) => [name, phase] as const)),
  );

/** Whether something waits until the service has run to its end. */
export const mustComplete = (unit: Unit, service: string): boolean =>
  hookPhases(unit).has(service) ||
  Object.values(unit.model.services).some(
    ({ depends_on }) => depends_on?.[service]?.condition === 'service_completed_successfully',
  );

/**
 * Whether a service is a one-shot job by its author's word: something waits for its end, or it says
 * that it ends. Only Compose's default says nothing, and a server may stand behind it.
 */
export function isJob(unit: Unit, service: string): boolean {
  const spec = unit.model.services[service];
  if (!spec) return false;
  const isSaid = spec.restart !== undefined || spec.deploy?.restart_policy !== undefined;
  const { restartPolicy } = mutableConfig(spec);
  const ends = restartPolicy === 'no' || restartPolicy === 'on-failure';
  return ends && (isSaid || mustComplete(unit, service));
}
