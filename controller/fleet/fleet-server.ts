import { hostname } from 'node:os';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import {
  AgentServiceService,
  EnrollmentServiceService,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import { encodeJoinToken } from '../../proto/join-token.ts';
import {
  Failure,
  type HostName,
  type InstallationId,
  type ObservedUnit,
  type OperationError,
  type Outcome,
  splitUnitKey,
  swarmOfPlace,
  toUnitKey,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import type { ConnectedHost, Dispatch, Fleet } from '../reconcile/ports.ts';
import { Authority, SERVER_LIFE_MS } from './authority.ts';
import { enrolmentService } from './enrolment.ts';
import { JoinTokens } from './join-tokens.ts';
import { Ledger, type SecretStore } from './ledger.ts';
import {
  AGENT_LISTENER_OPTIONS,
  addressOf,
  ENROLMENT_LISTENER_OPTIONS,
  Listener,
  ListenerTls,
  withPort,
} from './listeners.ts';
import { type Audit, Refusals } from './refusals.ts';
import { type Changed, Roster } from './roster.ts';
import { SessionDoor } from './session-door.ts';
import { type Membership, Swarms } from './swarms.ts';

export type { SecretStore } from './ledger.ts';

export interface FleetOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomBytes: (count: number) => Buffer;
  readonly secrets: SecretStore;
  readonly installation: InstallationId;
  /** `address:port`; port 0 = any. */
  readonly agentListen: string;
  readonly enrollListen: string;
  /** Names and addresses agents dial, without ports; none = what the listener is bound to. */
  readonly advertise: readonly string[];
  /** Hosts that may renew; undefined until a revision is in force (then any enrolled one may). */
  readonly declared: () => ReadonlySet<HostName> | undefined;
  /** Which host is part of which swarm. */
  readonly swarms?: Membership;
  /** A host joined, was revoked, or was refused. */
  readonly audit: Audit;
}

interface Running {
  readonly authority: Authority;
  readonly tokens: JoinTokens;
  readonly ledger: Ledger;
  readonly door: SessionDoor;
  readonly agents: Listener;
  readonly enrolments: Listener;
  readonly cancelRotation: () => void;
}

const LOOPBACK = ['127.0.0.1', 'localhost'];
/** Checked this often, so that a machine that slept does not miss it. */
const ROTATION_LOOK_MS = 6 * 3_600_000;
const DRAIN_MS = 2_000;

/** The controller's side of the wire: enrolment, sessions, observed state. */
export class FleetServer implements Fleet {
  readonly #options: FleetOptions;
  readonly #roster: Roster;
  readonly #swarms: Swarms;
  #running: Running | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#roster = new Roster(options.clock, options.installation);
    const membership = options.swarms ?? (() => new Map());
    this.#swarms = new Swarms(this.#roster, options.clock, membership);
  }

  /** @throws Failure ListenFailed, VaultCorrupt, CaIncomplete */
  async start(): Promise<void> {
    const { secrets, clock, logger, randomBytes, audit, declared } = this.#options;
    const now = () => clock.now();
    const authority = await Authority.open(secrets, now);
    const tokens = await JoinTokens.open(secrets, now, randomBytes);
    const ledger = await Ledger.open(secrets);
    await ledger.raiseEpoch();
    for (const [host] of ledger.enrolled()) this.#roster.expect(host);
    const refusals = new Refusals(clock, logger, audit);
    const roster = this.#roster;
    const { installation } = this.#options;
    const door = new SessionDoor({ clock, logger, installation, ledger, roster, refusals });
    const enrolled = (host: HostName) => {
      roster.end(host, 'S_REVOKED', 'the host has joined anew');
      roster.expect(host);
    };
    const agents = new Listener(AGENT_LISTENER_OPTIONS, door.service(AgentServiceService), {
      session: door.open,
    });
    const enrolments = new Listener(
      ENROLMENT_LISTENER_OPTIONS,
      EnrollmentServiceService,
      enrolmentService({
        authority,
        tokens,
        ledger,
        clock,
        randomBytes,
        declared,
        audit,
        refusals,
        enrolled,
      }),
    );
    const cancelRotation = await this.#listen(authority, agents, enrolments);
    this.#running = { authority, tokens, ledger, door, agents, enrolments, cancelRotation };
  }

  /** Ends every session, then the listeners. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    running.cancelRotation();
    this.#roster.endAll('S_STOPPING', 'the controller stops');
    await Promise.all([running.agents.stop(DRAIN_MS), running.enrolments.stop(DRAIN_MS)]);
  }

  /** `address:port` of both listeners, as bound. */
  addresses(): { readonly agent: string; readonly enroll: string } {
    const { agentListen, enrollListen } = this.#options;
    return {
      agent: `${addressOf(agentListen)}:${this.#running?.agents.port ?? 0}`,
      enroll: `${addressOf(enrollListen)}:${this.#running?.enrolments.port ?? 0}`,
    };
  }

  /**
   * The join token of a host, as one word. It is shown once and good once; a host that has
   * joined before stays connected until the token is used.
   */
  async createJoinToken(host: HostName, lifeMs?: number): Promise<string> {
    const { tokens, authority, agents, enrolments } = this.#need();
    const secret = await tokens.create(host, lifeMs);
    const names = this.#names();
    return encodeJoinToken({
      host,
      agent: names.map((name) => withPort(name, agents.port)),
      enroll: names.map((name) => withPort(name, enrolments.port)),
      ca: authority.digest(),
      secret,
    });
  }

  /** Cuts a host's session and refuses its certificates and open tokens until it joins anew. */
  async revoke(host: HostName): Promise<void> {
    const { ledger, tokens } = this.#need();
    await ledger.revoke(host);
    await tokens.forget(host);
    this.#roster.end(host, 'S_REVOKED', 'the host was revoked');
    this.#roster.forget(host);
    this.#options.audit('operator', 'host.revoke', host);
  }

  /** Puts our epoch above every one an agent has told, and greets all anew with it. */
  async takeOver(): Promise<bigint> {
    const epoch = await this.#need().ledger.raiseEpoch();
    this.#roster.endAll('S_STOPPING', 'the controller takes over: dial again');
    return epoch;
  }

  /** Every host that has joined, connected or not. */
  hosts(): readonly ConnectedHost[] {
    return this.#roster.hosts();
  }

  observed(key: UnitKey): ObservedUnit | undefined {
    const { host } = splitUnitKey(key);
    if (swarmOfPlace(host) !== undefined) return this.#swarms.observed(key);
    return this.#roster.state(host)?.unit(key);
  }

  ownedUnits(host: HostName): readonly UnitKey[] {
    if (swarmOfPlace(host) !== undefined) return this.#swarms.ownedUnits(host);
    return this.#roster.state(host)?.units() ?? [];
  }

  places(): readonly HostName[] {
    return [...this.#roster.hosts().map(({ host }) => host), ...this.#swarms.places()];
  }

  async execute(place: HostName, dispatch: Dispatch, signal: AbortSignal): Promise<Outcome> {
    if (splitUnitKey(dispatch.unit).host !== place) return offline(place);
    const send = async (host: HostName): Promise<Outcome> => {
      const session = this.#roster.session(host);
      if (!session || !this.#running) return offline(host);
      return await session.execute(dispatch, this.#running.ledger.epoch(), signal);
    };
    if (swarmOfPlace(place) === undefined) return await send(place);
    return await this.#swarms.execute(place, dispatch, send);
  }

  /** A swarm speaks through one of its managers. */
  #hostOf(place: HostName): HostName {
    if (swarmOfPlace(place) === undefined) return place;
    return this.#swarms.speaker(place)?.host ?? place;
  }

  async tailLogs(host: HostName, container: string, lines: number): Promise<readonly string[]> {
    return (await this.#roster.session(this.#hostOf(host))?.tailLogs(container, lines)) ?? [];
  }

  async inspectManifest(place: HostName, reference: string, auth?: Uint8Array) {
    const host = this.#hostOf(place);
    const session = this.#roster.session(host);
    return session ? await session.inspectManifest(reference, auth) : { error: notConnected(host) };
  }

  onObserved(listener: (host: HostName, changed: Changed) => void): void {
    this.#roster.onChange((host, changed, stacks) => {
      if (changed.length > 0) listener(host, changed);
      const place = this.#swarms.placeOf(host);
      if (place === undefined) return;
      const isSpeaker = this.#swarms.speaker(place)?.host === host;
      if (changed === 'all' || stacks === 'all') listener(place, 'all');
      else if (isSpeaker && stacks.length > 0) {
        listener(
          place,
          stacks.map((app) => toUnitKey(app, place)),
        );
      }
    });
  }

  /** @returns what stops the rotation of the listeners' certificate. */
  async #listen(authority: Authority, agents: Listener, enrolments: Listener): Promise<() => void> {
    const { agentListen, enrollListen, clock, logger } = this.#options;
    const pair = await authority.issueServer(this.#names());
    const mutual = new ListenerTls(authority.pem(), pair, true);
    const plain = new ListenerTls(authority.pem(), pair, false);
    await agents.start(agentListen, mutual);
    try {
      await enrolments.start(enrollListen, plain);
    } catch (error) {
      await agents.stop(0);
      throw error;
    }
    let issuedMs = clock.now();
    let cancel = () => {};
    const look = () => {
      cancel = clock.setTimer(ROTATION_LOOK_MS, () => {
        look();
        if (clock.now() - issuedMs < SERVER_LIFE_MS / 2) return;
        authority.issueServer(this.#names()).then(
          (next) => {
            issuedMs = clock.now();
            mutual.replace(next);
            plain.replace(next);
          },
          (error: unknown) => logger.error({ error: String(error) }, 'certificate not renewed'),
        );
      });
    };
    look();
    return () => cancel();
  }

  /** What agents dial, best first. */
  #names(): readonly string[] {
    const { advertise, agentListen } = this.#options;
    const bound = addressOf(agentListen).replace(/^\[|\]$/g, '');
    const everywhere = bound === '0.0.0.0' || bound === '::';
    const own = everywhere ? [hostname().toLowerCase(), ...LOOPBACK] : [bound];
    return [...new Set([...advertise, ...own])];
  }

  #need(): Running {
    if (this.#running) return this.#running;
    throw new Failure('NotStarted', 'the fleet has not been started');
  }
}

const offline = (host: HostName): Outcome => ({
  status: 'failed',
  durationMs: 0,
  error: notConnected(host),
});

const notConnected = (host: HostName): OperationError => ({
  code: 'HostOffline',
  fault: 'world',
  message: `${host} is not connected`,
});
