import { imageName } from '../../../engine/names.ts';
import type {
  DesiredUnit,
  ObservedContainer,
  ObservedImage,
  ObservedUnit,
} from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import type { PlanInput } from './input.ts';

/** What an image reference of the unit stands for on this host. */
export interface ResolvedImage {
  /** As the author wrote it. */
  readonly reference: string;
  /** The image's id, or a stand-in while it is not known. */
  readonly id: string;
  /** What a create names: the reference where it means that very image, else the lock. */
  readonly create: string;
  /** Set while the image must be pulled first: what to pull. */
  readonly pull?: string;
  readonly lock?: string;
}

export type ImageInput = Pick<PlanInput, 'observed' | 'locks'> & {
  readonly unit: DesiredUnit;
  /** Containers that are about to be taken over. */
  readonly foreign?: readonly ObservedContainer[];
};

/** Every reference of the unit, resolved (decision 6); sorted by reference. */
export function resolveImages(input: ImageInput): ReadonlyMap<string, ResolvedImage> {
  const { model } = input.unit;
  const references = new Set(Object.keys(model.services).map((key) => imageName(model, key)));
  const sorted = [...references].sort(compareText);
  return new Map(sorted.map((reference) => [reference, resolve(reference, input)]));
}

function resolve(reference: string, { observed, locks, foreign = [] }: ImageInput): ResolvedImage {
  const lock = locks[reference];
  if (lock === undefined) {
    const runner = foreign.find(({ image }) => image === reference);
    return runner ? asItRuns(reference, runner, observed) : fromTag(reference, observed);
  }
  const locked = observed.image(lock);
  if (locked) return known(reference, lock, locked, observed);
  const runner = observed.containers.find((container) => runs(container, lock));
  // Its image was pruned under a running container: nothing to pull while that one serves.
  if (runner) return { reference, id: runner.imageId, create: lock, lock };
  // An image id cannot be pulled: what was built on the host and is gone is looked up anew.
  if (!lock.includes('@')) return fromTag(reference, observed);
  return { reference, id: `pending ${lock}`, create: lock, pull: lock, lock };
}

function fromTag(reference: string, observed: ObservedUnit): ResolvedImage {
  const image = observed.image(reference);
  if (image) return known(reference, lockFor(reference, image), image, observed);
  return { reference, id: `pending ${reference}`, create: reference, pull: reference };
}

/** What is taken over keeps what it runs, also where its tag names another image by now. */
function asItRuns(
  reference: string,
  { imageId }: ObservedContainer,
  observed: ObservedUnit,
): ResolvedImage {
  const image = observed.image(imageId);
  if (image) return known(reference, lockFor(reference, image), image, observed);
  return { reference, id: imageId, create: imageId, lock: imageId };
}

function known(
  reference: string,
  lock: string,
  image: ObservedImage,
  observed: ObservedUnit,
): ResolvedImage {
  const same = observed.image(reference)?.id === image.id;
  return { reference, id: image.id, create: same ? reference : lock, lock };
}

const runs = (container: ObservedContainer, lock: string): boolean =>
  container.image === lock || container.imageId === lock;

/** The digest under the reference's own repository, which can be pulled again; else the id. */
function lockFor(reference: string, image: ObservedImage): string {
  const repository = repositoryOf(reference);
  const digests = image.digests.filter((digest) => repositoryOf(digest) === repository);
  return [...digests].sort(compareText)[0] ?? image.id;
}

/** `host:5000/team/web:1@sha256:…` -> `host:5000/team/web`. */
function repositoryOf(reference: string): string {
  const name = reference.split('@')[0] ?? reference;
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}
