import type { ContainerInspect } from '../../../engine/inspect.ts';
import type { ContainerHook } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';
import { change } from '../context.ts';
import { type OwnContainer, ownContainer, presentContainer } from '../ownership.ts';
import { admitHooks, runHooks } from './hooks.ts';

/** States in which a process is there to be stopped. */
const ALIVE = ['running', 'paused', 'restarting'];

const isAlive = (container: OwnContainer): boolean => ALIVE.includes(container.status);

export const startContainer: Handler<'start-container'> = async (operation, context) => {
  const before = await presentContainer(operation.target, context);
  if (isAlive(before)) return 'unchanged';
  const { hooks = [], first = false } = operation;
  if (first && hasRun(before)) return 'unchanged';
  admitHooks(hooks, context);
  await change(
    () => context.engine.startContainer(before.id, context.signal),
    async () => {
      const after = await now(before, context);
      return isAlive(after) || startedAt(after.inspect) !== startedAt(before.inspect);
    },
  );
  const fault = await runHooks('post_start', before, hooks, context);
  if (fault !== '') throw new OperationFailure('HookFailed', 'spec', fault);
  return 'done';
};

export const stopContainer: Handler<'stop-container'> = async (operation, context) => {
  const before = await ownContainer(operation.target, context);
  if (!before || !isAlive(before)) return 'unchanged';
  if (before.status === 'running') await prepareStop(before, operation.hooks ?? [], context);
  await change(
    () => context.engine.stopContainer(before.id, operation.timeoutS, context.signal),
    async () => !isAlive(await now(before, context)),
  );
  return 'done';
};

/** What it has to do before it ends; nothing of that keeps it from being stopped. */
async function prepareStop(
  container: OwnContainer,
  hooks: readonly ContainerHook[],
  context: Context,
): Promise<void> {
  const told = (text: string) => context.progress({ text, doneBytes: 0, totalBytes: 0 });
  try {
    admitHooks(hooks, context);
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error;
    told(`pre_stop is left out: ${error.message}`);
    return;
  }
  const fault = await runHooks('pre_stop', container, hooks, context);
  if (fault !== '') told(fault);
}

export const unpauseContainer: Handler<'unpause-container'> = async (operation, context) => {
  const before = await presentContainer(operation.target, context);
  if (before.status !== 'paused') return 'unchanged';
  await change(
    () => context.engine.unpauseContainer(before.id, context.signal),
    async () => (await now(before, context)).status !== 'paused',
  );
  return 'done';
};

/** After the deadline too: what is read here decides whether a failed call counts as done. */
async function now(container: OwnContainer, context: Context): Promise<OwnContainer> {
  const found = await ownContainer(container.id, context, context.stopped);
  return found ?? { ...container, status: 'gone' };
}

/** The engine's word for never. */
const NEVER = '0001-01-01';

const hasRun = ({ inspect }: OwnContainer): boolean => {
  const at = startedAt(inspect);
  return at !== undefined && at !== '' && !at.startsWith(NEVER);
};

const startedAt = (inspect: ContainerInspect): string | undefined => inspect.State?.StartedAt;
