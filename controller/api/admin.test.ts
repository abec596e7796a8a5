import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../schemas/domain/index.ts';
import { type ApiFixture, anAppStatus, startApiFixture } from '../testing/api-fixture.ts';
import { type AdminSocket, type OperatorActs, startAdminSocket } from './admin.ts';

let dataDir: string;
let api: ApiFixture;
let socket: AdminSocket;
let done: string[];
let auditFails: boolean;
const acts: OperatorActs = {
  createJoinToken: async (host, ttlMs) => {
    done.push(`token ${host} ${ttlMs}`);
    return 'the-token';
  },
  revokeHost: async (host) => {
    done.push(`revoke ${host}`);
  },
  takeOver: async () => {
    done.push('take over');
    return 7n;
  },
};
const start = () =>
  startAdminSocket({
    dataDir,
    acts,
    deps: {
      ...api.deps,
      addAudit: (entry) =>
        auditFails ? Promise.reject(new Failure('StoreFull', 'full')) : api.store.addAudit(entry),
    },
  });

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'skep-adm-'));
  done = [];
  auditFails = false;
  api = await startApiFixture();
  socket = await start();
});
afterEach(async () => {
  await socket.stop();
  await api.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function ask(method: string, path: string, body?: unknown, type = 'application/json') {
  const headers = body === undefined ? {} : { 'Content-Type': type };
  const call = request({ socketPath: socket.path, method, path, headers, agent: false });
  call.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode, body: text === '' ? null : (JSON.parse(text) as unknown) };
}
const audited = async () =>
  (await api.store.audit({ after: null, limit: 9, accept: () => true })).items.map(
    ({ actor, action, subject }) => `${actor} ${action} ${subject}`,
  );

describe('the socket', () => {
  test('is for its owner alone, and leaves nothing else behind', () => {
    expect(statSync(socket.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['admin.sock']);
  });

  test('tells that the controller is alive, also with TLS or no way in elsewhere', async () => {
    expect(await ask('GET', '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  });

  test('is gone after a stop', async () => {
    await socket.stop();
    expect(existsSync(socket.path)).toBe(false);
  });

  test('of a running controller is not taken away', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'AdminSocketInUse', retry: 'never' });
    expect((await ask('GET', '/api/v1/status')).status).toBe(200);
  });

  test('that a killed controller left is replaced', async () => {
    await socket.stop();
    const left = createServer().listen(socket.path);
    await once(left, 'listening');
    // A close takes the file away, a kill does not.
    const kept = `${socket.path}.kept`;
    renameSync(socket.path, kept);
    left.close();
    await once(left, 'close');
    renameSync(kept, socket.path);
    socket = await start();
    expect((await ask('GET', '/api/v1/status')).status).toBe(200);
  });

  test('under a path that is too long is a clear failure', async () => {
    const long = join(dataDir, 'x'.repeat(100));
    mkdirSync(long);
    await expect(startAdminSocket({ dataDir: long, acts, deps: api.deps })).rejects.toMatchObject({
      code: 'AdminSocketPath',
      message: expect.stringContaining('shorter'),
    });
    expect(readdirSync(long)).toEqual([]);
  });
});

describe('the operator', () => {
  test('reads everything without a login', async () => {
    await api.store.putApp(anAppStatus('shop', 'web'));
    api.setDesired(undefined);
    const { status, body } = await ask('GET', '/api/v1/apps');
    expect(status).toBe(200);
    expect(body).toMatchObject({ items: [{ id: 'shop/web' }] });
  });

  test.each([
    [undefined, 1_800_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
  ])('makes a join token with the life %s', async (ttl, ttlMs) => {
    const answer = await ask('POST', '/admin/v1/join-tokens', { host: 'web-01', ttl });
    const expiresAt = new Date(api.clock.now() + ttlMs).toISOString();
    expect(answer).toEqual({
      status: 201,
      body: { host: 'web-01', token: 'the-token', expiresAt },
    });
    expect(done).toEqual([`token web-01 ${ttlMs}`]);
    expect(await audited()).toEqual(['operator join-token.create host:web-01']);
  });

  test.each([
    { host: 'Web' },
    { host: '../x' },
    { host: 'web', ttl: '25h' },
    { host: 'web', ttl: '0s' },
    { host: 'web', ttl: 30 },
    { host: 'web', x: 1 },
    {},
  ])('gets no join token for %j', async (body) => {
    expect((await ask('POST', '/admin/v1/join-tokens', body)).status).toBe(400);
    expect(done).toEqual([]);
  });

  test('revokes a host', async () => {
    expect((await ask('POST', '/admin/v1/hosts/web-01/revoke', {})).status).toBe(200);
    expect(done).toEqual(['revoke web-01']);
    expect(await audited()).toEqual(['operator host.revoke host:web-01']);
  });

  test('takes over', async () => {
    const { body } = await ask('POST', '/admin/v1/take-over', {});
    expect(body).toEqual({ epoch: '7' });
    expect(await audited()).toEqual(['operator controller.take-over controller']);
  });

  test('does nothing that can not be audited', async () => {
    auditFails = true;
    const { status } = await ask('POST', '/admin/v1/hosts/web-01/revoke', {});
    expect(status).toBe(503);
    expect(done).toEqual([]);
  });

  test('finds no act on the network', async () => {
    for (const path of ['join-tokens', 'hosts/web-01/revoke', 'take-over']) {
      expect((await api.post(`/admin/v1/${path}`, {}, 'root')).status).toBe(405);
    }
    expect(done).toEqual([]);
  });
});
