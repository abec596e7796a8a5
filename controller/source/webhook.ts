import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { FailureBudget } from './failure-budget.ts';
import { bodyVerifier, signatureOf } from './webhook-signature.ts';

export interface WebhookOptions {
  /** Undefined = there is no such hook. */
  readonly secret: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for every request that is signed well. It is a poke: nothing of the body is used. */
  readonly onPoke: () => void;
}

export type WebhookHandler = (request: IncomingMessage, response: ServerResponse) => void;

const WEBHOOK_PATH = '/hooks/generic';
/** What the largest senders may send. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;
const BODY_TIMEOUT_MS = 30_000;
const MAX_BODIES = 32;
const WRONG_PER_MINUTE = 60;
const MAX_CLIENTS = 10_000;

const TITLES: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

type Refusal = readonly [status: number, detail: string];
const TOO_LARGE: Refusal = [413, `at most ${MAX_BODY_BYTES} bytes are taken`];
const TOO_SLOW: Refusal = [408, 'the body came too slowly'];

/**
 * `POST /hooks/generic`, signed with HMAC-SHA256 over the raw body. The body streams through the
 * HMAC and is neither kept nor parsed, so that a large or hostile one costs nothing.
 */
export function createWebhook(options: WebhookOptions): WebhookHandler {
  const wrong = new FailureBudget({
    perMinute: WRONG_PER_MINUTE,
    maxClients: MAX_CLIENTS,
    now: () => options.clock.now(),
  });
  let bodies = 0;

  return (request, response) => {
    const { secret } = options;
    const client = request.socket.remoteAddress ?? '';
    const refuse = ([status, detail]: Refusal) => problem(response, status, detail);
    if (secret === undefined) return refuse([404, 'no webhook secret is configured']);
    const signature = judgeHead(request);
    if (!Buffer.isBuffer(signature)) return refuse(signature);
    if (wrong.isSpent(client)) return refuse([429, 'too many wrong signatures']);
    if (bodies >= MAX_BODIES) return refuse([503, 'too many requests at once']);
    bodies += 1;
    const verifier = bodyVerifier(secret, signature);
    void readBody(request, options.clock, (chunk) => verifier.update(chunk)).then((end) => {
      bodies -= 1;
      if (end === 'broken') return response.destroy();
      if (end !== 'complete') return refuse(end === 'too-slow' ? TOO_SLOW : TOO_LARGE);
      if (!verifier.matches()) {
        wrong.charge(client);
        options.logger.warn({ client }, 'webhook with a wrong signature refused');
        return refuse([401, 'the signature does not match']);
      }
      answer(response, 202, 'application/json', { triggered: true });
      options.onPoke();
    });
  };
}

/** What the head alone tells; a request without a good signature costs no more than this. */
function judgeHead(request: IncomingMessage): Buffer | Refusal {
  if (request.url?.split('?', 1)[0] !== WEBHOOK_PATH) return [404, 'no such hook'];
  if (request.method !== 'POST') return [405, 'only POST is taken here'];
  const signature = signatureOf(request.headers);
  if (!signature) return [401, 'exactly one X-Hub-Signature-256 header is needed'];
  const length = Number(request.headers['content-length'] ?? 0);
  return length > MAX_BODY_BYTES ? TOO_LARGE : signature;
}

type BodyEnd = 'complete' | 'too-large' | 'too-slow' | 'broken';

function readBody(
  request: IncomingMessage,
  clock: Clock,
  onChunk: (chunk: Uint8Array) => void,
): Promise<BodyEnd> {
  return new Promise((resolve) => {
    let bytes = 0;
    // `close` follows every other end; the first one counts.
    const finish = (end: BodyEnd) => {
      cancel();
      request.off('data', onData);
      resolve(end);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) finish('too-large');
      else onChunk(chunk);
    };
    const cancel = clock.setTimer(BODY_TIMEOUT_MS, () => finish('too-slow'));
    request.on('data', onData);
    request.once('end', () => finish('complete'));
    request.once('error', () => finish('broken'));
    request.once('close', () => finish('broken'));
  });
}

/** A refused request may still be sending: its connection is closed with the answer. */
function problem(response: ServerResponse, status: number, detail: string): void {
  response.setHeader('connection', 'close');
  if (status === 405) response.setHeader('allow', 'POST');
  const title = TITLES[status] ?? 'Error';
  const body = { type: 'about:blank', title, status, detail };
  answer(response, status, 'application/problem+json', body);
}

function answer(response: ServerResponse, status: number, type: string, body: object): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
