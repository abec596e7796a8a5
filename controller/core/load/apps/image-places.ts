import type { WrittenAt } from '../../../../schemas/domain/index.ts';
import { type ComposeMap, childOf, entriesOf, keyPlace, nodePlace } from '../compose/node.ts';
import { joinPath } from '../compose/reading.ts';

/** Where the image of each service is written; of one without an image, where the service is. */
export function imagePlaces(tree: ComposeMap, prefix: string): ReadonlyMap<string, WrittenAt> {
  const places = new Map<string, WrittenAt>();
  for (const [service, entry] of entriesOf(tree, 'services')) {
    const path = joinPath(joinPath(prefix, 'services'), service);
    const image = childOf(entry.value, 'image');
    places.set(
      service,
      image
        ? { place: nodePlace(image), path: joinPath(path, 'image') }
        : { place: keyPlace(entry), path },
    );
  }
  return places;
}
