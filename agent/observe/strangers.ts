import { digestsOf } from '../../engine/configuration/compare.ts';
import { presentConfiguration } from '../../engine/configuration/configuration.ts';
import { presentNetwork, presentVolume } from '../../engine/configuration/object-fields.ts';
import { observedContainer, observedStranger, wholeContainer } from '../../engine/normalise.ts';
import {
  isSwarmTask,
  type ObservedContainer,
  type ObservedNetwork,
  type ObservedVolume,
  parseComposeOrigin,
} from '../../schemas/domain/index.ts';
import type { DockerEngine, EngineJson } from '../core/docker-engine.ts';

/** Beyond it strangers are told by their list entries alone: none of them can be adopted. */
const MOST_DESCRIBED = 1_000;
const MOST_IMAGES = 200;
const BUILT_IN_NETWORKS: ReadonlySet<string> = new Set(['bridge', 'host', 'none', 'ingress']);

type Labels = Readonly<Record<string, string>>;

/**
 * Objects that are not ours, described well enough to be compared with what an app asks for
 * (adoption): digests of their configuration, never a value of it. A container is inspected once;
 * later looks take the list's word that it is as it was.
 */
export class Strangers {
  readonly #engine: DockerEngine;
  readonly #salt: string | undefined;
  readonly #described = new Map<string, ObservedContainer>();
  readonly #images = new Map<string, EngineJson | undefined>();

  constructor(engine: DockerEngine, salt: string | undefined) {
    this.#engine = engine;
    this.#salt = salt;
  }

  /** From one entry of the list; undefined where it has to be inspected. */
  known(entry: EngineJson): ObservedContainer | undefined {
    const listed = observedStranger(entry);
    const described = this.#described.get(listed.id);
    if (described && isAsBefore(described, listed)) return { ...described, ports: listed.ports };
    const isFull = !described && this.#described.size >= MOST_DESCRIBED;
    return this.#salt === undefined || isFull ? listed : undefined;
  }

  async describe(inspected: EngineJson, signal: AbortSignal): Promise<ObservedContainer> {
    const bare = observedContainer(inspected);
    const labels = labelsOf(inspected['Config']);
    if (this.#salt === undefined || isSwarmTask(labels)) return bare;
    const isFull = !this.#described.has(bare.id) && this.#described.size >= MOST_DESCRIBED;
    if (isFull) return bare;
    const whole = wholeContainer(inspected);
    const image = await this.#image(whole.imageId, signal);
    const compose = parseComposeOrigin(labels);
    const described: ObservedContainer = {
      ...whole,
      error: '',
      healthOutput: '',
      config: digestsOf(presentConfiguration(inspected, image), this.#salt),
      ...(compose && { compose }),
    };
    this.#described.set(described.id, described);
    return described;
  }

  /** Forgets those that are gone. */
  keep(present: ReadonlySet<string>): void {
    for (const id of this.#described.keys()) if (!present.has(id)) this.#described.delete(id);
  }

  network(seen: ObservedNetwork, listed: EngineJson): ObservedNetwork {
    if (this.#salt === undefined || seen.owner || BUILT_IN_NETWORKS.has(seen.name)) return seen;
    const compose = parseComposeOrigin(labelsOf(listed));
    const config = digestsOf(presentNetwork(listed), this.#salt);
    return { ...seen, config, ...(compose && { compose }) };
  }

  volume(seen: ObservedVolume, listed: EngineJson): ObservedVolume {
    if (this.#salt === undefined || seen.owner) return seen;
    const compose = parseComposeOrigin(labelsOf(listed));
    const config = digestsOf(presentVolume(listed), this.#salt);
    return { ...seen, config, ...(compose && { compose }) };
  }

  /** An image never changes under its id. */
  async #image(id: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    if (this.#images.has(id)) return this.#images.get(id);
    const image = await this.#engine.inspectImage(id, signal);
    if (this.#images.size >= MOST_IMAGES) this.#images.clear();
    if (image) this.#images.set(id, { Config: image['Config'] });
    return image;
  }
}

function labelsOf(labelled: unknown): Labels {
  const { Labels } = (labelled ?? {}) as { readonly Labels?: Labels | null };
  return Labels ?? {};
}

/** What the list tells of a container that was inspected before. */
function isAsBefore(described: ObservedContainer, listed: ObservedContainer): boolean {
  const networks = ({ networks: attached }: ObservedContainer) =>
    attached.map(({ name, id }) => `${name} ${id}`).join();
  return (
    described.state === listed.state &&
    described.name === listed.name &&
    networks(described) === networks(listed)
  );
}
