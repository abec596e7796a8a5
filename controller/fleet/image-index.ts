import type { ObservedImage } from '../../schemas/domain/index.ts';

/** The images of a host by id and by everything a Compose file may call them. */
export class ImageIndex {
  readonly #images = new Map<string, ObservedImage>();
  /** Made anew at the first look after a change: a pull is rare, a look is not. */
  #references: Map<string, ObservedImage> | undefined;

  get size(): number {
    return this.#images.size;
  }

  /** @returns whether anything changed. */
  put(image: ObservedImage): boolean {
    const before = this.#images.get(image.id);
    if (before && JSON.stringify(before) === JSON.stringify(image)) return false;
    this.#images.set(image.id, image);
    this.#references = undefined;
    return true;
  }

  /** @returns whether it was there. */
  drop(id: string): boolean {
    this.#references = undefined;
    return this.#images.delete(id);
  }

  find(reference: string): ObservedImage | undefined {
    this.#references ??= index(this.#images.values());
    return this.#images.get(reference) ?? this.#references.get(familiar(reference));
  }
}

function index(images: Iterable<ObservedImage>): Map<string, ObservedImage> {
  const references = new Map<string, ObservedImage>();
  for (const image of images) {
    for (const reference of [...image.tags, ...image.digests]) {
      references.set(familiar(reference), image);
    }
  }
  return references;
}

/** The engine's own short form, with the tag that is meant where none is written. */
function familiar(reference: string): string {
  const short = reference.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
  const name = short.slice(short.lastIndexOf('/') + 1);
  return /[:@]/.test(name) ? short : `${short}:latest`;
}
