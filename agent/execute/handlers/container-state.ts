import type { ContainerInspect } from '../../../engine/inspect.ts';
import type { Context, Handler } from '../context.ts';
import { change } from '../context.ts';
import { type OwnContainer, ownContainer, presentContainer } from '../ownership.ts';

/** States in which a process is there to be stopped. */
const ALIVE = ['running', 'paused', 'restarting'];

const isAlive = (container: OwnContainer): boolean => ALIVE.includes(container.status);

export const startContainer: Handler<'start-container'> = async (operation, context) => {
  const before = await presentContainer(operation.target, context);
  if (isAlive(before)) return 'unchanged';
  await change(
    () => context.engine.startContainer(before.id, context.signal),
    async () => {
      const after = await now(before, context);
      return isAlive(after) || startedAt(after.inspect) !== startedAt(before.inspect);
    },
  );
  return 'done';
};

export const stopContainer: Handler<'stop-container'> = async (operation, context) => {
  const before = await ownContainer(operation.target, context);
  if (!before || !isAlive(before)) return 'unchanged';
  await change(
    () => context.engine.stopContainer(before.id, operation.timeoutS, context.signal),
    async () => !isAlive(await now(before, context)),
  );
  return 'done';
};

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

const startedAt = (inspect: ContainerInspect): string | undefined => inspect.State?.StartedAt;
