import type { FailedMarkLike } from '../input.ts';
import { ownService, type StackContext } from './context.ts';
import { isServiceReady } from './tasks.ts';

/** Whether a mark counts: not of another spec, and its service has not got well after all. */
export function counts(context: StackContext, mark: FailedMarkLike): boolean {
  const { stack, swarm } = context;
  const service = stack.services.get(mark.service);
  if (service?.specHash !== mark.specHash) return false;
  const present = ownService(context, service.name);
  const isSame = present?.taskHash === service.taskHash;
  return !(isSame && isServiceReady(present, swarm, 'ready'));
}
