import { createHmac } from 'node:crypto';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../kit/clock.ts';
import { silentLogger } from '../../kit/logger.ts';
import { until } from '../../test/support/until.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { createWebhook } from './webhook.ts';

const AT = { host: '127.0.0.1', method: 'POST', path: '/hooks/generic' };
const SECRET = 'a secret of some length';
const BODY = '{"ref":"refs/heads/main"}';
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Hook {
  readonly port: number;
  pokes(): number;
}

async function aHook(options: { secret?: string | undefined; clock?: Clock } = {}): Promise<Hook> {
  let pokes = 0;
  const secret = 'secret' in options ? options.secret : SECRET;
  const onPoke = () => {
    pokes += 1;
  };
  const clock = options.clock ?? systemClock;
  const server = createServer(createWebhook({ secret, clock, logger: silentLogger, onPoke }));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, pokes: () => pokes };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

interface Sent {
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly method?: string;
  readonly path?: string;
}

function send(hook: Hook, sent: Sent = {}): Promise<Answer> {
  const { body = BODY, headers = {}, method = 'POST', path = '/hooks/generic' } = sent;
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: hook.port, method, path };
    const outgoing = httpRequest({ ...options, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const hex = (body: string | Buffer, secret = SECRET, algorithm = 'sha256') =>
  createHmac(algorithm, secret).update(body).digest('hex');
const signed = (body: string | Buffer = BODY) => ({ 'x-hub-signature-256': `sha256=${hex(body)}` });

describe('a signed webhook', () => {
  it.each(['x-hub-signature-256', 'x-skep-signature'])('pokes once, signed by %s', async (name) => {
    const hook = await aHook();
    const answer = await send(hook, { headers: { [name]: `sha256=${hex(BODY)}` } });
    expect([answer.status, answer.body, hook.pokes()]).toEqual([202, '{"triggered":true}', 1]);
  });

  it('is a poke whatever its body says, even nothing or no JSON', async () => {
    const hook = await aHook();
    for (const body of ['', 'not json', '['.repeat(100_000)]) {
      expect((await send(hook, { body, headers: signed(body) })).status).toBe(202);
    }
    expect(hook.pokes()).toBe(3);
  });
});

describe('a webhook that is not signed well', () => {
  const sha1 = { 'x-hub-signature': `sha1=${hex(BODY, SECRET, 'sha1')}` };
  const right = `sha256=${hex(BODY)}`;
  it.each<[string, Record<string, string | string[]>]>([
    ['no signature', {}],
    ['SHA-1 only', sha1],
    ['SHA-1 in the place of SHA-256', { 'x-hub-signature-256': sha1['x-hub-signature'] }],
    ['another secret', { 'x-hub-signature-256': `sha256=${hex(BODY, 'other')}` }],
    ['a re-serialised body', { 'x-hub-signature-256': `sha256=${hex(`${BODY} `)}` }],
    ['a truncated signature', { 'x-hub-signature-256': right.slice(0, -2) }],
    ['upper-case digits', { 'x-hub-signature-256': right.toUpperCase().replace('SHA', 'sha') }],
    ['no prefix', { 'x-hub-signature-256': hex(BODY) }],
    ['the header twice', { 'x-hub-signature-256': [right, right] }],
    ['both headers', { 'x-hub-signature-256': right, 'x-skep-signature': right }],
  ])('is refused: %s', async (_what, headers) => {
    const hook = await aHook();
    const answer = await send(hook, { headers });
    expect([answer.status, hook.pokes()]).toEqual([401, 0]);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ title: 'Unauthorized', status: 401 });
  });

  it('is refused before its body is read when it has no signature', async () => {
    const hook = await aHook();
    const answer = await send(hook, { headers: { 'content-length': '1000000' }, body: 'x' });
    expect(answer.status).toBe(401);
  });

  it('runs out of tries, one client for itself', async () => {
    const clock = new DrivenClock();
    const hook = await aHook({ clock });
    const wrong = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
    const statuses = new Set<number>();
    for (let count = 0; count < 60; count += 1)
      statuses.add((await send(hook, { headers: wrong })).status);
    expect([...statuses]).toEqual([401]);
    expect((await send(hook, { headers: wrong })).status).toBe(429);
    expect((await send(hook, { headers: signed() })).status).toBe(429);
    await clock.advance(60_000);
    expect((await send(hook, { headers: signed() })).status).toBe(202);
  });
});

describe('a webhook body', () => {
  it('of more than 25 MiB is refused by its announced length', async () => {
    const hook = await aHook();
    const headers = { ...signed(), 'content-length': String(26 * 1024 * 1024) };
    expect((await send(hook, { headers, body: 'x' })).status).toBe(413);
  });

  it('of more than 25 MiB is refused while it streams', async () => {
    const hook = await aHook();
    const answer = await new Promise<number>((resolve, reject) => {
      const headers = { ...signed(), 'transfer-encoding': 'chunked' };
      const options = { ...AT, port: hook.port, headers };
      const outgoing = httpRequest(options, (response) => resolve(response.statusCode ?? 0));
      outgoing.on('error', reject);
      const chunk = Buffer.alloc(1024 * 1024);
      const feed = (left: number): void => {
        if (left > 0) outgoing.write(chunk, () => feed(left - 1));
      };
      feed(26);
    });
    expect(answer).toBe(413);
    expect(hook.pokes()).toBe(0);
  });

  it('that never ends is given up after 30 s', async () => {
    const clock = new DrivenClock();
    const hook = await aHook({ clock });
    const headers = { ...signed(), 'content-length': '100' };
    const options = { ...AT, port: hook.port, headers };
    const status = new Promise<number>((resolve, reject) => {
      const outgoing = httpRequest(options, (response) => resolve(response.statusCode ?? 0));
      outgoing.on('error', reject);
      outgoing.write('x');
    });
    await until(() => clock.pending > 0, { what: 'the deadline of the body' });
    await clock.advance(30_000);
    expect(await status).toBe(408);
  });
});

describe('the webhook', () => {
  it('does not exist without a secret', async () => {
    const hook = await aHook({ secret: undefined });
    expect((await send(hook, { headers: signed() })).status).toBe(404);
  });

  it.each(['/hooks/github', '/hooks/generic/', '/'])('is not at %s', async (path) => {
    const hook = await aHook();
    expect((await send(hook, { headers: signed(), path })).status).toBe(404);
  });

  it('takes only POST', async () => {
    const hook = await aHook();
    const answer = await send(hook, { method: 'GET', headers: signed(), body: '' });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  });
});
