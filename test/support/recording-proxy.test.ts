import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { on } from './engine-fault.ts';
import { temporaryDirectory } from './git.ts';
import { describeRequests, isMutating, splitTarget } from './recorded-request.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { until } from './until.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An engine that keeps what it did, and a proxy before it. */
async function aProxy(listener?: RequestListener, keepBodies = false) {
  const directory = await temporaryDirectory();
  cleanups.push(() => directory.remove());
  const done: string[] = [];
  const socketPath = join(directory.path, 'engine.sock');
  const server = createServer((request, response) => {
    if (listener) return listener(request, response);
    void text(request).then((body) => {
      done.push(`${request.method} ${request.url} ${body}`.trim());
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ path: request.url, body }));
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  cleanups.push(() => closed(server));
  const proxy = await RecordingProxy.start({
    engine: `unix://${socketPath}`,
    socketPath: join(directory.path, 'proxy.sock'),
    keepBodies,
  });
  cleanups.push(() => proxy.stop());
  return { proxy, done, server };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function open(
  proxy: RecordingProxy,
  method: string,
  path: string,
  body?: string,
): Promise<IncomingMessage> {
  const socketPath = proxy.dockerHost.slice('unix://'.length);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath, method, path }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function call(
  proxy: RecordingProxy,
  method: string,
  path: string,
  body?: string,
): Promise<[status: number | undefined, body: string]> {
  const answer = await open(proxy, method, path, body);
  return [answer.statusCode, await text(answer)];
}

describe('the proxy', () => {
  it('passes requests on and keeps a record of them', async () => {
    const { proxy, done } = await aProxy();
    const answer = await call(proxy, 'POST', '/v1.50/containers/create?name=web', '{"Image":"a"}');
    expect(answer).toEqual([
      200,
      '{"path":"/v1.50/containers/create?name=web","body":"{\\"Image\\":\\"a\\"}"}',
    ]);
    await call(proxy, 'GET', '/_ping');
    expect(done).toEqual(['POST /v1.50/containers/create?name=web {"Image":"a"}', 'GET /_ping']);
    expect(proxy.requests()).toMatchObject([
      { number: 1, method: 'POST', path: '/containers/create', query: 'name=web', status: 200 },
      { number: 2, method: 'GET', path: '/_ping', query: '', status: 200 },
    ]);
    expect(describeRequests(proxy.mutating())).toBe('POST /containers/create name=web -> 200');
  });

  it('keeps the bodies of what may change something, where it is told to', async () => {
    const { proxy } = await aProxy(undefined, true);
    await call(proxy, 'POST', '/v1.41/containers/create?name=a', '{"Image":"x"}');
    await call(proxy, 'GET', '/containers/json', '{}');
    expect(proxy.requests().map(({ body }) => body)).toEqual(['{"Image":"x"}', undefined]);
  });

  it('tells what came after a mark', async () => {
    const { proxy } = await aProxy();
    await call(proxy, 'DELETE', '/containers/a');
    const mark = proxy.mark();
    await call(proxy, 'GET', '/containers/json');
    expect([proxy.requests(mark).length, proxy.mutating(mark).length]).toEqual([1, 0]);
  });

  it('streams in both directions, the head before the first byte', async () => {
    const { proxy } = await aProxy((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      setTimeout(() => response.write('one\n'), 20);
      setTimeout(() => response.end('two\n'), 60);
    });
    const answer = await open(proxy, 'GET', '/events');
    const chunks: string[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
    await until(() => answer.readableEnded, { what: 'the end of the stream' });
    expect(chunks).toEqual(['one\n', 'two\n']);
  });

  it('tells the engine when a client goes away', async () => {
    let gone = false;
    const { proxy } = await aProxy((_request, response) => {
      response.flushHeaders();
      response.on('close', () => {
        gone = true;
      });
    });
    (await open(proxy, 'GET', '/events')).destroy();
    await until(() => gone, { what: 'the engine sees the client go' });
  });

  it('hands a hijacked connection through', async () => {
    const { proxy, server } = await aProxy();
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nconnection: Upgrade\r\nupgrade: tcp\r\n\r\nhello ');
      socket.on('data', (chunk: Buffer) => socket.end(chunk.toString('utf8').toUpperCase()));
    });
    const client = connect(proxy.dockerHost.slice('unix://'.length));
    const head = 'POST /v1.50/containers/a/attach HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n';
    client.write(`${head}connection: Upgrade\r\nupgrade: tcp\r\n\r\n`);
    client.write('bo');
    client.write('dyshout');
    const answer = await text(client);
    expect(answer).toContain('101 UPGRADED');
    expect(answer.endsWith('hello SHOUT')).toBe(true);
    expect(proxy.requests()).toMatchObject([{ path: '/containers/a/attach', status: 101 }]);
    expect(proxy.mutating()).toEqual([]);
  });

  it('cuts every open connection on demand', async () => {
    const { proxy } = await aProxy((_request, response) => response.flushHeaders());
    const answer = await open(proxy, 'GET', '/events');
    proxy.cutConnections();
    await expect(text(answer)).rejects.toThrow('aborted');
  });
});

describe('a fault', () => {
  const path = '/containers/create';

  it('answers before the engine hears of it', async () => {
    const { proxy, done } = await aProxy();
    proxy.inject({
      matches: on('POST', path),
      fault: { kind: 'status', when: 'before', status: 500 },
    });
    expect(await call(proxy, 'POST', path, '{}')).toEqual([500, '{"message":"injected fault"}']);
    expect(done).toEqual([]);
    expect((await call(proxy, 'POST', path, '{}'))[0]).toBe(200);
  });

  it('answers after the engine has done it', async () => {
    const { proxy, done } = await aProxy();
    proxy.inject({
      matches: on('POST', path),
      fault: { kind: 'status', when: 'after', status: 500 },
    });
    expect((await call(proxy, 'POST', path, '{}'))[0]).toBe(500);
    expect(done).toEqual([`POST ${path} {}`]);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('ends the connection %s', async (when, count) => {
    const { proxy, done } = await aProxy();
    proxy.inject({ matches: on('POST', path), fault: { kind: 'eof', when } });
    await expect(call(proxy, 'POST', path, '{}')).rejects.toThrow('socket hang up');
    expect(done).toHaveLength(count);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('hangs %s until connections are cut', async (when, count) => {
    const { proxy, done } = await aProxy();
    proxy.inject({ matches: on('POST', path), fault: { kind: 'hang', when } });
    const answer = expect(call(proxy, 'POST', path, '{}')).rejects.toThrow('socket hang up');
    await until(() => proxy.requests().length === 1 && done.length === count, { what: 'the call' });
    expect((await call(proxy, 'GET', '/_ping'))[0]).toBe(200);
    proxy.cutConnections();
    await answer;
  });

  it('truncates an answer', async () => {
    const { proxy, done } = await aProxy();
    proxy.inject({ matches: on('GET', '/info'), fault: { kind: 'truncate' } });
    await expect(call(proxy, 'GET', '/info')).rejects.toThrow('aborted');
    expect(done).toEqual(['GET /info']);
  });

  it('mutes a stream, which stays open', async () => {
    const { proxy, done } = await aProxy();
    proxy.inject({ matches: on('GET', '/events'), fault: { kind: 'mute' } });
    const answer = await open(proxy, 'GET', '/events');
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    expect((await call(proxy, 'GET', '/_ping'))[0]).toBe(200);
    expect(done).toEqual(['GET /events', 'GET /_ping']);
    expect([answer.statusCode, bytes, answer.readableEnded]).toEqual([200, 0, false]);
  });

  it('delays a request', async () => {
    const { proxy } = await aProxy();
    proxy.inject({ matches: on('GET', '/info'), fault: { kind: 'delay', ms: 60 } });
    const begun = performance.now();
    await call(proxy, 'GET', '/info');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(55);
  });

  it('strikes as often as it was told to, or until it is removed', async () => {
    const { proxy } = await aProxy();
    const fault = { kind: 'status', when: 'before', status: 409 } as const;
    proxy.inject({ matches: on('GET', /^\/a/), times: 2, fault });
    const remove = proxy.inject({ matches: on('GET', /^\/b/), times: Infinity, fault });
    const statuses = async (target: string) => {
      const found = [];
      for (let count = 0; count < 4; count += 1) found.push((await call(proxy, 'GET', target))[0]);
      return found;
    };
    expect(await statuses('/a')).toEqual([409, 409, 200, 200]);
    expect(await statuses('/b')).toEqual([409, 409, 409, 409]);
    remove();
    expect((await call(proxy, 'GET', '/b'))[0]).toBe(200);
  });
});

describe('a recorded request', () => {
  it.each([
    ['GET', '/containers/json', false],
    ['HEAD', '/_ping', false],
    ['POST', '/containers/create', true],
    ['POST', '/containers/a/start', true],
    ['POST', '/containers/a/wait', false],
    ['POST', '/containers/a/attach', false],
    ['POST', '/auth', false],
    ['DELETE', '/containers/a', true],
    ['PUT', '/containers/a/archive', true],
    ['POST', '/images/create', true],
    ['DELETE', '/containers/wait', true],
  ])('%s %s may change something: %s', (method, path, mutating) => {
    expect(isMutating({ method, path })).toBe(mutating);
  });

  it.each([
    ['/v1.41/containers/json?all=1&x=?', '/containers/json', 'all=1&x=?'],
    ['/_ping', '/_ping', ''],
    ['/v1.50', '/v1.50', ''],
  ])('%s is %s with the query %j', (target, path, query) => {
    expect(splitTarget(target)).toEqual({ path, query });
  });
});
