import {
  isOwned,
  observedContainer,
  observedImage,
  observedNetwork,
  observedStranger,
  observedVolume,
} from '../../engine/normalise.ts';
import type { ObservedContainer, ObservedImage } from '../../schemas/domain/index.ts';
import type { DockerEngine, EngineJson } from '../core/docker-engine.ts';
import type { HostState } from './state.ts';

/** Inspections under way at once. */
const CONCURRENCY = 8;

interface Platform {
  readonly Os: unknown;
  readonly Architecture: unknown;
}

/**
 * Reads the engine. Of containers that are not ours only name, state, ports and networks leave
 * this class; environment values never do.
 */
export class Looker {
  readonly #engine: DockerEngine;
  readonly #recorded: (containerId: string) => boolean;
  /** An image's platform never changes; the engine's list does not tell it. */
  #platforms = new Map<string, Platform>();

  constructor(engine: DockerEngine, recorded: (containerId: string) => boolean) {
    this.#engine = engine;
    this.#recorded = recorded;
  }

  async all(signal: AbortSignal): Promise<HostState> {
    const [containers, networks, volumes, images] = await Promise.all([
      this.containers(signal),
      this.networks(signal),
      this.volumes(signal),
      this.images(signal),
    ]);
    return { containers, networks, volumes, images };
  }

  async containers(signal: AbortSignal): Promise<ReadonlyMap<string, ObservedContainer>> {
    const entries = await this.#engine.listContainers(signal);
    const found = await mapLimited(entries, CONCURRENCY, async (entry) => {
      const id = String(entry['Id']);
      const stranger = !isOwned(entry) && !this.#recorded(id);
      return stranger ? observedStranger(entry) : await this.container(id, signal);
    });
    return byKey(found, (container) => container.id);
  }

  /** Undefined where it is gone. */
  async container(id: string, signal: AbortSignal): Promise<ObservedContainer | undefined> {
    const inspected = await this.#engine.inspectContainer(id, signal);
    if (!inspected) return undefined;
    const container = observedContainer(inspected, this.#engine.apiVersion());
    return { ...container, recorded: this.#recorded(container.id) };
  }

  async networks(signal: AbortSignal) {
    const entries = await this.#engine.listNetworks(signal);
    return byKey(entries.map(observedNetwork), (network) => network.id);
  }

  async volumes(signal: AbortSignal) {
    const entries = await this.#engine.listVolumes(signal);
    return byKey(entries.map(observedVolume), (volume) => volume.name);
  }

  async images(signal: AbortSignal): Promise<ReadonlyMap<string, ObservedImage>> {
    const entries = await this.#engine.listImages(signal);
    const found = await mapLimited(entries, CONCURRENCY, async (entry) => {
      const platform = await this.#platform(entry, signal);
      return platform && observedImage({ ...entry, ...platform });
    });
    const images = byKey(found, (image) => image.id);
    this.#platforms = new Map([...this.#platforms].filter(([id]) => images.has(id)));
    return images;
  }

  async #platform(entry: EngineJson, signal: AbortSignal): Promise<Platform | undefined> {
    const id = String(entry['Id']);
    const known = this.#platforms.get(id);
    if (known) return known;
    const inspected = await this.#engine.inspectImage(id, signal);
    if (!inspected) return undefined;
    const platform = { Os: inspected['Os'], Architecture: inspected['Architecture'] };
    this.#platforms.set(id, platform);
    return platform;
  }
}

/** Results in the order of the items; the first rejection stops the taking of further items. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, item] of queue) {
      if (failed) return;
      results[index] = await map(item);
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.all(workers);
  return results;
}

function byKey<T>(values: readonly (T | undefined)[], key: (value: T) => string): Map<string, T> {
  return new Map(values.flatMap((value) => (value === undefined ? [] : [[key(value), value]])));
}
