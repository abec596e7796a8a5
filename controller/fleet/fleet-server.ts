import { X509Certificate } from 'node:crypto';
import {
  status as grpcStatus,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import {
  AgentServiceService,
  EnrollmentServiceService,
  type EnrollRequest,
  type EnrollResponse,
  type Hello,
  type RenewRequest,
  type RenewResponse,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import {
  Failure,
  type HostName,
  type InstallationId,
  type ObservedUnit,
  type Outcome,
  splitUnitKey,
  toHostName,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import type { ConnectedHost, Dispatch, Fleet } from '../reconcile/ports.ts';
import { Authority, hostOf, parseCertificate, type SecretStore } from './authority.ts';
import { HostSession, type Stream } from './host-session.ts';
import { HostState } from './host-state.ts';
import { encodeJoinToken, JoinTokens } from './join-tokens.ts';

export interface FleetOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomBytes: (count: number) => Buffer;
  readonly secrets: SecretStore;
  readonly installation: InstallationId;
  /** `address:port`; port 0 = any. */
  readonly agentListen: string;
  readonly enrollListen: string;
  /** Names and addresses agents dial, without ports. */
  readonly advertise: readonly string[];
  /** Hosts that may renew; undefined until a revision is in force (then any enrolled one may). */
  readonly declared: () => ReadonlySet<HostName> | undefined;
  /** A host joined, was revoked, or was refused. */
  readonly audit: (actor: string, action: string, subject: string) => void;
}

interface Known {
  session: HostSession | undefined;
  last: HostSession;
  sinceMs: number;
}

interface Ledger {
  readonly epoch: string;
  /** Serial numbers or fingerprints are not enough: a revoked host stays out until it joins anew. */
  readonly revoked: Readonly<Record<string, number>>;
}

const LEDGER = 'fleet.json';
const PROTOCOL = 1;
const KEEPALIVE = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  'grpc.max_concurrent_streams': 4,
};
const HELLO_DEADLINE_MS = 10_000;

/** The controller's side of the wire: enrolment, sessions, observed state. */
export class FleetServer implements Fleet {
  readonly #options: FleetOptions;
  readonly #known = new Map<HostName, Known>();
  readonly #listeners: ((host: HostName, changed: readonly UnitKey[] | 'all') => void)[] = [];
  readonly #agents: Server;
  readonly #enrolments: Server;
  #authority: Authority | undefined;
  #tokens: JoinTokens | undefined;
  #ledger: Ledger = { epoch: '0', revoked: {} };
  #agentPort = 0;
  #enrollPort = 0;
  #ids = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#agents = new Server(KEEPALIVE);
    this.#enrolments = new Server({ 'grpc.max_receive_message_length': 64 * 1024 });
  }

  async start(): Promise<void> {
    const { secrets, clock, randomBytes } = this.#options;
    const now = () => clock.now();
    this.#authority = await Authority.open(secrets, now);
    this.#tokens = await JoinTokens.open(secrets, now, randomBytes);
    const ledger = await secrets.secret(LEDGER);
    if (ledger) this.#ledger = JSON.parse(ledger.toString()) as Ledger;
    await this.#raiseEpoch(BigInt(this.#ledger.epoch) + 1n);
    await this.#listen(this.#authority);
  }

  async stop(): Promise<void> {
    for (const { session } of this.#known.values()) session?.end('the controller stops');
    this.#agents.forceShutdown();
    this.#enrolments.forceShutdown();
  }

  /** `address:port` of both listeners, as bound. */
  addresses(): { readonly agent: string; readonly enroll: string } {
    const { agentListen, enrollListen } = this.#options;
    return {
      agent: `${addressOf(agentListen)}:${this.#agentPort}`,
      enroll: `${addressOf(enrollListen)}:${this.#enrollPort}`,
    };
  }

  /** The join token of a host, as one word. It is shown once and good once. */
  async createJoinToken(host: HostName, lifeMs?: number): Promise<string> {
    const secret = await this.#need(this.#tokens).create(host, lifeMs);
    const names = this.#names();
    const { [host]: _, ...revoked } = this.#ledger.revoked;
    if (_ !== undefined) await this.#write({ ...this.#ledger, revoked });
    return encodeJoinToken({
      host,
      agent: names.map((name) => `${name}:${this.#agentPort}`),
      enroll: names.map((name) => `${name}:${this.#enrollPort}`),
      ca: this.#need(this.#authority).digest(),
      secret,
    });
  }

  /** Cuts a host's session and refuses its certificates from now on, until it joins anew. */
  async revoke(host: HostName): Promise<void> {
    const revoked = { ...this.#ledger.revoked, [host]: this.#options.clock.now() };
    await this.#write({ ...this.#ledger, revoked });
    this.#known.get(host)?.session?.end('revoked');
    this.#options.audit('operator', 'host.revoke', host);
  }

  /** Puts this controller's epoch above every one an agent has told. @returns the new epoch. */
  async takeOver(): Promise<bigint> {
    await this.#raiseEpoch(BigInt(this.#ledger.epoch) + 1n);
    for (const { session } of this.#known.values()) session?.end('the controller takes over');
    return BigInt(this.#ledger.epoch);
  }

  hosts(): readonly ConnectedHost[] {
    return [...this.#known].map(([host, { session, last, sinceMs }]) => ({
      host,
      online: session?.state !== undefined,
      sinceMs,
      engine: (session ?? last).state?.engine ?? null,
      agentVersion: (session ?? last).hello.agentVersion.slice(0, 100),
      paused: session?.paused ?? null,
    }));
  }

  observed(key: UnitKey): ObservedUnit | undefined {
    const { app, host } = splitUnitKey(key);
    return this.#known.get(host)?.session?.state?.unit(key, app);
  }

  ownedUnits(host: HostName): readonly UnitKey[] {
    return this.#known.get(host)?.session?.state?.units() ?? [];
  }

  execute(host: HostName, dispatch: Dispatch, signal: AbortSignal): Promise<Outcome> {
    const session = this.#known.get(host)?.session;
    if (!session) return Promise.resolve(offline(host));
    return session.execute(dispatch, BigInt(this.#ledger.epoch), signal);
  }

  tailLogs(host: HostName, container: string, lines: number): Promise<readonly string[]> {
    const session = this.#known.get(host)?.session;
    this.#ids += 1;
    return session?.tailLogs(`t${this.#ids}`, container, lines) ?? Promise.resolve([]);
  }

  onObserved(listener: (host: HostName, changed: readonly UnitKey[] | 'all') => void): void {
    this.#listeners.push(listener);
  }

  async #listen(authority: Authority): Promise<void> {
    const pair = await authority.issueServer(this.#names());
    const ca = Buffer.from(authority.certificate.toString('pem'));
    const own = [
      {
        private_key: Buffer.from(pair.key),
        cert_chain: Buffer.from(`${pair.certificate}\n${ca}`),
      },
    ];
    this.#agents.addService(AgentServiceService, {
      session: (stream: Stream) => this.#open(stream),
    });
    this.#enrolments.addService(EnrollmentServiceService, {
      enroll: unary((request: EnrollRequest) => this.#enroll(request)),
      renew: unary((request: RenewRequest) => this.#renew(request)),
    });
    const mutual = ServerCredentials.createSsl(ca, own, true);
    this.#agentPort = await bind(this.#agents, this.#options.agentListen, mutual);
    const plain = ServerCredentials.createSsl(null, own, false);
    this.#enrollPort = await bind(this.#enrolments, this.#options.enrollListen, plain);
  }

  #names(): readonly string[] {
    return [...new Set([...this.#options.advertise, '127.0.0.1', 'localhost'])];
  }

  async #enroll(request: EnrollRequest): Promise<EnrollResponse> {
    const authority = this.#need(this.#authority);
    // Judged before the token is spent: a bad request must not cost the operator a new token.
    const host = toHostName(request.host);
    const certificate = await authority.issueAgent(host, request.csr);
    await this.#need(this.#tokens).spend(request.token, host);
    this.#options.audit(`host:${host}`, 'host.join', host);
    return issued(certificate.rawData, authority);
  }

  async #renew(request: RenewRequest): Promise<RenewResponse> {
    const authority = this.#need(this.#authority);
    const host = await authority.checkRenewal(request.certificate, request.csr);
    const declared = this.#options.declared();
    if (this.#isRevoked(host, parseCertificate(request.certificate).notBefore)) {
      throw new Failure('RenewRefused', 'the host is revoked', { retry: 'never' });
    }
    if (declared && !declared.has(host)) {
      throw new Failure('RenewRefused', 'the host is not declared', { retry: 'never' });
    }
    return issued((await authority.issueAgent(host, request.csr)).rawData, authority);
  }

  /** A certificate issued before its host was revoked is revoked with it. */
  #isRevoked(host: HostName, notBefore: Date): boolean {
    const at = this.#ledger.revoked[host];
    return at !== undefined && notBefore.getTime() <= at;
  }

  #open(stream: Stream): void {
    let session: HostSession | undefined;
    let closed: string | undefined;
    const refuse = (cause: string) => {
      this.#options.logger.warn({ cause, peer: stream.getPeer() }, 'session refused');
      stream.emit('error', { code: grpcStatus.PERMISSION_DENIED, details: cause });
    };
    const cancel = this.#options.clock.setTimer(HELLO_DEADLINE_MS, () => refuse('no hello'));
    stream.on('data', (message) => {
      if (session) return session.receive(message);
      cancel();
      if (!message.hello) return refuse('the first message must be hello');
      this.#admit(stream, message.hello).then(
        (admitted) => {
          session = admitted;
          if (closed !== undefined) admitted.end(closed);
        },
        (error: unknown) => refuse(error instanceof Error ? error.message : String(error)),
      );
    });
    const end = (cause: string) => {
      cancel();
      closed = cause;
      session?.end(cause);
    };
    stream.on('end', () => end('the agent ended it'));
    stream.on('error', () => end('the connection broke'));
    stream.on('cancelled', () => end('the connection broke'));
  }

  async #admit(stream: Stream, hello: Hello): Promise<HostSession> {
    const { host, certificate } = peer(stream);
    if (hello.host !== host) throw new Failure('S_IDENTITY', 'the certificate is of another host');
    if (hello.protocol !== PROTOCOL) {
      throw new Failure('S_PROTOCOL', `protocol ${hello.protocol} is not spoken here`);
    }
    if (this.#isRevoked(host, certificate.notBefore)) {
      throw new Failure('S_REVOKED', 'the host is revoked');
    }
    if (hello.epoch >= BigInt(this.#ledger.epoch)) await this.#raiseEpoch(hello.epoch + 1n);
    this.#ids += 1;
    const { clock, logger } = this.#options;
    const session = new HostSession(host, `s${this.#ids}`, hello, stream, clock, logger, {
      snapshot: (from, facts) => {
        const before = from.state ?? this.#known.get(host)?.last.state;
        const { engine, objects } = facts;
        from.state = new HostState(
          host,
          this.#options.installation,
          engine,
          objects,
          clock.now(),
          before,
        );
        this.#tell(host, 'all');
      },
      changed: (_from, units) => this.#tell(host, units),
      ended: (from, cause) => this.#ended(from, cause),
    });
    const known = this.#known.get(host);
    known?.session?.end('replaced by a newer session');
    this.#known.set(host, { session, last: session, sinceMs: clock.now() });
    // A certificate that runs out ends its session: TLS alone looks at it only once.
    clock.setTimer(Math.min(certificate.notAfter.getTime() - clock.now(), 2 ** 31 - 1), () =>
      session.end('the certificate expired'),
    );
    session.welcome(this.#options.installation, BigInt(this.#ledger.epoch));
    logger.info({ host, agent: hello.agentVersion.slice(0, 100) }, 'host connected');
    return session;
  }

  #ended(session: HostSession, cause: string): void {
    const known = this.#known.get(session.host);
    this.#options.logger.info({ host: session.host, cause }, 'host session ended');
    if (known?.session !== session) return;
    this.#known.set(session.host, {
      session: undefined,
      last: session,
      sinceMs: this.#options.clock.now(),
    });
    this.#tell(session.host, 'all');
  }

  #tell(host: HostName, changed: readonly UnitKey[] | 'all'): void {
    for (const listener of this.#listeners) listener(host, changed);
  }

  /** Epochs only grow, and are on disk before they are used (decision 14). */
  async #raiseEpoch(epoch: bigint): Promise<void> {
    await this.#write({ ...this.#ledger, epoch: epoch.toString() });
  }

  async #write(ledger: Ledger): Promise<void> {
    await this.#options.secrets.putSecret(LEDGER, JSON.stringify(ledger));
    this.#ledger = ledger;
  }

  #need<T>(part: T | undefined): T {
    if (part === undefined) throw new Failure('NotStarted', 'the fleet has not been started');
    return part;
  }
}

function peer(stream: Stream) {
  const context = stream.getAuthContext();
  const raw = context.sslPeerCertificate?.raw;
  if (!raw) throw new Failure('S_IDENTITY', 'no client certificate');
  const certificate = parseCertificate(new X509Certificate(raw).raw);
  return { host: hostOf(certificate), certificate };
}

function issued(certificate: ArrayBuffer, authority: Authority): EnrollResponse {
  return {
    certificate: Buffer.from(certificate),
    caCertificate: Buffer.from(authority.certificate.rawData),
  };
}

const offline = (host: HostName): Outcome => ({
  status: 'failed',
  durationMs: 0,
  error: { code: 'HostOffline', fault: 'world', message: `${host} is not connected` },
});

const addressOf = (listen: string) => listen.slice(0, listen.lastIndexOf(':'));

function bind(server: Server, listen: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, port) => {
      if (!error) return resolve(port);
      reject(
        new Failure('ListenFailed', `cannot listen on ${listen}`, { retry: 'never', cause: error }),
      );
    });
  });
}

const CODES: Readonly<Record<string, number>> = {
  TokenRefused: grpcStatus.UNAUTHENTICATED,
  RenewRefused: grpcStatus.UNAUTHENTICATED,
  CsrInvalid: grpcStatus.INVALID_ARGUMENT,
};

function unary<Request, Response>(serve: (request: Request) => Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => {
    serve(call.request).then(
      (response) => answer(null, response),
      (error: unknown) => {
        const code = error instanceof Failure ? CODES[error.code] : undefined;
        const details = code === undefined ? 'refused' : (error as Error).message;
        answer({ code: code ?? grpcStatus.INVALID_ARGUMENT, details });
      },
    );
  };
}
