import { sleep } from '../../../kit/clock.ts';
import { EngineFailure } from '../../core/engine-failure.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';
import { change } from '../context.ts';
import { ownContainer, presentContainer } from '../ownership.ts';

const REMOVAL_POLL_MS = 100;
const REMOVAL_POLLS = 100;

/** Never by force: what runs is stopped by an operation of its own, with its grace. */
export const removeContainer: Handler<'remove-container'> = async (operation, context) => {
  const before = await ownContainer(operation.target, context);
  if (!before) return 'unchanged';
  await change(
    () => context.engine.removeContainer(before.id, context.signal),
    () => gone(before.id, context),
  );
  await context.journal.forget(before.id);
  return 'done';
};

/** True once it is gone; a removal that somebody else has begun is waited for. */
async function gone(id: string, context: Context): Promise<boolean> {
  for (let poll = 0; poll < REMOVAL_POLLS; poll += 1) {
    const found = await ownContainer(id, context, context.stopped);
    if (!found) return true;
    if (found.status !== 'removing') return false;
    await sleep(context.clock, REMOVAL_POLL_MS, context.stopped);
  }
  return false;
}

export const renameContainer: Handler<'rename-container'> = async (operation, context) => {
  const before = await presentContainer(operation.target, context);
  if (before.name === operation.name) return 'unchanged';
  try {
    await change(
      () => context.engine.renameContainer(before.id, operation.name, context.signal),
      async () =>
        (await ownContainer(before.id, context, context.stopped))?.name === operation.name,
    );
  } catch (error) {
    if (error instanceof EngineFailure && error.status === 409) throw nameTaken(operation.name);
    throw error;
  }
  return 'done';
};

const nameTaken = (name: string): OperationFailure =>
  new OperationFailure('NameTaken', 'world', `the name ${name} is taken by another container`);

export const updateContainer: Handler<'update-container'> = async (operation, context) => {
  const before = await presentContainer(operation.target, context);
  if (holds(before.inspect.HostConfig, operation.body)) return 'unchanged';
  await change(
    () => context.engine.updateContainer(before.id, operation.body, context.signal),
    async () => {
      const after = await ownContainer(before.id, context, context.stopped);
      return holds(after?.inspect.HostConfig, operation.body);
    },
  );
  return 'done';
};

/** True where every member asked for already has its value. */
function holds(present: unknown, asked: unknown): boolean {
  if (typeof asked !== 'object' || asked === null) return Object.is(present, asked);
  if (typeof present !== 'object' || present === null) return false;
  const values = present as Record<string, unknown>;
  return Object.entries(asked).every(([key, value]) => holds(values[key], value));
}
