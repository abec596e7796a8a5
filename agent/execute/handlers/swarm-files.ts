import { observedFile } from '../../../engine/swarm/observed.ts';
import type { EngineBody, SwarmFile } from '../../../schemas/domain/index.ts';
import type { EngineJson } from '../../core/docker-engine.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { SwarmFileKind } from '../../core/swarm-engine.ts';
import type { Context, Handler } from '../context.ts';
import { change } from '../context.ts';
import { isOurs, requireOwnLabels } from '../ownership.ts';
import { swarmOf, TOUCHED } from '../swarm.ts';
import { whileInUse } from '../while-in-use.ts';

/** Their names tell their content, so one of that name that is ours is the one asked for. */
export const createSwarmFile: Handler<'create-swarm-file'> = async (operation, context) => {
  context.touch(TOUCHED);
  requireOwnLabels(operation.body, context);
  const kind = kindOf(operation.file);
  const exists = async (signal: AbortSignal) => {
    const found = await inspected(kind, operation.name, context, signal);
    if (found?.file.name !== operation.name) return false;
    if (isOurs(found.file.owner, context)) return true;
    throw new OperationFailure('NameTaken', 'world', `${kind} ${operation.name} is not ours`);
  };
  if (await exists(context.signal)) return 'unchanged';
  const data = context.content && { Data: Buffer.from(context.content).toString('base64') };
  await change(
    () => swarmOf(context).createFile(kind, { ...operation.body, ...data }, context.signal),
    () => exists(context.stopped),
  );
  return 'done';
};

export const updateSwarmFile: Handler<'update-swarm-file'> = async (operation, context) => {
  context.touch(TOUCHED);
  const kind = kindOf(operation.file);
  const found = await own(kind, operation.target, context);
  if (!found) throw new OperationFailure('EngineError', 'world', `${kind} is not there`);
  const { Data: _never, ...spec } = (found.json['Spec'] ?? {}) as EngineBody;
  const version = Number((found.json['Version'] as { Index?: number } | undefined)?.Index ?? 0);
  const body = { ...spec, Labels: operation.labels };
  requireOwnLabels(body, context);
  await swarmOf(context).updateFile(kind, found.file.id, version, body, context.signal);
  return 'done';
};

export const removeSwarmFile: Handler<'remove-swarm-file'> = async (operation, context) => {
  context.touch(TOUCHED);
  const kind = kindOf(operation.file);
  const found = await own(kind, operation.target, context);
  if (!found) return 'unchanged';
  await whileInUse(context, () =>
    change(
      () => swarmOf(context).removeFile(kind, found.file.id, context.signal),
      async () => !(await inspected(kind, operation.target, context, context.stopped)),
    ),
  );
  return 'done';
};

/** @throws OperationFailure InvalidSpec for a word of another controller. */
function kindOf(word: string): SwarmFileKind {
  if (word === 'config' || word === 'secret') return word;
  throw new OperationFailure('InvalidSpec', 'host', `there is no kind of file ${word}`);
}

interface Inspected {
  readonly json: EngineJson;
  readonly file: SwarmFile;
}

async function inspected(
  kind: SwarmFileKind,
  target: string,
  context: Context,
  signal: AbortSignal,
): Promise<Inspected | undefined> {
  const json = await swarmOf(context).inspectFile(kind, target, signal);
  return json && { json, file: observedFile(kind, json) };
}

/** @throws OperationFailure NotOwned */
async function own(kind: SwarmFileKind, target: string, context: Context) {
  const found = await inspected(kind, target, context, context.signal);
  if (!found || isOurs(found.file.owner, context)) return found;
  const message = `${kind} ${found.file.name} does not belong to ${context.app}`;
  throw new OperationFailure('NotOwned', 'host', message);
}
