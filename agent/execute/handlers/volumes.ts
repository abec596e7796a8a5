import type { VolumeInspect } from '../../../engine/inspect.ts';
import { checkVolumeBody } from '../../../engine/policy.ts';
import { LABEL, parseOwner } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import { volumeKey } from '../../core/record-key.ts';
import type { Context, Handler } from '../context.ts';
import { change } from '../context.ts';
import { isOurs, ownVolume, requireOwnLabels } from '../ownership.ts';

/** The engine answers a create of an existing name with that volume, so it is looked up before. */
export const createVolume: Handler<'create-volume'> = async (operation, context) => {
  requireOwnLabels(operation.body, context);
  const violation = checkVolumeBody(operation.body, context.policy)[0];
  if (violation) throw new OperationFailure('HostPolicy', 'host', violation.message);
  const asked = (operation.body['Labels'] ?? {}) as Record<string, string>;
  const exists = () => existing(operation.name, asked[LABEL.specHash], context);
  context.touch({ kind: 'volume', id: operation.name });
  if (await exists()) return 'unchanged';
  await change(() => context.engine.createVolume(operation.body, context.signal), exists);
  return 'done';
};

/** @throws OperationFailure NameTaken where another volume has the name. */
async function existing(name: string, specHash: string | undefined, context: Context) {
  const found: VolumeInspect | undefined = await context.engine.inspectVolume(
    name,
    context.stopped,
  );
  if (!found) return false;
  const owner = parseOwner(found.Labels ?? {});
  if (isOurs(owner, context) && owner?.specHash === (specHash ?? '')) return true;
  const whose = owner ? `${owner.app} has` : 'someone else made';
  throw new OperationFailure('NameTaken', 'world', `${whose} another volume named ${name}`);
}

export const removeVolume: Handler<'remove-volume'> = async (operation, context) => {
  context.touch({ kind: 'volume', id: operation.name });
  if (!(await ownVolume(operation.name, context))) return 'unchanged';
  await change(
    () => context.engine.removeVolume(operation.name, context.signal),
    async () => (await context.engine.inspectVolume(operation.name, context.stopped)) === undefined,
  );
  await context.journal.forget(volumeKey(operation.name));
  return 'done';
};
