import type { Clock } from '../../kit/clock.ts';
import {
  compareText,
  type HostName,
  type ObservedUnit,
  type Outcome,
  splitUnitKey,
  swarmOfPlace,
  toSwarmPlace,
  toUnitKey,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import type { Dispatch } from '../reconcile/ports.ts';
import type { HostState } from './host-state.ts';
import type { Roster } from './roster.ts';

/** Which host is part of which swarm, as git says; empty before a revision is in force. */
export type Membership = () => ReadonlyMap<HostName, string>;

interface Speaker {
  readonly host: HostName;
  readonly state: HostState;
}

/** Whom a swarm was written through last, and until when something of it may still be under way. */
interface Writer {
  readonly host: HostName;
  readonly unansweredMs: Map<string, number>;
}

/** Answers after which it is not certain that the manager is through with it. */
const UNCERTAIN: ReadonlySet<string> = new Set(['SessionLost', 'HostOffline', 'EngineTimeout']);

/**
 * Swarms as places of units: which manager speaks of each, and through which it is written. One
 * view at a time is taken, and one manager at a time is written through: another one only once
 * nothing that the one before was asked can still be under way there.
 */
export class Swarms {
  readonly #roster: Roster;
  readonly #clock: Clock;
  readonly #membership: Membership;
  readonly #writers = new Map<string, Writer>();

  constructor(roster: Roster, clock: Clock, membership: Membership) {
    this.#roster = roster;
    this.#clock = clock;
    this.#membership = membership;
  }

  /** The place that a host's swarm is. */
  placeOf(host: HostName): HostName | undefined {
    const swarm = this.#membership().get(host);
    return swarm === undefined ? undefined : toSwarmPlace(swarm);
  }

  places(): readonly HostName[] {
    return [...new Set(this.#membership().values())].sort(compareText).map(toSwarmPlace);
  }

  /** The manager whose view is taken: the leader where its agent is there, unpaused ones first. */
  speaker(place: HostName): Speaker | undefined {
    const swarm = swarmOfPlace(place);
    const managers = [...this.#membership()]
      .filter(([, name]) => name === swarm)
      .flatMap(([host]) => this.#asManager(host));
    // Two swarms under one name are a mistake: neither speaks for the other.
    if (new Set(managers.map(({ id }) => id)).size > 1) return undefined;
    const [best] = managers.sort(
      (a, b) =>
        Number(a.paused) - Number(b.paused) ||
        Number(b.leader) - Number(a.leader) ||
        compareText(a.host, b.host),
    );
    return best && { host: best.host, state: best.state };
  }

  #asManager(host: HostName) {
    const state = this.#roster.state(host);
    const self = state?.swarm.self();
    if (!state || !self) return [];
    const paused = (this.#roster.session(host)?.paused ?? null) !== null;
    return [{ host, state, id: self.id, leader: self.leader, paused }];
  }

  observed(key: UnitKey): ObservedUnit | undefined {
    const { app, host: place } = splitUnitKey(key);
    const speaker = this.speaker(place);
    const name = swarmOfPlace(place);
    if (!speaker || name === undefined) return undefined;
    const { host, state } = speaker;
    return {
      ...state.unit(toUnitKey(app, host)),
      key,
      app,
      host: place,
      containers: [],
      networks: [],
      volumes: [],
      swarm: state.swarm.view(app, name, host),
    };
  }

  ownedUnits(place: HostName): readonly UnitKey[] {
    const apps = this.speaker(place)?.state.swarm.apps() ?? [];
    return apps.map((app) => toUnitKey(app, place));
  }

  /** Sends through `send` to the manager that is the place's writer now. */
  async execute(
    place: HostName,
    dispatch: Dispatch,
    send: (host: HostName) => Promise<Outcome>,
  ): Promise<Outcome> {
    const speaker = this.speaker(place);
    if (!speaker) return failed('NotManager', `no manager of ${place} is connected`);
    const writer = this.#writer(place, speaker.host);
    if (!writer) {
      const message = `what another manager of ${place} was asked may still be under way`;
      return failed('NotManager', message);
    }
    const { operationId, deadlineMs } = dispatch;
    writer.unansweredMs.set(operationId, this.#clock.now() + deadlineMs);
    const outcome = await send(speaker.host);
    if (!UNCERTAIN.has(outcome.error?.code ?? '')) writer.unansweredMs.delete(operationId);
    return outcome;
  }

  /** Undefined while the manager before it may still be writing. */
  #writer(place: HostName, host: HostName): Writer | undefined {
    const known = this.#writers.get(place);
    if (known?.host === host) return known;
    const now = this.#clock.now();
    if (known && [...known.unansweredMs.values()].some((untilMs) => untilMs > now)) {
      return undefined;
    }
    const writer = { host, unansweredMs: new Map<string, number>() };
    this.#writers.set(place, writer);
    return writer;
  }
}

const failed = (code: 'NotManager', message: string): Outcome => ({
  status: 'failed',
  durationMs: 0,
  error: { code, fault: 'world', message },
});
