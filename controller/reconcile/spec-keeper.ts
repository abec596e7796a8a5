import type { Logger } from '../../kit/logger.ts';
import type { AppliedSpec, UnitKey } from '../../schemas/domain/index.ts';
import { keyedDigest } from '../../schemas/domain/index.ts';
import type { SpecMemory } from '../core/plan/input.ts';
import type { Store } from './ports.ts';
import { errorText } from './queue.ts';

/** Of one service: the one in force, and those a rollback or a revert may bring back. */
const SPECS_KEPT = 4;

/**
 * What the specs of each unit were made of, in memory and in the store. A cache that only causes
 * are told from: nothing waits for its writes, and without it nothing else changes.
 */
export class SpecKeeper {
  readonly #store: Store;
  readonly #digestKey: Uint8Array;
  readonly #logger: Logger;
  readonly #units = new Map<UnitKey, readonly AppliedSpec[]>();

  constructor(store: Store, digestKey: Uint8Array, logger: Logger) {
    this.#store = store;
    this.#digestKey = digestKey;
    this.#logger = logger;
  }

  async load(): Promise<void> {
    for (const { key, specs } of await this.#store.specs()) this.#units.set(key, specs);
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
    this.#tell(this.#store.putSpecs({ key, specs }), key);
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
