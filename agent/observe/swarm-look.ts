import {
  observedFile,
  observedNode,
  observedSelf,
  observedService,
  observedTask,
} from '../../engine/swarm/observed.ts';
import {
  type SwarmObject,
  type SwarmService,
  type SwarmTask,
  swarmKey,
} from '../../schemas/domain/index.ts';
import { EngineFailure } from '../core/engine-failure.ts';
import type { SwarmEngine } from '../core/swarm-engine.ts';

type Objects = ReadonlyMap<string, SwarmObject>;

const NOTHING: Objects = new Map();
/** Of tasks nobody tells anything: they are asked for, more often while something is under way. */
const QUIET_MS = 5_000;
const BUSY_MS = 500;

/**
 * All that the engine shows of its swarm; nothing where it is no manager, or its swarm has no
 * leader now: then another manager may know more, and nobody less.
 */
export async function lookAtSwarm(
  engine: SwarmEngine | undefined,
  signal: AbortSignal,
): Promise<Objects> {
  if (!engine) return NOTHING;
  try {
    const info = await engine.info(signal);
    const swarm = info['Swarm'] as { ControlAvailable?: unknown } | undefined;
    return swarm?.ControlAvailable === true ? await lookAsManager(engine, info, signal) : NOTHING;
  } catch (error) {
    if (error instanceof EngineFailure && error.code === 'NotManager') return NOTHING;
    throw error;
  }
}

async function lookAsManager(
  engine: SwarmEngine,
  info: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Objects> {
  const [nodes, services, tasks, configs, secrets, networks] = await Promise.all([
    engine.listNodes(signal),
    engine.listServices(signal),
    engine.listTasks(signal),
    engine.listFiles('config', signal),
    engine.listFiles('secret', signal),
    engine.listNetworks(signal),
  ]);
  const names = new Map(networks.map(({ Id, Name }) => [String(Id), String(Name)]));
  const seenNodes = nodes.map(observedNode);
  const self = observedSelf(info, seenNodes);
  if (!self) return NOTHING;
  const seen = services.map((one) => observedService(one, (id) => names.get(id) ?? id));
  const owned = new Set(seen.filter(({ owner }) => owner).map(({ id }) => id));
  const objects: readonly SwarmObject[] = [
    self,
    ...seenNodes,
    ...seen,
    ...tasks.map(observedTask).filter(({ service }) => owned.has(service)),
    ...configs.map((file) => observedFile('config', file)),
    ...secrets.map((file) => observedFile('secret', file)),
  ];
  return new Map(objects.map((object) => [swarmKey(object), object]));
}

/** When to look again by ourselves; undefined where events and the full resync are enough. */
export function nextLookMs(objects: Objects): number | undefined {
  if (objects.size === 0) return undefined;
  const isBusy = [...objects.values()].some(
    (object) =>
      (object.kind === 'service' && isUpdating(object)) ||
      (object.kind === 'task' && isUnderWay(object)),
  );
  return isBusy ? BUSY_MS : QUIET_MS;
}

const isUpdating = ({ update }: SwarmService): boolean =>
  update?.state === 'updating' || update?.state === 'rollback_started';

/** Wanted, and not there yet. */
const isUnderWay = ({ wanted, state }: SwarmTask): boolean =>
  (wanted === 'running' && state !== 'running' && !ENDED.has(state)) ||
  (wanted === 'ready' && state !== 'ready') ||
  (wanted === 'complete' && !ENDED.has(state));

const ENDED: ReadonlySet<SwarmTask['state']> = new Set([
  'complete',
  'failed',
  'rejected',
  'shutdown',
  'orphaned',
  'remove',
]);
