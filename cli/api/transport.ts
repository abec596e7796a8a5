import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Where an API answers: a base URL, or a socket on this machine. */
export type Endpoint =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'socket'; readonly path: string };

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Absolute, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Milliseconds without a byte before the call is given up. */
  readonly idleMs: number;
}

/** Sends one request; the answer's body is read by the caller. @throws the socket's error. */
export function send(endpoint: Endpoint, call: Call): Promise<IncomingMessage> {
  const { method, headers, signal } = call;
  const where =
    endpoint.kind === 'socket'
      ? { socketPath: endpoint.path, path: call.path, host: 'localhost' }
      : locate(endpoint.url, call.path);
  const request = 'protocol' in where && where.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...where, method, headers, signal }, resolve);
    outgoing.setTimeout(call.idleMs, () => {
      outgoing.destroy(Object.assign(new Error(`no answer in ${call.idleMs} ms`), IDLE));
    });
    outgoing.on('error', reject);
    outgoing.end(call.body);
  });
}

const IDLE = { code: 'ETIMEDOUT' };

function locate(base: string, path: string) {
  const url = new URL(base);
  const prefix = url.pathname.replace(/\/$/, '');
  const { protocol, port } = url;
  return { protocol, hostname: url.hostname.replace(/^\[|\]$/g, ''), port, path: prefix + path };
}

const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/** @throws Error when the body is longer than 64 MiB. */
export async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += (chunk as Buffer).length;
    if (size > BODY_LIMIT_BYTES) throw new Error('the answer is longer than 64 MiB');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
