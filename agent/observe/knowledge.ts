import type { ObservedContainer, ObservedDelta } from '../../schemas/domain/index.ts';
import type { ObjectKind } from '../core/docker-engine.ts';
import { difference, EMPTY_STATE, type HostState, steadyHealth } from './state.ts';

export type ListedKind = Exclude<ObjectKind, 'container'>;

const MEMBER = {
  network: 'networks',
  volume: 'volumes',
  image: 'images',
  swarm: 'swarm',
} as const;

/**
 * What is known of the host, from looks that run side by side. Each look takes a ticket when it
 * begins; what a look saw gives way to what a later begun one has brought already.
 */
export class Knowledge {
  #known: HostState = EMPTY_STATE;
  #told: HostState = EMPTY_STATE;
  #lastTicket = 0;
  /** Of single looks that began after the last look at all of them. */
  #containerTickets = new Map<string, number>();
  /** Of the last look at all containers. */
  #containersTicket = 0;
  readonly #listTickets = new Map<ListedKind, number>();

  get state(): HostState {
    return this.#known;
  }

  ticket(): number {
    this.#lastTicket += 1;
    return this.#lastTicket;
  }

  /** Undefined: it is gone. */
  learnContainer(ticket: number, id: string, seen: ObservedContainer | undefined): void {
    if (this.#containersTicket > ticket) return;
    if ((this.#containerTickets.get(id) ?? 0) > ticket) return;
    this.#containerTickets.set(id, ticket);
    const containers = new Map(this.#known.containers);
    if (seen) containers.set(id, steadyHealth(containers.get(id), seen));
    else containers.delete(id);
    this.#known = { ...this.#known, containers };
  }

  learnContainers(ticket: number, seen: HostState['containers']): void {
    if (this.#containersTicket > ticket) return;
    this.#containersTicket = ticket;
    const before = this.#known.containers;
    const isNewer = (id: string) => (this.#containerTickets.get(id) ?? 0) > ticket;
    const containers = new Map<string, ObservedContainer>();
    for (const [id, container] of seen) {
      if (!isNewer(id)) containers.set(id, steadyHealth(before.get(id), container));
    }
    for (const [id, container] of before) if (isNewer(id)) containers.set(id, container);
    this.#containerTickets = new Map([...this.#containerTickets].filter(([id]) => isNewer(id)));
    this.#known = { ...this.#known, containers };
  }

  learnList<K extends ListedKind>(
    ticket: number,
    kind: K,
    seen: HostState[(typeof MEMBER)[K]],
  ): void {
    if ((this.#listTickets.get(kind) ?? 0) > ticket) return;
    this.#listTickets.set(kind, ticket);
    this.#known = { ...this.#known, [MEMBER[kind]]: seen };
  }

  learnAll(ticket: number, seen: HostState): void {
    this.learnContainers(ticket, seen.containers);
    this.learnList(ticket, 'network', seen.networks);
    this.learnList(ticket, 'volume', seen.volumes);
    this.learnList(ticket, 'image', seen.images);
    this.learnList(ticket, 'swarm', seen.swarm);
  }

  /** Everything, as the ground for what is told next. */
  tellAll(): HostState {
    this.#told = this.#known;
    return this.#known;
  }

  /** What has changed since it was told last; undefined where nothing has. */
  tell(): ObservedDelta | undefined {
    const delta = difference(this.#told, this.#known);
    this.#told = this.#known;
    return delta;
  }
}
