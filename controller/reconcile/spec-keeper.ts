import type { Logger } from '../../kit/logger.ts';
import type { AppliedSpec, UnitKey } from '../../schemas/domain/index.ts';
import { keyedDigest } from '../../schemas/domain/index.ts';
import type { SpecMemory } from '../core/plan/input.ts';
import { FIELDS_FORM } from '../core/plan/spec-fields.ts';
import type { Store } from './ports.ts';
import { errorText } from './queue.ts';

/** Of one service: the one in force, and those a rollback or a revert may bring back. */
const SPECS_KEPT = 4;

/**
 * What the specs of each unit were made of, in memory and in the store. A cache: causes are told
 * from it, and what was taken over under an unknown hash is compared with it. Nothing waits for its
 * writes; without it causes say less, and such containers are taken over anew.
 */
export class SpecKeeper {
  readonly #store: Store;
  readonly #digestKey: Uint8Array;
  readonly #logger: Logger;
  /** Of fields, and of the key they are sealed with. */
  readonly #form: string;
  readonly #units = new Map<UnitKey, readonly AppliedSpec[]>();

  constructor(store: Store, digestKey: Uint8Array, logger: Logger) {
    this.#store = store;
    this.#digestKey = digestKey;
    this.#logger = logger;
    this.#form = `${FIELDS_FORM} ${keyedDigest(digestKey, 'form')}`;
  }

  async load(): Promise<void> {
    for (const { key, form, specs } of await this.#store.specs()) {
      if (form === this.#form) this.#units.set(key, specs);
    }
  }

  memory(key: UnitKey): SpecMemory {
    const specs = this.#units.get(key) ?? [];
    return {
      fields: (service, specHash) =>
        specs.find((spec) => spec.service === service && spec.specHash === specHash)?.fields,
      digest: (text) => keyedDigest(this.#digestKey, text),
    };
  }

  learn(key: UnitKey, learnt: readonly AppliedSpec[]): void {
    if (learnt.length === 0) return;
    const services = new Set(learnt.map(({ service }) => service));
    const known = this.#units.get(key) ?? [];
    const kept = [...services].flatMap((service) =>
      [...known, ...learnt].filter((spec) => spec.service === service).slice(-SPECS_KEPT),
    );
    const specs = [...known.filter(({ service }) => !services.has(service)), ...kept];
    this.#units.set(key, specs);
    this.#tell(this.#store.putSpecs({ key, form: this.#form, specs }), key);
  }

  forget(key: UnitKey): void {
    if (this.#units.delete(key)) this.#tell(this.#store.removeSpecs(key), key);
  }

  #tell(written: Promise<void>, unit: UnitKey): void {
    void written.catch((error: unknown) => {
      this.#logger.warn({ unit, error: errorText(error) }, 'specs are not kept');
    });
  }
}
