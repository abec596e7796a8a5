import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import type Docker from 'dockerode';
import { EngineFailure } from '../core/engine-failure.ts';
import { classifyEngineError, type EngineCall } from './classify-engine-error.ts';

/** One request of the Engine API, below the version prefix. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  /** `AuthConfig` as JSON. */
  readonly registryAuth?: Uint8Array;
  readonly call?: EngineCall;
  /** 404 answers undefined instead of rejecting. */
  readonly absent?: boolean;
}

interface Dial {
  dial(options: object, callback: (error: DialError | null, data: unknown) => void): void;
}

interface DialError extends Error {
  readonly statusCode?: number;
  readonly json?: unknown;
}

const GOOD = { 200: true, 201: true, 204: true, 304: true };

/**
 * Sends through dockerode's modem, not its object methods: those repeat a create's whole body in
 * the URL, and put names into paths as they are.
 */
export function send(
  docker: Docker,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<unknown> {
  return dial(docker, request, signal, false);
}

/** The same for answers that go on: events, pulls, logs. */
export async function sendForStream(
  docker: Docker,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<Readable> {
  return (await dial(docker, request, signal, true)) as Readable;
}

/**
 * The modem renders its options as text for each request, debugging or not; sockets and listeners
 * in them cost 10 ms. A thing made opaque is rendered as one word.
 */
export function opaque<T extends object>(thing: T): T {
  return Object.defineProperty(thing, inspect.custom, { value: () => 'opaque' });
}

function dial(docker: Docker, request: EngineRequest, signal: AbortSignal, stream: boolean) {
  const modem = docker.modem as unknown as Dial;
  const options = {
    path: request.query ? `${request.path}?` : request.path,
    method: request.method,
    options: { _query: request.query, _body: request.body ?? {} },
    isStream: stream,
    ...(request.registryAuth && {
      authconfig: opaque({ base64: paddedBase64Url(request.registryAuth) }),
    }),
    abortSignal: opaque(AbortSignal.any([signal])),
    statusCodes: GOOD,
  };
  return new Promise<unknown>((resolve, reject) => {
    signal.throwIfAborted();
    modem.dial(options, (error, data) => {
      if (!error) return resolve(data);
      if (request.absent && error.statusCode === 404) return resolve(undefined);
      if (signal.aborted) return reject(aborted(error));
      const answer = { status: error.statusCode, message: words(error), cause: error };
      reject(classifyEngineError(request.call ?? 'change', answer));
    });
  });
}

/** The engine takes a login without its padding for none at all. */
function paddedBase64Url(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64url');
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

const aborted = (cause: unknown): EngineFailure =>
  new EngineFailure('EngineError', 'world', 'the call was given up', { cause });

/** The engine's own words, without what the modem puts around them. */
function words(error: DialError): string {
  const json = error.json as { message?: unknown } | null | undefined;
  if (json && typeof json.message === 'string') return json.message;
  return error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '');
}
