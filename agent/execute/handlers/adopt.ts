import type { ContainerInspect, VolumeInspect } from '../../../engine/inspect.ts';
import { isSwarmTask, type Owner, parseAppId, parseOwner } from '../../../schemas/domain/index.ts';
import { OperationFailure } from '../../core/operation-failure.ts';
import { containerKey, networkKey, volumeKey } from '../../core/record-key.ts';
import type { Context, Handler } from '../context.ts';
import { isOurs } from '../ownership.ts';
import type { FieldsOf } from '../ports.ts';

type Adoption = FieldsOf<'adopt'>;

interface Found {
  /** What the journal knows it by. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Writes down that an object somebody else made belongs to this app (decision 19). Nothing is
 * asked of the engine but what it is.
 */
export const adopt: Handler<'adopt'> = async (operation, context) => {
  requireAllowed(context);
  const found = await find(operation, context);
  if (!found) {
    const message = `${operation.object} ${operation.target} is not there`;
    throw new OperationFailure('EngineError', 'world', message);
  }
  const owner = parseOwner(found.labels) ?? context.journal.adopted(found.key);
  if (owner && isOurs(owner, context)) return 'unchanged';
  if (owner || isSwarmTask(found.labels)) {
    const whose = owner ? `belongs to ${owner.app}` : 'is a task of a swarm service';
    const message = `${operation.object} ${operation.target} ${whose}; it is not taken over`;
    throw new OperationFailure('NotOwned', 'host', message);
  }
  await context.journal.record(found.key, context.app, ownerOf(operation, context));
  return 'done';
};

/** @throws OperationFailure HostPolicy */
function requireAllowed({ app, policy }: Context): void {
  const { project } = parseAppId(app);
  if (!policy.adopt || policy.adopt.includes(project)) return;
  const message = `this host's policy lets project ${project} take over nothing (adopt)`;
  throw new OperationFailure('HostPolicy', 'host', message);
}

async function find({ object, target }: Adoption, context: Context): Promise<Found | undefined> {
  const { engine, signal } = context;
  context.touch({ kind: object, id: target });
  switch (object) {
    case 'container': {
      const found: ContainerInspect | undefined = await engine.inspectContainer(target, signal);
      if (found?.Id !== target) return undefined;
      return { key: containerKey(target), labels: found.Config?.Labels ?? {} };
    }
    case 'network': {
      const found = await engine.inspectNetwork(target, signal);
      if (found?.['Id'] !== target) return undefined;
      return { key: networkKey(target), labels: labelsOf(found) };
    }
    case 'volume': {
      const found: VolumeInspect | undefined = await engine.inspectVolume(target, signal);
      if (!found) return undefined;
      return { key: volumeKey(target), labels: labelsOf(found) };
    }
  }
}

function labelsOf(labelled: object): Found['labels'] {
  return (labelled as { readonly Labels?: Found['labels'] | null }).Labels ?? {};
}

/** What its labels would say. */
function ownerOf({ object, key, number, specHash }: Adoption, context: Context): Owner {
  const { installation, app } = context;
  return object === 'container'
    ? { installation, app, service: key, number, specHash }
    : { installation, app, object: key, specHash };
}
