import { createHash } from 'node:crypto';
import type { Opened, Sealed, SecretReader } from '../../schemas/domain/index.ts';
import { openAge } from './age.ts';
import { classifyAgeError } from './classify-age-error.ts';
import { openSops, SopsError } from './sops.ts';

/** Opened values kept, so that an unchanged Secret is not opened twice. */
const KEPT = 10_000;

/** Opens what is sealed for the controller's identities. Values live in memory alone. */
export class SecretOpener implements SecretReader {
  readonly #identities: readonly string[];
  readonly #opened = new Map<string, Opened>();

  /** @param identities none = nothing can be opened, and each attempt says why. */
  constructor(identities: readonly string[]) {
    this.#identities = identities;
  }

  async open(sealed: Sealed): Promise<Opened> {
    if (this.#identities.length === 0) {
      return {
        fault: 'cannot be opened: the controller has no age identity',
        hint: 'set SKEP_AGE_KEY_FILE to a file that age-keygen or skep secret keygen wrote',
      };
    }
    const id = idOf(sealed);
    const known = this.#opened.get(id);
    if (known) return known;
    const opened = await this.#read(sealed);
    // What failed may be mended by a restart with another identity: not remembered.
    if ('values' in opened) this.#keep(id, opened);
    return opened;
  }

  async #read(sealed: Sealed): Promise<Opened> {
    try {
      return { values: await this.#values(sealed) };
    } catch (error) {
      if (error instanceof SopsError) return { fault: `cannot be opened: ${error.message}` };
      return classifyAgeError(error);
    }
  }

  async #values(sealed: Sealed): Promise<ReadonlyMap<string, string>> {
    if (sealed.kind === 'age') {
      const plain = await openAge(sealed.text, this.#identities);
      return new Map([['', new TextDecoder('utf-8', { fatal: true }).decode(plain)]]);
    }
    return await openSops(sealed.document, (armored) => openAge(armored, this.#identities));
  }

  #keep(id: string, opened: Opened): void {
    this.#opened.set(id, opened);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > KEPT && oldest !== undefined) this.#opened.delete(oldest);
  }
}

const idOf = (sealed: Sealed): string =>
  createHash('sha256').update(`${sealed.kind}\n${sealed.text}`).digest('hex');
