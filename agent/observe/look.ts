import type { VolumeInspect } from '../../engine/inspect.ts';
import {
  isOwned,
  observedContainer,
  observedImage,
  observedNetwork,
  observedVolume,
} from '../../engine/normalise.ts';
import type {
  FilesTold,
  ObservedContainer,
  ObservedImage,
  Owner,
} from '../../schemas/domain/index.ts';
import type { DockerEngine, EngineJson } from '../core/docker-engine.ts';
import { containerKey, isVolumeKey, networkKey, volumeKey } from '../core/record-key.ts';
import type { SwarmEngine } from '../core/swarm-engine.ts';
import type { HostState } from './state.ts';
import { Strangers } from './strangers.ts';
import { lookAtSwarm } from './swarm-look.ts';

/** Inspections under way at once. */
const CONCURRENCY = 8;

interface Platform {
  readonly Os: unknown;
  readonly Architecture: unknown;
}

/** What the journal says of objects, by their keys (core/record-key.ts). */
export interface Records {
  /** Created or adopted by us. */
  recorded(key: string): boolean;
  /** Whose it is by adoption. */
  adopted(key: string): Owner | undefined;
  /** What a container was told of the content of its files. */
  told(containerId: string): FilesTold | undefined;
  /** Every key of which something is known. */
  keys(): readonly string[];
  /** The object is gone. */
  forget(key: string): void;
}

/**
 * Reads the engine. Of containers that are not ours only names, state, ports, networks and digests
 * leave this class; environment values never do.
 */
export class Looker {
  readonly #engine: DockerEngine;
  readonly #records: Records;
  readonly #strangers: Strangers;
  readonly #swarm: SwarmEngine | undefined;
  /** An image's platform never changes; the engine's list does not tell it. */
  #platforms = new Map<string, Platform>();

  /** @param salt of the digests; undefined: none are told. */
  constructor(
    engine: DockerEngine,
    records: Records,
    salt: string | undefined,
    swarm?: SwarmEngine,
  ) {
    this.#engine = engine;
    this.#swarm = swarm;
    this.#records = records;
    this.#strangers = new Strangers(engine, salt);
  }

  async all(signal: AbortSignal): Promise<HostState> {
    const [containers, networks, volumes, images, swarm] = await Promise.all([
      this.containers(signal),
      this.networks(signal),
      this.volumes(signal),
      this.images(signal),
      this.swarm(signal),
    ]);
    return { containers, networks, volumes, images, swarm };
  }

  swarm(signal: AbortSignal) {
    return lookAtSwarm(this.#swarm, signal);
  }

  async containers(signal: AbortSignal): Promise<ReadonlyMap<string, ObservedContainer>> {
    const entries = await this.#engine.listContainers(signal);
    this.#strangers.keep(new Set(entries.map((entry) => String(entry['Id']))));
    const found = await mapLimited(entries, CONCURRENCY, async (entry) => {
      const id = String(entry['Id']);
      const isStranger = !isOwned(entry) && !this.#records.recorded(containerKey(id));
      const known = isStranger ? this.#strangers.known(entry) : undefined;
      return known ?? (await this.container(id, signal));
    });
    return byKey(found, (container) => container.id);
  }

  /** Undefined where it is gone. */
  async container(id: string, signal: AbortSignal): Promise<ObservedContainer | undefined> {
    const inspected = await this.#engine.inspectContainer(id, signal);
    if (!inspected) return undefined;
    const key = containerKey(String(inspected['Id']));
    const adoptedBy = this.#records.adopted(key);
    const container = observedContainer(inspected, adoptedBy);
    const recorded = this.#records.recorded(key);
    const files = container.owner && this.#records.told(container.id);
    if (container.owner && !container.adopted) {
      return { ...container, recorded, ...(files && { files }) };
    }
    const described = await this.#strangers.describe(inspected, signal);
    return container.adopted
      ? { ...container, recorded, ...toldOf(described), ...(files && { files }) }
      : { ...described, recorded };
  }

  async networks(signal: AbortSignal) {
    const entries = await this.#engine.listNetworks(signal);
    const seen = entries.map((entry) => {
      const adoptedBy = this.#records.adopted(networkKey(String(entry['Id'])));
      return this.#strangers.network(observedNetwork(entry, adoptedBy), entry);
    });
    return byKey(seen, (network) => network.id);
  }

  async volumes(signal: AbortSignal) {
    // Adopted while the engine lists them: not gone because it is not listed.
    const known = this.#records.keys().filter(isVolumeKey);
    const entries = await this.#engine.listVolumes(signal);
    const present = new Set(entries.map(({ Name = '' }: VolumeInspect) => volumeKey(Name)));
    for (const key of known) if (!present.has(key)) this.#records.forget(key);
    const seen = entries.map((entry) => {
      const { Name = '' }: VolumeInspect = entry;
      const key = volumeKey(Name);
      return this.#strangers.volume(observedVolume(entry, this.#records.adopted(key)), entry);
    });
    return byKey(seen, (volume) => volume.name);
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

/** What is told of it beside its state: why it is replaced is read from that. */
const toldOf = ({ config, compose }: ObservedContainer) => ({
  ...(config && { config }),
  ...(compose && { compose }),
});

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
