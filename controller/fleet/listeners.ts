import { isIPv6 } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Failure } from '../../schemas/domain/index.ts';
import type { Pair } from './authority.ts';

/** 4 MiB: what agent.proto promises. */
export const MOST_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Both sides look after the link: a dead one is seen within 15 s (decision 14). */
export const AGENT_LISTENER_OPTIONS = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': MOST_MESSAGE_BYTES,
  'grpc.max_concurrent_streams': 4,
  'grpc.max_connection_idle_ms': 60_000,
};
/** Strangers may knock here: small messages, short connections. */
export const ENROLMENT_LISTENER_OPTIONS = {
  'grpc.max_receive_message_length': 64 * 1024,
  'grpc.max_concurrent_streams': 4,
  'grpc.max_connection_idle_ms': 15_000,
  'grpc.max_connection_age_ms': 60_000,
  'grpc.max_connection_age_grace_ms': 15_000,
};

const MIN_TLS = 'TLSv1.3';

/** TLS of a listener. The certificate can be replaced while it serves. */
export class ListenerTls extends ServerCredentials {
  readonly #ca: string;

  /** @param requireAgent whether a peer must have a certificate of the CA. */
  constructor(ca: string, pair: Pair, requireAgent: boolean) {
    super(
      { requestCert: requireAgent, rejectUnauthorized: requireAgent, minVersion: MIN_TLS },
      context(ca, pair),
    );
    this.#ca = ca;
  }

  /** Connections that stand keep the certificate they began with. */
  replace(pair: Pair): void {
    this.updateSecureContextOptions(context(this.#ca, pair));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** The CA goes with the certificate: a joining agent knows the CA's digest only. */
const context = (ca: string, pair: Pair) =>
  ({
    ca,
    cert: `${pair.certificate}\n${ca}`,
    key: pair.key,
    minVersion: MIN_TLS,
  }) as const;

/** One gRPC server with one service, on one address. */
export class Listener {
  readonly #server: Server;
  #port = 0;

  constructor(
    options: Readonly<Record<string, number>>,
    service: ServiceDefinition,
    implementation: UntypedServiceImplementation,
  ) {
    this.#server = new Server(options);
    this.#server.addService(service, implementation);
  }

  get port(): number {
    return this.#port;
  }

  /** @param listen `address:port`; port 0 = any. @throws Failure ListenFailed */
  async start(listen: string, tls: ServerCredentials): Promise<void> {
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(listen, tls, (cause, port) => {
        if (!cause) return resolve(port);
        const message = `cannot listen on ${listen}: is another program using it?`;
        return reject(new Failure('ListenFailed', message, { retry: 'never', cause }));
      });
    });
  }

  /** Lets what is under way end, at most `drainMs` long. */
  async stop(drainMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, drainMs);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

export const addressOf = (listen: string): string => listen.slice(0, listen.lastIndexOf(':'));

export const withPort = (address: string, port: number): string =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
