import { type ApiBody, bodyForApi } from '../../../engine/api-body.ts';
import { parseFileSource, parseTreeSource } from '../../../engine/files.ts';
import type { ContainerInspect } from '../../../engine/inspect.ts';
import { checkContainerBody, hostPaths, touches } from '../../../engine/policy.ts';
import { type EngineBody, parseOwner } from '../../../schemas/domain/index.ts';
import { EngineFailure } from '../../core/engine-failure.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';
import { isOurs, requireOwnLabels } from '../ownership.ts';
import { attach } from './networks.ts';

export const createContainer: Handler<'create-container'> = async (operation, context) => {
  requireOwnLabels(operation.body, context);
  await requireAllowed(operation.body, context);
  const { body, connectLater, unsupported } = await bodyForHost(operation.body, context);
  if (unsupported[0]) throw new OperationFailure('InvalidSpec', 'spec', unsupported[0]);
  let status: 'done' | 'unchanged' = 'done';
  let id: string;
  try {
    id = await context.engine.createContainer(operation.name, body, context.signal);
  } catch (error) {
    id = await createdBefore(operation.name, operation.specHash, context, error);
    if (error instanceof EngineFailure && error.status === 409) status = 'unchanged';
  }
  context.touch({ kind: 'container', id });
  await context.journal.record(id, context.app);
  if (operation.files && !context.journal.files(id)) {
    await context.journal.tellFiles(id, { record: operation.files, error: '' });
  }
  for (const [network, endpoint] of connectLater) {
    if ((await attach(network, id, endpoint, context)) === 'done') status = 'done';
  }
  return status;
};

/** @throws OperationFailure HostPolicy */
async function requireAllowed(body: EngineBody, context: Context): Promise<void> {
  const { policy } = context;
  const violation = checkContainerBody(body, policy)[0];
  if (violation) throw new OperationFailure('HostPolicy', 'host', violation.message);
  if (policy.denyBinds.length === 0) return;
  for (const path of hostPaths(body)) {
    const real = await context.files.resolved(path);
    const denied = policy.denyBinds.find((entry) => touches(real, entry));
    if (denied === undefined) continue;
    const message = `${path} leads to ${real}; ${denied} is kept from containers`;
    throw new OperationFailure('HostPolicy', 'host', message);
  }
}

/**
 * The container that is there all the same after a create that failed: the engine did it before
 * it failed, or an earlier attempt did.
 * @throws the error, or OperationFailure NameTaken
 */
async function createdBefore(name: string, specHash: string, context: Context, error: unknown) {
  const found: ContainerInspect | undefined = await context.engine
    .inspectContainer(name, context.stopped)
    .catch(() => undefined);
  if (!found?.Id || found.Name !== `/${name}`) throw error;
  const owner = parseOwner(found.Config?.Labels ?? {});
  if (isOurs(owner, context) && owner?.specHash === specHash) return found.Id;
  context.touch({ kind: 'container', id: found.Id });
  const whose = owner ? `of ${owner.app}` : 'that is not managed here';
  const message = `the name ${name} is taken by container ${found.Id.slice(0, 12)} ${whose}`;
  throw new OperationFailure('NameTaken', 'world', message);
}

/** The body with the agent's own paths for repository files, as this engine understands it. */
async function bodyForHost(body: EngineBody, context: Context): Promise<ApiBody> {
  const host = (body['HostConfig'] ?? {}) as { Mounts?: readonly Mount[] };
  const mounts = host.Mounts ?? [];
  const placed = await Promise.all(mounts.map((mount) => placedMount(mount, context)));
  const ready = placed.length === 0 ? body : { ...body, HostConfig: { ...host, Mounts: placed } };
  return bodyForApi(ready, context.engine.apiVersion());
}

interface Mount {
  readonly Source?: string;
  readonly Target?: string;
}

async function placedMount(mount: Mount, context: Context): Promise<Mount> {
  const source = mount.Source ?? '';
  const file = parseFileSource(source);
  if (!file && !parseTreeSource(source)) return mount;
  const path = file ? await context.files.path(file) : await context.trees.path(source);
  if (path) return { ...mount, Source: path };
  const message = `the file mounted at ${mount.Target} has not been put on this host`;
  throw new OperationFailure('MountFailed', 'world', message);
}
