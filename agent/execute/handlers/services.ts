import { baseOf, observedService } from '../../../engine/swarm/observed.ts';
import { serviceFields } from '../../../engine/swarm/service-fields.ts';
import { checkServiceBody } from '../../../engine/swarm/service-policy.ts';
import { compareText, type EngineBody, type SwarmService } from '../../../schemas/domain/index.ts';
import type { EngineJson } from '../../core/docker-engine.ts';
import { EngineFailure } from '../../core/engine-failure.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import type { Context, Handler } from '../context.ts';
import { change } from '../context.ts';
import { isOurs, requireOwnLabels } from '../ownership.ts';
import { swarmOf, TOUCHED } from '../swarm.ts';
import { withFileIds } from './file-ids.ts';

/** Others may write in between; each time the service is read again. */
const ATTEMPTS = 5;

export const createService: Handler<'create-service'> = async (operation, context) => {
  context.touch(TOUCHED);
  requireOwnLabels(operation.body, context);
  requireAllowed(operation.body, context);
  const present = await inspected(operation.name, context);
  if (present) return sameOrTaken(present, operation.body, context);
  const body = await withFileIds(operation.body, context);
  await change(
    () => swarmOf(context).createService(body, context.content, context.signal),
    async () => {
      const made = await inspected(operation.name, context);
      return made !== undefined && isAsAsked(made.service, operation.body, context);
    },
  );
  return 'done';
};

/** @throws OperationFailure NameTaken */
function sameOrTaken({ service }: Inspected, body: EngineBody, context: Context): 'unchanged' {
  if (isOurs(service.owner, context) && isAsAsked(service, body, context)) return 'unchanged';
  const whose = service.owner ? `of ${service.owner.app}` : 'that is not managed here';
  throw new OperationFailure('NameTaken', 'world', `${service.name} is a service ${whose}`);
}

/**
 * Writes the spec that was planned over the one it was planned from, and over no other: a newer
 * one is for the planner to see first. What forces an update, and replicas that are somebody
 * else's to say, stay as they are.
 */
export const updateService: Handler<'update-service'> = async (operation, context) => {
  context.touch(TOUCHED);
  requireOwnLabels(operation.body, context);
  requireAllowed(operation.body, context);
  const asked = await withFileIds(operation.body, context);
  for (let attempt = 1; ; attempt += 1) {
    const found = await own(operation.target, context);
    if (!found) throw gone(operation.target);
    if (baseOf(found.service.fields) !== operation.base) {
      if (isAsAsked(found.service, operation.body, context)) return 'unchanged';
      const message = `${found.service.name} was changed by somebody else meanwhile`;
      throw new OperationFailure('Overtaken', 'world', message);
    }
    const body = kept(asked, found.json, operation.keepReplicas);
    const written = await write(found.service, body, context);
    if (written || (await isWritten(operation, context))) return 'done';
    if (attempt === ATTEMPTS) {
      const message = `${found.service.name} is changed by somebody else again and again`;
      throw new OperationFailure('Overtaken', 'world', message);
    }
  }
};

/** @returns false where the service has another version by now. */
async function write(service: SwarmService, body: EngineBody, context: Context): Promise<boolean> {
  const { content, signal } = context;
  try {
    await swarmOf(context).updateService(service.id, service.version, body, content, signal);
    return true;
  } catch (error) {
    if (error instanceof EngineFailure && error.code === 'Overtaken') return false;
    if (await isWritten({ target: service.id, body }, context).catch(() => false)) return true;
    throw error;
  }
}

async function isWritten(
  { target, body }: { readonly target: string; readonly body: EngineBody },
  context: Context,
): Promise<boolean> {
  const found = await inspected(target, context, context.stopped);
  return found !== undefined && isAsAsked(found.service, body, context);
}

export const removeService: Handler<'remove-service'> = async (operation, context) => {
  context.touch(TOUCHED);
  const found = await own(operation.target, context);
  if (!found) return 'unchanged';
  await change(
    () => swarmOf(context).removeService(found.service.id, context.signal),
    async () => (await inspected(operation.target, context, context.stopped)) === undefined,
  );
  return 'done';
};

interface Inspected {
  readonly json: EngineJson;
  readonly service: SwarmService;
}

async function inspected(
  target: string,
  context: Context,
  signal: AbortSignal = context.signal,
): Promise<Inspected | undefined> {
  const swarm = swarmOf(context);
  const json = await swarm.inspectService(target, signal);
  if (!json) return undefined;
  const networks = await swarm.listNetworks(signal);
  const names = new Map(networks.map(({ Id, Name }) => [String(Id), String(Name)]));
  return { json, service: observedService(json, (id) => names.get(id) ?? id) };
}

/** @throws OperationFailure NotOwned */
async function own(target: string, context: Context): Promise<Inspected | undefined> {
  const found = await inspected(target, context);
  if (!found || isOurs(found.service.owner, context)) return found;
  const message = `service ${target} does not belong to ${context.app}; it is left as it is`;
  throw new OperationFailure('NotOwned', 'host', message);
}

const gone = (target: string): OperationFailure =>
  new OperationFailure('EngineError', 'world', `service ${target} is not there`);

function isAsAsked(service: SwarmService, body: EngineBody, { installation }: Context): boolean {
  const asked = serviceFields(body, { salt: installation, networkName: (name) => name });
  return baseOf(service.fields) === baseOf(asked);
}

function kept(asked: EngineBody, present: EngineJson, keepReplicas: boolean): EngineBody {
  const spec = (present['Spec'] ?? {}) as { TaskTemplate?: EngineBody; Mode?: EngineBody };
  const template = (asked['TaskTemplate'] ?? {}) as EngineBody;
  const ForceUpdate = spec.TaskTemplate?.['ForceUpdate'] ?? 0;
  return {
    ...asked,
    TaskTemplate: { ...template, ForceUpdate },
    ...(keepReplicas && spec.Mode && { Mode: spec.Mode }),
  };
}

/** @throws OperationFailure HostPolicy */
function requireAllowed(body: EngineBody, { policy }: Context): void {
  const [first] = [...checkServiceBody(body, policy)].sort((a, b) => compareText(a.path, b.path));
  if (first) throw new OperationFailure('HostPolicy', 'host', first.message);
}
