import type {
  ObservedContainer,
  ObservedDelta,
  ObservedImage,
  ObservedNetwork,
  ObservedVolume,
  SwarmObject,
} from '../../schemas/domain/index.ts';

/** What was reported last: the ground on which the next delta stands. */
export interface HostState {
  readonly containers: ReadonlyMap<string, ObservedContainer>;
  readonly networks: ReadonlyMap<string, ObservedNetwork>;
  readonly volumes: ReadonlyMap<string, ObservedVolume>;
  readonly images: ReadonlyMap<string, ObservedImage>;
  /** By `swarmKey`; empty where the engine is no manager. */
  readonly swarm: ReadonlyMap<string, SwarmObject>;
}

export const EMPTY_STATE: HostState = {
  containers: new Map(),
  networks: new Map(),
  volumes: new Map(),
  images: new Map(),
  swarm: new Map(),
};

/** A probe's words differ each time it runs; they are news only when the health changes. */
export function steadyHealth(
  before: ObservedContainer | undefined,
  after: ObservedContainer,
): ObservedContainer {
  if (before?.health !== after.health || before.healthOutput === after.healthOutput) return after;
  return { ...after, healthOutput: before.healthOutput };
}

/** What changed, or undefined when nothing did. */
export function difference(before: HostState, after: HostState): ObservedDelta | undefined {
  const containers = compare(before.containers, after.containers);
  const networks = compare(before.networks, after.networks);
  const volumes = compare(before.volumes, after.volumes);
  const images = compare(before.images, after.images);
  const swarm = compare(before.swarm, after.swarm);
  const parts = [containers, networks, volumes, images, swarm];
  if (parts.every((part) => part.changed.length === 0 && part.removed.length === 0)) {
    return undefined;
  }
  return {
    containers: containers.changed,
    networks: networks.changed,
    volumes: volumes.changed,
    images: images.changed,
    ...(swarm.changed.length > 0 && { swarm: swarm.changed }),
    removed: {
      containers: containers.removed,
      networks: networks.removed,
      volumes: volumes.removed,
      images: images.removed,
      ...(swarm.removed.length > 0 && { swarm: swarm.removed }),
    },
  };
}

function compare<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>) {
  if (before === after) return { changed: [], removed: [] };
  const changed = [...after].filter(([key, value]) => !equal(before.get(key), value));
  const removed = [...before.keys()].filter((key) => !after.has(key));
  return { changed: changed.map(([, value]) => value), removed };
}

/** Both come from the same normaliser, so equal values have equal texts. */
const equal = (a: unknown, b: unknown): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);
