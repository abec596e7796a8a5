import type { ServiceDefinition } from '@grpc/grpc-js';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { cleanText } from '../../proto/codec.ts';
import {
  type AgentServiceService,
  type Hello,
  SessionRequest,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import type { InstallationId } from '../../schemas/domain/index.ts';
import { checkHello, isEnrolled, type Peer, peerOf } from './admission.ts';
import { HostSession, type Stream } from './host-session.ts';
import type { Ledger } from './ledger.ts';
import type { Refusals } from './refusals.ts';
import type { Roster } from './roster.ts';
import { END_STATUS, SessionRefused } from './session-end.ts';

export interface DoorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly installation: InstallationId;
  readonly ledger: Ledger;
  readonly roster: Roster;
  readonly refusals: Refusals;
}

type SessionService = typeof AgentServiceService & ServiceDefinition;

const HELLO_DEADLINE_MS = 10_000;

/** Where streams come in: a Hello within its time, judged, then a session that has the stream. */
export class SessionDoor {
  readonly #options: DoorOptions;
  /** Bytes of each message as it came: what a host costs is bounded by them. */
  readonly #sizes = new WeakMap<SessionRequest, number>();
  #ids = 0;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** The service's definition, with messages measured as they are read. */
  service(definition: SessionService): ServiceDefinition {
    const requestDeserialize = (bytes: Buffer): SessionRequest => {
      const message = SessionRequest.decode(bytes);
      this.#sizes.set(message, bytes.length);
      return message;
    };
    return { ...definition, session: { ...definition.session, requestDeserialize } };
  }

  readonly open = (stream: Stream): void => {
    let session: HostSession | undefined;
    let over = false;
    const refuse = (error: unknown) => {
      close();
      this.#refuse(stream, error);
    };
    const cancel = this.#options.clock.setTimer(HELLO_DEADLINE_MS, () =>
      refuse(new SessionRefused('S_SILENT', 'no hello')),
    );
    const close = () => {
      over = true;
      cancel();
      session?.end('S_CLOSED', 'the connection is closed');
    };
    stream.on('data', (message: SessionRequest) => {
      if (session) return session.receive(message, this.#sizes.get(message) ?? 0);
      if (over) return;
      cancel();
      // Nothing is read while the first message is judged.
      stream.pause();
      this.#admit(stream, message.hello).then((admitted) => {
        session = admitted;
        if (over) return close();
        stream.resume();
      }, refuse);
    });
    stream.on('end', close);
    stream.on('error', close);
    stream.on('cancelled', close);
  };

  async #admit(stream: Stream, hello: Hello | undefined): Promise<HostSession> {
    const { ledger, clock, roster, logger, installation, refusals } = this.#options;
    if (!hello) throw new SessionRefused('S_PROTOCOL', 'the first message must be hello');
    const peer = peerOf(stream);
    checkHello(hello, peer, ledger, clock.now());
    if (hello.epoch >= ledger.epoch()) await ledger.raiseEpoch(hello.epoch);
    // It may have been revoked while the epoch was written.
    if (!isEnrolled(peer, ledger)) throw new SessionRefused('S_REVOKED', 'the host was revoked');
    const session = this.#session(stream, peer, cleanText(hello.agentVersion, 100));
    const { host } = session;
    const replaced = roster.admit(session);
    if (replaced) refusals.tell('S_REPLACED', `host:${host}`, host, 'a second agent of this host');
    session.welcome(installation, ledger.epoch(), peer.expiresMs - clock.now());
    logger.info({ host, agent: session.agentVersion, session: session.id }, 'host connected');
    return session;
  }

  #session(stream: Stream, { host }: Peer, agentVersion: string): HostSession {
    const { clock, logger, roster } = this.#options;
    this.#ids += 1;
    return new HostSession({
      host,
      id: `s${this.#ids}`,
      agentVersion,
      stream,
      clock,
      logger,
      events: {
        snapshot: (session, snapshot) => roster.snapshot(session, snapshot),
        delta: (session, delta) => roster.delta(session, delta),
        paused: (session) => roster.paused(session),
        ended: (session, { code, cause }) => {
          logger.info({ host, session: session.id, code, cause }, 'host session ended');
          roster.ended(session);
        },
      },
    });
  }

  #refuse(stream: Stream, error: unknown): void {
    const { refusals, logger } = this.#options;
    const end = error instanceof SessionRefused ? error.end : undefined;
    if (!end) {
      logger.error({ error: String(error) }, 'a session could not be started');
      stream.emit('error', { code: END_STATUS.S_STOPPING, details: 'S_STOPPING: try again' });
      return;
    }
    refusals.tell(end.code, whois(stream), whois(stream), end.cause);
    stream.emit('error', { code: END_STATUS[end.code], details: `${end.code}: ${end.cause}` });
  }
}

function whois(stream: Stream): string {
  try {
    return `host:${peerOf(stream).host}`;
  } catch {
    return stream.getPeer().replace(/:\d+$/, '');
  }
}
