import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Koa from 'koa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ApiServer, SERVER_LIMITS, startApiServer } from './server.ts';

let server: ApiServer;
function echo(): Koa {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx) => {
    if (ctx.path === '/slow') await new Promise(() => {});
    for await (const _ of ctx.req);
    ctx.body = 'api';
  });
  return app;
}

beforeEach(async () => {
  const app = echo();
  const hooks = {
    prefix: '/hooks/',
    handler: (_: unknown, response: { end(text: string): void }) => response.end('hook'),
  };
  server = await startApiServer(app, { listen: '127.0.0.1:0', mounts: [hooks] });
});
afterEach(async () => {
  await server.stop();
});

const rawConnection = async (): Promise<Socket> => {
  const socket = connect(server.address.port, server.address.host);
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
};
const readAll = async (socket: Socket): Promise<string> => {
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
};

test('hands mounted paths to their handler and the rest to the API', async () => {
  expect(await (await fetch(`${server.url}/hooks/generic`)).text()).toBe('hook');
  expect(await (await fetch(`${server.url}/x`)).text()).toBe('api');
});

describe('limits', () => {
  test('are the documented ones', () => {
    expect(SERVER_LIMITS).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      maxHeaderSize: 16_384,
    });
  });

  test('headers over 16 KiB end with 431', async () => {
    const socket = await rawConnection();
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('ten thousand query parameters end with 431', async () => {
    const socket = await rawConnection();
    const query = Array.from({ length: 10_000 }, (_, n) => `a${n}=1`).join('&');
    socket.write(`GET /?${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
    // The rest of the request meets a closed connection, which may overtake the answer.
    expect(await readAll(socket)).toMatch(/^$|^HTTP\/1\.1 431 /);
    expect((await fetch(`${server.url}/x`)).status).toBe(200);
  });

  test.each([
    ['headers', 'GET / HTTP/1.1\r\nHost: x\r\n'],
    ['a body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx'],
  ])('%s that never end are cut off', async (_, text) => {
    await server.stop();
    const limits = { headersTimeout: 200, requestTimeout: 300, connectionsCheckingInterval: 50 };
    server = await startApiServer(echo(), { listen: '127.0.0.1:0', limits });
    const socket = await rawConnection();
    socket.write(text);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('garbage is answered with 400 and does no harm', async () => {
    const socket = await rawConnection();
    socket.write('\x16\x03\x01\x00garbage\r\n\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${server.url}/x`)).status).toBe(200);
  });
});

test('a stop does not wait for a request that never ends', async () => {
  const answer = fetch(`${server.url}/slow`).catch(() => 'cut');
  await rawConnection();
  const start = performance.now();
  await server.stop();
  expect(performance.now() - start).toBeLessThan(4_000);
  expect(await answer).toBe('cut');
});

test('an address in use is a failure that names it', async () => {
  const listen = `127.0.0.1:${server.address.port}`;
  await expect(startApiServer(new Koa(), { listen })).rejects.toMatchObject({
    code: 'ListenFailed',
    message: expect.stringContaining(listen),
  });
});
