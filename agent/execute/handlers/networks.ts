import type { NetworkInspect } from '../../../engine/inspect.ts';
import { type EngineBody, LABEL, parseOwner } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';
import { change } from '../context.ts';
import {
  isOurs,
  type OwnContainer,
  ownContainer,
  ownNetwork,
  presentContainer,
  requireOwnLabels,
} from '../ownership.ts';
import { whileInUse } from '../while-in-use.ts';

/** Engines allow two networks of one name, so the name is looked up before. */
export const createNetwork: Handler<'create-network'> = async (operation, context) => {
  requireOwnLabels(operation.body, context);
  const asked = (operation.body['Labels'] ?? {}) as Record<string, string>;
  const exists = () => existing(operation.name, asked[LABEL.specHash], context);
  context.touch({ kind: 'network', id: operation.name });
  if (await exists()) return 'unchanged';
  await change(async () => {
    await context.engine.createNetwork(operation.body, context.signal);
  }, exists);
  return 'done';
};

/** @throws OperationFailure NameTaken where another network has the name. */
async function existing(name: string, specHash: string | undefined, context: Context) {
  const found: NetworkInspect | undefined = await context.engine.inspectNetwork(
    name,
    context.stopped,
  );
  // The engine also finds networks whose id begins so.
  if (found?.Name !== name) return false;
  const owner = parseOwner(found.Labels ?? {});
  if (isOurs(owner, context) && owner?.specHash === (specHash ?? '')) return true;
  const whose = owner ? `${owner.app} has` : 'someone else made';
  throw new OperationFailure('NameTaken', 'world', `${whose} another network named ${name}`);
}

export const removeNetwork: Handler<'remove-network'> = async (operation, context) => {
  context.touch({ kind: 'network', id: operation.network });
  if (!(await ownNetwork(operation.network, context))) return 'unchanged';
  await whileInUse(context, () =>
    change(
      () => context.engine.removeNetwork(operation.network, context.signal),
      async () =>
        (await context.engine.inspectNetwork(operation.network, context.stopped)) === undefined,
    ),
  );
  return 'done';
};

export const connectNetwork: Handler<'connect-network'> = (operation, context) =>
  attach(operation.network, operation.target, operation.body, context);

/** Puts a container on a network, by name or id. */
export async function attach(
  network: string,
  target: string,
  endpoint: EngineBody,
  context: Context,
): Promise<'done' | 'unchanged'> {
  const before = await presentContainer(target, context);
  if (isAttached(before, network)) return 'unchanged';
  await change(
    () => context.engine.connectNetwork(network, before.id, endpoint, context.signal),
    () => attachedNow(before, network, context),
  );
  return 'done';
}

export const disconnectNetwork: Handler<'disconnect-network'> = async (operation, context) => {
  const before = await ownContainer(operation.target, context);
  if (!before || !isAttached(before, operation.network)) return 'unchanged';
  await change(
    () => context.engine.disconnectNetwork(operation.network, before.id, context.signal),
    async () => !(await attachedNow(before, operation.network, context)),
  );
  return 'done';
};

async function attachedNow(container: OwnContainer, network: string, context: Context) {
  const found = await ownContainer(container.id, context, context.stopped);
  return found !== undefined && isAttached(found, network);
}

/** By name or by id. */
function isAttached(container: OwnContainer, network: string): boolean {
  const networks = container.inspect.NetworkSettings?.Networks ?? {};
  return Object.entries(networks).some(
    ([name, endpoint]) => name === network || endpoint.NetworkID === network,
  );
}
