import type { ContainerInspect, NetworkInspect, VolumeInspect } from '../../engine/inspect.ts';
import { type EngineBody, type Owner, parseOwner } from '../../schemas/domain/index.ts';
import { OperationFailure } from '../core/operation-failure.ts';
import { containerKey, networkKey, volumeKey } from '../core/record-key.ts';
import type { Context } from './context.ts';

/** A container that this operation's app may change. */
export interface OwnContainer {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly inspect: ContainerInspect;
}

/** Of any object: true where its labels name this installation and this app. */
export function isOurs(owner: Owner | undefined, context: Context): boolean {
  return owner?.installation === context.installation && owner.app === context.app;
}

/**
 * The container, once it is certain that it belongs to the operation's app: by its labels, or
 * by the journal where it was adopted. Undefined where there is none.
 * @throws OperationFailure NotOwned
 */
export async function ownContainer(
  target: string,
  context: Context,
  signal: AbortSignal = context.signal,
): Promise<OwnContainer | undefined> {
  const inspect: ContainerInspect | undefined = await context.engine.inspectContainer(
    target,
    signal,
  );
  if (!inspect?.Id) return undefined;
  const owner =
    parseOwner(inspect.Config?.Labels ?? {}) ?? context.journal.adopted(containerKey(inspect.Id));
  if (!isOurs(owner, context)) throw notOwned('container', target, context);
  context.touch({ kind: 'container', id: inspect.Id });
  return {
    id: inspect.Id,
    name: (inspect.Name ?? '').replace(/^\//, ''),
    status: inspect.State?.Status ?? '',
    inspect,
  };
}

/** @throws OperationFailure where it is gone or not ours. */
export async function presentContainer(target: string, context: Context): Promise<OwnContainer> {
  const container = await ownContainer(target, context);
  if (container) return container;
  throw new OperationFailure('EngineError', 'world', `container ${target} is not there`);
}

/** @throws OperationFailure NotOwned */
export async function ownNetwork(
  id: string,
  context: Context,
): Promise<NetworkInspect | undefined> {
  const network: NetworkInspect | undefined = await context.engine.inspectNetwork(
    id,
    context.signal,
  );
  if (!network) return undefined;
  const owner =
    parseOwner(network.Labels ?? {}) ?? context.journal.adopted(networkKey(network.Id ?? ''));
  if (isOurs(owner, context)) return network;
  throw notOwned('network', id, context);
}

/** @throws OperationFailure NotOwned */
export async function ownVolume(
  name: string,
  context: Context,
): Promise<VolumeInspect | undefined> {
  const volume: VolumeInspect | undefined = await context.engine.inspectVolume(
    name,
    context.signal,
  );
  if (!volume) return undefined;
  const owner = parseOwner(volume.Labels ?? {}) ?? context.journal.adopted(volumeKey(name));
  if (isOurs(owner, context)) return volume;
  throw notOwned('volume', name, context);
}

/**
 * What is created must carry the labels of whom it is created for, else it could never be
 * changed again, or would pass as another app's.
 * @throws OperationFailure NotOwned
 */
export function requireOwnLabels(body: EngineBody, context: Context): Owner {
  const owner = parseOwner((body['Labels'] ?? {}) as Record<string, string>);
  if (owner && isOurs(owner, context)) return owner;
  const message = `the request does not carry the ownership labels of ${context.app}`;
  throw new OperationFailure('NotOwned', 'host', message);
}

function notOwned(kind: string, target: string, context: Context): OperationFailure {
  const message = `${kind} ${target} does not belong to ${context.app}; it is left as it is`;
  return new OperationFailure('NotOwned', 'host', message);
}
