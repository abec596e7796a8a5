import type {
  DesiredApp,
  DesiredUnit,
  ObservedSwarm,
  Operation,
  Plan,
} from '../../../../schemas/domain/index.ts';
import { sha256 } from '../../../../schemas/domain/index.ts';
import { append, type Draft, emptyDraft } from '../draft.ts';
import type { PlanInput, PlanResult } from '../input.ts';
import type { StackContext } from './context.ts';
import { counts } from './failures.ts';
import { planSwarmFiles, pruneSwarmFiles } from './file.ts';
import { hardenStack } from './harden-stack.ts';
import { resolveSwarmImages, type SwarmImages } from './images.ts';
import { planSwarmNetworks, pruneSwarmNetworks } from './network.ts';
import { planSwarmService } from './service.ts';

/**
 * The rest of the way from what a swarm shows to what is desired, for one stack. Pure and
 * level-triggered, as `planUnit`: all it goes by is in the swarm itself.
 */
export function planStack(
  input: PlanInput,
  app: DesiredApp,
  unit: DesiredUnit,
  swarm: ObservedSwarm,
): PlanResult {
  const { installation, locks } = input;
  const { model } = unit;
  const images = resolveSwarmImages({ model, locks });
  const { memory } = input;
  const digest = (text: string) => memory?.digest(text) ?? sha256(text);
  const stack = hardenStack({ installation, app, unit, images, swarm, digest });
  const draft = emptyDraft();
  if (images.unknown.length > 0) {
    planResolutions(draft, images);
    return result(input, app, draft, images);
  }
  const done = { apps: [], objects: new Map(), services: new Map(), awaits: new Map() };
  const stuck = new Set<string>();
  const context: StackContext = { input, app, unit, swarm, stack, draft, done, stuck };
  planAppWaits(context);
  planSwarmNetworks(context);
  planSwarmFiles(context);
  for (const service of stack.services.values()) planSwarmService(context, service);
  dropUnusedWaits(draft);
  planRemovals(context);
  const services = [...stack.services.values()];
  return {
    ...result(input, app, draft, images),
    specHashes: new Map(services.map(({ service, specHash }) => [service, specHash])),
    taskHashes: new Map(services.map(({ service, taskHash }) => [service, taskHash])),
    failed: input.failed.filter((mark) => counts(context, mark)),
  };
}

/** Every image first (decision 6): what services are asked to run is known before any is touched. */
function planResolutions(draft: Draft, { unknown }: SwarmImages): void {
  for (const reference of unknown) {
    append(draft, {
      kind: 'resolve-image',
      reference,
      resource: reference,
      cause: 'what the reference stands for is not known yet',
      reason: 'change',
      dependsOn: [],
    });
  }
}

function planAppWaits({ input, draft, done }: StackContext): void {
  for (const app of input.waitingOn) {
    const id = append(draft, {
      kind: 'await-app',
      app,
      resource: app,
      cause: 'until that app is ready',
      reason: 'change',
      dependsOn: [],
    });
    done.apps.push(id);
  }
}

/** Waiting alone is no plan. */
function dropUnusedWaits({ operations, ids }: Draft): void {
  const works = operations.some(({ kind }) => kind !== 'await-app' && kind !== 'await-service');
  if (works) return;
  operations.length = 0;
  ids.clear();
}

/** After everything else is through: what is ours and no longer declared. */
function planRemovals(context: StackContext): void {
  const { draft, stack, swarm } = context;
  const after = lastOperations(draft.operations);
  const names = new Set([...stack.services.values()].map(({ name }) => name));
  const removed = swarm.services
    .filter(({ name }) => !names.has(name))
    .map((service) => {
      const name = service.owner?.service ?? service.name;
      const cause = `service ${name} is no longer declared`;
      draft.changes.push({ service: name, action: 'remove', cause });
      return append(draft, {
        kind: 'remove-service',
        target: service.id,
        service: name,
        resource: service.name,
        cause,
        reason: 'prune',
        dependsOn: after,
      });
    });
  pruneSwarmFiles(context, [...after, ...removed]);
  pruneSwarmNetworks(context, [...after, ...removed]);
}

function lastOperations(operations: readonly Operation[]): readonly string[] {
  const awaited = new Set(operations.flatMap(({ dependsOn }) => dependsOn));
  return operations.map(({ id }) => id).filter((id) => !awaited.has(id));
}

function result(input: PlanInput, app: DesiredApp, draft: Draft, images: SwarmImages): PlanResult {
  const { observed } = input;
  const plan: Plan = {
    unit: observed.key,
    host: observed.host,
    app: app.id,
    revision: app.revision,
    operations: draft.operations,
    changes: draft.changes,
    blockers: draft.blockers,
    provisional: images.unknown.length > 0,
    leftBehind: [],
    adoptions: [],
  };
  return {
    plan,
    locks: {},
    specHashes: new Map(),
    failed: [],
    learnt: [],
  };
}
