import { imageName } from '../../../engine/names.ts';
import { normalisePlatform } from '../../../engine/platform.ts';
import type {
  DesiredApp,
  DesiredUnit,
  ImageManifest,
  ImagePlatform,
  ManifestAnswer,
  ObservedContainer,
  ObservedImage,
  ObservedUnit,
  OperationError,
} from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { type ImagePolicy, imagePolicies } from './image-policy.ts';
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
  /** It is not there, and `pull_policy: never` keeps it from being pulled. */
  readonly forbidden?: true;
  /** Asked for by its services, as written. */
  readonly platform?: string;
  /** What the host has. */
  readonly image?: ObservedImage;
}

export type ImageInput = Pick<PlanInput, 'observed' | 'locks'> & {
  readonly unit: DesiredUnit;
  /** Containers that are about to be taken over. */
  readonly foreign?: readonly ObservedContainer[];
  readonly app: Pick<DesiredApp, 'images'>;
};

/** Every reference of the unit, resolved (decision 6); sorted by reference. */
export function resolveImages(input: ImageInput): ReadonlyMap<string, ResolvedImage> {
  const { model } = input.unit;
  const policies = imagePolicies(model, input.app.images);
  const references = new Set(Object.keys(model.services).map((key) => imageName(model, key)));
  const sorted = [...references].sort(compareText);
  return new Map(
    sorted.map((reference) => {
      const policy = policies.get(reference) ?? { ask: 'content' };
      return [reference, withPolicy(resolve(reference, policy, input), policy)];
    }),
  );
}

function withPolicy(resolved: ResolvedImage, { ask, platform }: ImagePolicy): ResolvedImage {
  return {
    ...resolved,
    ...(ask === 'never' && resolved.pull !== undefined && { forbidden: true }),
    ...(platform && { platform }),
  };
}

function resolve(
  reference: string,
  policy: ImagePolicy,
  { observed, locks, foreign = [] }: ImageInput,
): ResolvedImage {
  const lock = locks[reference];
  if (lock === undefined) {
    const runner = foreign.find(({ image }) => image === reference);
    return runner ? asItRuns(reference, runner, observed) : fromTag(reference, policy, observed);
  }
  const locked = fitting(observed.image(lock), policy);
  if (locked) return known(reference, lock, locked, observed);
  const runner = observed.containers.find((container) => runs(container, lock));
  // Its image was pruned under a running container: nothing to pull while that one serves.
  if (runner) return { reference, id: runner.imageId, create: lock, lock };
  // An image id cannot be pulled: what was built on the host and is gone is looked up anew.
  if (!lock.includes('@')) return fromTag(reference, policy, observed);
  return { reference, id: `pending ${lock}`, create: lock, pull: lock, lock };
}

function fromTag(reference: string, policy: ImagePolicy, observed: ObservedUnit): ResolvedImage {
  const image = fitting(observed.image(reference), policy);
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
  return { reference, id: image.id, create: same ? reference : lock, lock, image };
}

/** An image of another platform than the one asked for is as good as none: it is pulled again. */
function fitting(
  image: ObservedImage | undefined,
  { platform }: ImagePolicy,
): ObservedImage | undefined {
  if (!image || platform === undefined) return image;
  return isFor(image, platformOf(platform)) ? image : undefined;
}

const runs = (container: ObservedContainer, lock: string): boolean =>
  container.image === lock || container.imageId === lock;

/** `linux/arm64/v8` -> its parts; undefined where it is none. */
export function platformOf(written: string): ImagePlatform | undefined {
  const [os, architecture] = normalisePlatform(written)?.split('/') ?? [];
  return os && architecture ? { os, architecture } : undefined;
}

export const isFor = (
  image: Pick<ImagePlatform, 'os' | 'architecture'>,
  wanted: ImagePlatform | undefined,
): boolean =>
  wanted === undefined || (image.os === wanted.os && image.architecture === wanted.architecture);

/** A digest in it says all: nothing of it is looked up. */
export const isPinned = (reference: string): boolean => reference.includes('@');

/** The digest under the reference's own repository, which can be pulled again; else the id. */
export const lockFor = (reference: string, image: ObservedImage): string =>
  registryDigest(reference, image) ?? image.id;

/** What its registry calls the image; undefined for one that did not come from there. */
export function registryDigest(reference: string, image: ObservedImage): string | undefined {
  const repository = repositoryOf(reference);
  const digests = image.digests.filter((digest) => repositoryOf(digest) === repository);
  return [...digests].sort(compareText)[0];
}

/** `host:5000/team/web:1@sha256:…` -> `host:5000/team/web`, `docker.io/library/web` -> `web`. */
export function repositoryOf(reference: string): string {
  const name = reference.split('@')[0] ?? reference;
  const colon = name.lastIndexOf(':');
  const repository = colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
  return repository.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\/(?=[^/]+$)/, '');
}

/** The lock that a manifest is. */
export const lockOf = (reference: string, { digest }: ImageManifest): string =>
  `${repositoryOf(reference)}@${digest}`;

/** Why the image cannot be had for that host, or for the platform that is asked for. */
export function platformRefusal(
  answer: ManifestAnswer,
  { reference, platform }: { readonly reference: string; readonly platform?: string },
  engine: ImagePlatform,
): OperationError | undefined {
  if ('error' in answer) return answer.error;
  const { platforms } = answer.manifest;
  const wanted = platform === undefined ? engine : platformOf(platform);
  if (platforms.length === 0 || platforms.some((one) => isFor(one, wanted))) return undefined;
  const names = [...new Set(platforms.map(shownPlatform))].join(', ');
  const message = `${reference} is for ${names}, not for ${wanted ? shownPlatform(wanted) : platform}`;
  return { code: 'PlatformMismatch', fault: 'world', message };
}

const shownPlatform = ({ os, architecture }: ImagePlatform): string => `${os}/${architecture}`;
