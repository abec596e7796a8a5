import { mutableConfig } from '../../../engine/mutable.ts';
import type { ComposeModel } from '../../../schemas/domain/index.ts';

/** Whether others wait until the service has run to its end. */
export const isAwaitedToComplete = ({ services }: ComposeModel, service: string): boolean =>
  Object.values(services).some(
    ({ depends_on }) => depends_on?.[service]?.condition === 'service_completed_successfully',
  );

/**
 * Whether a service is a one-shot job by its author's word: others wait for its end, or it says
 * that it ends. Only Compose's default says nothing, and a server may stand behind it.
 */
export function isJob(model: ComposeModel, service: string): boolean {
  const spec = model.services[service];
  if (!spec) return false;
  const isSaid = spec.restart !== undefined || spec.deploy?.restart_policy !== undefined;
  const { restartPolicy } = mutableConfig(spec);
  const ends = restartPolicy === 'no' || restartPolicy === 'on-failure';
  return ends && (isSaid || isAwaitedToComplete(model, service));
}
