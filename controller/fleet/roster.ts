import type { Clock } from '../../kit/clock.ts';
import type {
  AppId,
  HostName,
  InstallationId,
  ObservedDelta,
  UnitKey,
} from '../../schemas/domain/index.ts';
import type { ConnectedHost } from '../reconcile/ports.ts';
import type { HostSession } from './host-session.ts';
import { HostState } from './host-state.ts';
import type { EndCode } from './session-end.ts';
import { MOST_CONTAINERS, MOST_OBJECTS, type WholeSnapshot } from './snapshot-parts.ts';

export type Changed = readonly UnitKey[] | 'all';

/** `stacks`: those that something of the swarm changed for, as this host tells. */
export type Listener = (host: HostName, changed: Changed, stacks: readonly AppId[] | 'all') => void;

interface Entry {
  readonly session: HostSession | undefined;
  /** Set while the session's first snapshot is in: the host is online. */
  readonly live: HostState | undefined;
  /** What was last known, for what stays equal over a reconnect. */
  readonly last: HostState | undefined;
  readonly agentVersion: string | null;
  /** Of the last change between online and offline, controller time. */
  readonly sinceMs: number;
}

/** Which hosts have joined, who speaks for each, and what it last said. */
export class Roster {
  readonly #clock: Clock;
  readonly #installation: InstallationId;
  readonly #entries = new Map<HostName, Entry>();
  readonly #listeners: Listener[] = [];

  constructor(clock: Clock, installation: InstallationId) {
    this.#clock = clock;
    this.#installation = installation;
  }

  /** The host has joined, now or long ago: it is shown, offline until it connects. */
  expect(host: HostName): void {
    if (!this.#entries.has(host)) this.#put(host, {});
  }

  forget(host: HostName): void {
    this.#entries.delete(host);
    this.#tell(host, 'all');
  }

  session(host: HostName): HostSession | undefined {
    const entry = this.#entries.get(host);
    return entry?.live && entry.session;
  }

  state(host: HostName): HostState | undefined {
    return this.#entries.get(host)?.live;
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  hosts(): readonly ConnectedHost[] {
    return [...this.#entries].map(([host, { session, live, last, agentVersion, sinceMs }]) => ({
      host,
      online: live !== undefined,
      sinceMs,
      engine: (live ?? last)?.engine ?? null,
      agentVersion,
      paused: session?.paused ?? null,
    }));
  }

  /**
   * A new session speaks for its host from now on.
   * @returns whether it replaced one that was still alive.
   */
  admit(session: HostSession): boolean {
    const present = this.#entries.get(session.host)?.session;
    present?.end('S_REPLACED', 'a newer session of this host');
    this.#put(session.host, { session, agentVersion: session.agentVersion });
    return present !== undefined;
  }

  snapshot(session: HostSession, { engine, objects }: WholeSnapshot): void {
    const entry = this.#current(session);
    if (!entry) return;
    const live = new HostState({
      host: session.host,
      installation: this.#installation,
      engine,
      objects,
      nowMs: this.#clock.now(),
      before: entry.live ?? entry.last,
    });
    const sinceMs = entry.live ? entry.sinceMs : this.#clock.now();
    this.#put(session.host, { live, last: undefined, sinceMs });
    this.#tell(session.host, 'all');
  }

  /** @returns false where the host would have more than a host can have. */
  delta(session: HostSession, delta: ObservedDelta): boolean {
    const live = this.#current(session)?.live;
    if (!live) return false;
    const stacks = live.foldSwarm(delta);
    const units = live.fold(delta, this.#clock.now());
    if (live.containerCount > MOST_CONTAINERS || live.objectCount > MOST_OBJECTS) return false;
    this.#tell(session.host, units, stacks);
    return true;
  }

  paused(session: HostSession): void {
    if (this.#current(session)) this.#tell(session.host, 'all');
  }

  /** The session is over; of a replaced one nothing changes. */
  ended(session: HostSession): void {
    const entry = this.#current(session);
    if (!entry) return;
    this.#put(session.host, {
      session: undefined,
      live: undefined,
      last: entry.live ?? entry.last,
      sinceMs: entry.live ? this.#clock.now() : entry.sinceMs,
    });
    this.#tell(session.host, 'all');
  }

  end(host: HostName, code: EndCode, cause: string): void {
    this.#entries.get(host)?.session?.end(code, cause);
  }

  endAll(code: EndCode, cause: string): void {
    for (const host of [...this.#entries.keys()]) this.end(host, code, cause);
  }

  #current(session: HostSession): Entry | undefined {
    const entry = this.#entries.get(session.host);
    return entry?.session === session ? entry : undefined;
  }

  #put(host: HostName, change: Partial<Entry>): void {
    const present = this.#entries.get(host) ?? {
      session: undefined,
      live: undefined,
      last: undefined,
      agentVersion: null,
      sinceMs: this.#clock.now(),
    };
    this.#entries.set(host, { ...present, ...change });
  }

  #tell(host: HostName, changed: Changed, stacks: readonly AppId[] | 'all' = 'all'): void {
    if (changed.length === 0 && stacks.length === 0) return;
    for (const listener of this.#listeners) listener(host, changed, stacks);
  }
}
