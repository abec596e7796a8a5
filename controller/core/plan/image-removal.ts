/** `spec.images.keep`: images that only earlier contents of the app ran are removed, with care. */
import { compareText } from '../../../schemas/domain/index.ts';
import type { Context } from './context.ts';
import { append, lastOperations } from './draft.ts';
import { isPinned, repositoryOf } from './images.ts';

/** What the controller remembers of one content of a unit. */
export interface RememberedImages {
  readonly contentHash: string;
  /** Reference -> lock. */
  readonly locks: Readonly<Record<string, string>>;
}

export interface Unwanted {
  /** Digests under their repositories, which can be pulled again; sorted. */
  readonly locks: readonly string[];
  /** What the app has called its images. */
  readonly references: readonly string[];
}

export interface UnwantedInput {
  /** Of the unit, the newest last. */
  readonly own: readonly RememberedImages[];
  /** Of all other units of the host. */
  readonly others: readonly RememberedImages[];
  readonly contentHash: string;
  /** `spec.images.keep`. */
  readonly keep: number;
}

/** Which locks no unit of the host needs any more: not for what it runs, nor for going back. */
export function unwantedImages({ own, others, contentHash, keep }: UnwantedInput): Unwanted {
  const earlier = own.filter((entry) => entry.contentHash !== contentHash);
  const present = own.filter((entry) => entry.contentHash === contentHash);
  const kept = keep === 0 ? [] : earlier.slice(-keep);
  const needed = new Set([...present, ...kept, ...others].flatMap(locksOf));
  const locks = new Set(
    earlier.flatMap(locksOf).filter((lock) => isPinned(lock) && !needed.has(lock)),
  );
  return {
    locks: [...locks].sort(compareText),
    references: own.flatMap((entry) => Object.keys(entry.locks)),
  };
}

const locksOf = ({ locks }: RememberedImages): readonly string[] => Object.values(locks);

/**
 * The last step, and only where everything else is done or goes before it. An image that any
 * container of the host has, that is called something the app never called it, or that came from
 * no registry stays.
 */
export function planImageRemovals(context: Context): void {
  const { observed, done, draft, input } = context;
  const { unwanted } = input;
  if (!unwanted || done.pulls.length > 0 || draft.blockers.length > 0) return;
  const names = new Set(unwanted.references.map(fullName));
  const after = lastOperations(draft);
  for (const lock of unwanted.locks) {
    const image = observed.image(lock);
    if (!image || image.tags.some((tag) => !names.has(fullName(tag)))) continue;
    if (image.digests.some((digest) => repositoryOf(digest) !== repositoryOf(lock))) continue;
    const users = observed.usersOf?.(image.id) ?? ['unknown'];
    if (users.some((id) => !done.removed.has(id))) continue;
    append(draft, {
      kind: 'remove-image',
      image: image.id,
      lock,
      resource: lock,
      cause: 'no version that is kept runs it (spec.images.keep)',
      reason: 'prune',
      dependsOn: after,
    });
  }
}

/** `docker.io/library/web` -> `web:latest`. */
function fullName(reference: string): string {
  const name = reference.split('@')[0] ?? reference;
  const last = name.slice(name.lastIndexOf('/') + 1);
  const tag = last.includes(':') ? last.slice(last.indexOf(':') + 1) : 'latest';
  return `${repositoryOf(reference)}:${tag}`;
}
