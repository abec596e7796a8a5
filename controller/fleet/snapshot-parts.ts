import { decodeEngine, decodeObjects } from '../../proto/codec.ts';
import type { SnapshotPart } from '../../proto/gen/skep/agent/v1/agent.ts';
import type { EngineInfo } from '../../schemas/domain/index.ts';
import type { HostObjects } from './host-state.ts';

/** What one host can have. More is a lie, or a host we cannot look after. */
export const MOST_CONTAINERS = 20_000;
export const MOST_OBJECTS = 100_000;

export interface WholeSnapshot {
  readonly engine: EngineInfo;
  readonly objects: HostObjects;
  readonly sequence: bigint;
}

/** Gathers the parts of a snapshot; they count together, at the last. */
export class SnapshotParts {
  #parts: HostObjects[] = [];
  #containers = 0;
  #objects = 0;

  /** Between a first part and a last one. */
  get open(): boolean {
    return this.#parts.length > 0;
  }

  /** The snapshot, once whole. `implausible` where it is more than a host can have. */
  add(part: SnapshotPart): WholeSnapshot | 'implausible' | undefined {
    const objects = decodeObjects(part.objects);
    this.#containers += objects.containers.length;
    // A part without objects counts too: so many of those are no snapshot either.
    this.#objects += 1 + count(objects);
    if (this.#containers > MOST_CONTAINERS || this.#objects > MOST_OBJECTS) return 'implausible';
    this.#parts.push(objects);
    return part.last ? this.#whole(part) : undefined;
  }

  #whole(last: SnapshotPart): WholeSnapshot {
    const parts = this.#parts;
    this.#parts = [];
    this.#containers = 0;
    this.#objects = 0;
    return {
      engine: decodeEngine(last.engine),
      objects: {
        containers: parts.flatMap(({ containers }) => containers),
        networks: parts.flatMap(({ networks }) => networks),
        volumes: parts.flatMap(({ volumes }) => volumes),
        images: parts.flatMap(({ images }) => images),
        swarm: parts.flatMap(({ swarm = [] }) => swarm),
      },
      sequence: last.sequence,
    };
  }
}

export const count = (objects: HostObjects): number =>
  objects.containers.length +
  objects.networks.length +
  objects.volumes.length +
  objects.images.length +
  (objects.swarm?.length ?? 0);
