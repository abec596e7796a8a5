import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Failure } from '../../schemas/domain/index.ts';

export const SERVER_LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
} as const;
const MAX_CONNECTIONS = 2_000;
const MAX_REQUESTS_PER_SOCKET = 10_000;
/** No byte in either direction for so long; heartbeats keep event streams inside it. */
const IDLE_MS = 60_000;
const DRAIN_MS = 2_000;

export interface ApiServerOptions {
  /** `127.0.0.1:7420`, `[::1]:0`. */
  readonly listen: string;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Other handlers beside the API, by the start of the path: `/hooks/`. */
  readonly mounts?: readonly { readonly prefix: string; readonly handler: RequestListener }[];
  /** Instead of the defaults. */
  readonly limits?: Partial<Record<keyof typeof SERVER_LIMITS, number>>;
}

export interface ApiServer {
  /** As it is: a port of 0 has become a real one. */
  readonly address: { readonly host: string; readonly port: number };
  readonly url: string;
  /** Lets requests finish for up to 2 s, then cuts what is left. */
  stop(): Promise<void>;
}

/** @throws Failure ListenFailed */
export async function startApiServer(
  app: { callback(): RequestListener },
  options: ApiServerOptions,
): Promise<ApiServer> {
  const { host, port } = splitListen(options.listen);
  const limits = { ...SERVER_LIMITS, ...options.limits };
  const bare = options.tls
    ? createTlsServer({ ...limits, ...options.tls, minVersion: 'TLSv1.2' })
    : createServer(limits);
  const server = serving(bare, app, options.mounts);
  await listening(server, () => server.listen(port, host), options.listen);
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    address: { host: address.address, port: address.port },
    url: `${options.tls ? 'https' : 'http'}://${shownHost}:${address.port}`,
    stop: () => stopServer(server),
  };
}

/** The app on a server with limits on connections: every socket is let go in the end. */
export function serving(
  server: Server,
  app: { callback(): RequestListener },
  mounts: ApiServerOptions['mounts'] = [],
): Server {
  server.on('request', dispatcher(app.callback(), mounts));
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  server.setTimeout(IDLE_MS);
  return server;
}

export async function listening(server: Server, listen: () => void, where: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Cannot listen on ${where}: ${cause.message}`;
      reject(new Failure('ListenFailed', message, { retry: 'never', cause }));
    });
    server.once('listening', resolve);
    listen();
  });
}

export async function stopServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cut);
}

function dispatcher(
  api: RequestListener,
  mounts: readonly { readonly prefix: string; readonly handler: RequestListener }[],
): RequestListener {
  return (request, response) => {
    const mount = mounts.find(({ prefix }) => request.url?.startsWith(prefix));
    return (mount?.handler ?? api)(request, response);
  };
}

function splitListen(listen: string): { readonly host: string; readonly port: number } {
  const at = listen.lastIndexOf(':');
  const host = listen.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(listen.slice(at + 1)) };
}
