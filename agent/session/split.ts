/** Observations as messages of about 1 MiB: a message may have 4 MiB, one object at most 3. */
import { encodeDelta, encodeObjects, type WireObjects } from '../../proto/codec.ts';
import {
  Container,
  type Delta,
  Image,
  Network,
  type Objects,
  SwarmObject,
  Volume,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import type { ObservedDelta } from '../../schemas/domain/index.ts';

const PART_BYTES = 1024 * 1024;

const empty = (): Objects => ({ containers: [], networks: [], volumes: [], images: [], swarm: [] });

/** In order, never none: a host without objects is one empty part. */
export function objectParts(objects: WireObjects, partBytes = PART_BYTES): readonly Objects[] {
  const encoded = encodeObjects(objects);
  const parts: Objects[] = [empty()];
  let bytes = 0;
  const add = (size: number, put: (part: Objects) => void) => {
    if (bytes > 0 && bytes + size > partBytes) {
      parts.push(empty());
      bytes = 0;
    }
    bytes += size;
    put(parts[parts.length - 1] ?? empty());
  };
  for (const item of encoded.containers) {
    add(Container.encode(item).finish().length, (part) => part.containers.push(item));
  }
  for (const item of encoded.networks) {
    add(Network.encode(item).finish().length, (part) => part.networks.push(item));
  }
  for (const item of encoded.volumes) {
    add(Volume.encode(item).finish().length, (part) => part.volumes.push(item));
  }
  for (const item of encoded.images) {
    add(Image.encode(item).finish().length, (part) => part.images.push(item));
  }
  for (const item of encoded.swarm) {
    add(SwarmObject.encode(item).finish().length, (part) => part.swarm.push(item));
  }
  return parts;
}

const NOTHING: ObservedDelta = {
  containers: [],
  networks: [],
  volumes: [],
  images: [],
  removed: { containers: [], networks: [], volumes: [], images: [] },
};

/** The first one carries what was removed; their sequences are for the sender to set. */
export function deltaParts(delta: ObservedDelta, partBytes = PART_BYTES): readonly Delta[] {
  return objectParts(delta, partBytes).map((objects, index) => ({
    ...encodeDelta(index === 0 ? { ...NOTHING, removed: delta.removed } : NOTHING, 0n),
    objects,
  }));
}
