import { taggedImage } from '../../../../engine/image-reference.ts';
import type { ComposeModel } from '../../../../schemas/domain/index.ts';
import { compareText } from '../../../../schemas/domain/index.ts';

/** What an image reference stands for on every node of the swarm. */
export interface SwarmImageUse {
  /** As the author wrote it. */
  readonly reference: string;
  /** What services name: with its digest where a registry has it. */
  readonly image: string;
  /** `linux/amd64`, sorted: nodes of another kind get no task. */
  readonly platforms: readonly string[];
  /** What is kept, so that it is asked once for one content of the stack. */
  readonly lock: string;
}

export interface SwarmImages {
  readonly known: ReadonlyMap<string, SwarmImageUse>;
  /** To be asked first. */
  readonly unknown: readonly string[];
}

interface ImagesInput {
  readonly model: ComposeModel;
  readonly locks: Readonly<Record<string, string>>;
}

/** Every reference of the stack (decision 6), sorted. */
export function resolveSwarmImages({ model, locks }: ImagesInput): SwarmImages {
  const written = Object.values(model.services).flatMap((service) => service.image ?? []);
  const known = new Map<string, SwarmImageUse>();
  const unknown: string[] = [];
  for (const reference of [...new Set(written)].sort(compareText)) {
    const lock = locks[reference];
    if (lock === undefined) unknown.push(reference);
    else known.set(reference, use(reference, lock));
  }
  return { known, unknown };
}

/** `web:1@sha256:… linux/amd64,linux/arm64`; without a digest where no registry has it. */
export function swarmLock(
  reference: string,
  digest: string,
  platforms: readonly { readonly os: string; readonly architecture: string }[],
): string {
  const tagged = taggedImage(reference) ?? reference;
  const isDigested = digest === '' || tagged.includes('@');
  const named = isDigested ? tagged : `${tagged}@${digest}`;
  const kinds = platforms.map(({ os, architecture }) => `${os}/${architecture}`);
  const sorted = [...new Set(kinds)].sort(compareText);
  return sorted.length === 0 ? named : `${named} ${sorted.join(',')}`;
}

function use(reference: string, lock: string): SwarmImageUse {
  const [image = reference, platforms = ''] = lock.split(' ');
  return { reference, image, platforms: platforms.split(',').filter(Boolean), lock };
}
