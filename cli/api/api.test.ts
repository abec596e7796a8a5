import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Credentials } from '../credentials.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { type StubAnswer, type StubRequest, stubServer } from '../testing/stub-server.ts';
import { AdminSocket } from './admin.ts';
import { Api, ApiError } from './client.ts';
import { connect, normalServer } from './connect.ts';
import { wakeups } from './wakeups.ts';

const never = new AbortController().signal;
const page = (items: readonly number[], next: string | null): StubAnswer => ({
  json: { items, next },
});

function bearer(request: StubRequest): string | undefined {
  return request.headers.authorization;
}

describe('the API', () => {
  it('is read page by page, up to a limit', async () => {
    await using server = await stubServer(({ path }) => {
      if (path === '/api/v1/apps?limit=500') return page([1, 2], 'two');
      if (path === '/api/v1/apps?limit=500&cursor=two') return page([3], null);
      if (path === '/api/v1/apps?limit=1') return page([1], 'one');
      return undefined;
    });
    const api = new Api({ endpoint: { kind: 'url', url: server.url }, signal: never });
    expect(await api.list('/apps')).toEqual([1, 2, 3]);
    expect(await api.list('/apps', 1)).toEqual([1]);
  });

  it('below a path of its own is found there', async () => {
    await using server = await stubServer(({ path }) =>
      path === '/skep/api/v1/status' ? { json: 'here' } : undefined,
    );
    const endpoint = { kind: 'url', url: `${server.url}/skep` } as const;
    expect(await new Api({ endpoint, signal: never }).get('/status')).toBe('here');
  });

  it('says what a problem document says, and what to do', async () => {
    const json = { title: 'Not allowed', status: 403, detail: 'You may not.', code: 'A_FORBIDDEN' };
    await using server = await stubServer(() => ({ status: 403, json }));
    const api = new Api({ endpoint: { kind: 'url', url: server.url }, signal: never });
    const error = await api.get('/x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ message: 'You may not.', problem: { code: 'A_FORBIDDEN' } });
    expect((error as ApiError).hint).toContain('role');
  });

  it('answers that are no problem documents are told by their number', async () => {
    await using server = await stubServer(() => ({ status: 502, json: '<html>' }));
    const api = new Api({ endpoint: { kind: 'url', url: server.url }, signal: never });
    await expect(api.get('/x')).rejects.toThrow('the server answered 502');
  });

  it('has nothing where it has no such thing', async () => {
    await using server = await stubServer(() => undefined);
    const api = new Api({ endpoint: { kind: 'url', url: server.url }, signal: never });
    expect(await api.find('/x')).toBeUndefined();
  });

  it('that is out of reach is named with its address', async () => {
    const api = new Api({ endpoint: { kind: 'url', url: 'http://127.0.0.1:1' }, signal: never });
    await expect(api.get('/x')).rejects.toThrow('no answer from http://127.0.0.1:1: ECONNREFUSED');
  });

  it('gets a new access token when the old one has run out, once, and keeps it', async () => {
    await using server = await stubServer((request) => {
      if (request.path === '/api/v1/refresh') {
        const next = { accessToken: 'new', refreshToken: 'r2', expiresInS: 900 };
        return request.body === '{"refreshToken":"r1"}'
          ? { json: next }
          : { status: 401, json: {} };
      }
      return bearer(request) === 'Bearer new' ? { json: 'in' } : { status: 401, json: {} };
    });
    using terminal = fakeTerminal();
    const credentials = new Credentials(terminal.env);
    credentials.save(server.url, { user: 'ada', accessToken: 'old', refreshToken: 'r1' });
    const api = connect(terminal, {});
    expect(await api.get('/status')).toBe('in');
    expect(credentials.login(server.url)).toEqual({
      user: 'ada',
      accessToken: 'new',
      refreshToken: 'r2',
    });
    expect(server.requests).toHaveLength(3);
  });

  it('asks for a login when the session is over', async () => {
    await using server = await stubServer(() => ({
      status: 401,
      json: { title: 'Not signed in' },
    }));
    using terminal = fakeTerminal({ env: { SKEP_SERVER: server.url, SKEP_TOKEN: 't' } });
    const error = await connect(terminal, {})
      .get('/status')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: 'Not signed in', hint: 'log in with `skep login`' });
    expect(bearer(server.requests[0] as StubRequest)).toBe('Bearer t');
  });
});

describe('the server that is meant', () => {
  it('is the flag, then SKEP_SERVER, then that of the last login', async () => {
    using terminal = fakeTerminal({ env: { SKEP_SERVER: 'https://b.example', SKEP_TOKEN: 't' } });
    new Credentials(terminal.env).save('https://c.example', { user: 'u', accessToken: 't' });
    expect(connect(terminal, { server: 'https://a.example' }).address).toBe('https://a.example');
    expect(connect(terminal, {}).address).toBe('https://b.example');
    const unset = { ...terminal, env: { ...terminal.env, SKEP_SERVER: '' } };
    expect(connect(unset, {}).address).toBe('https://c.example');
  });

  it('is written in one way', () => {
    expect(normalServer('https://Skep.Example:443/')).toBe('https://skep.example');
    expect(() => normalServer('skep.example')).toThrow("not a server's URL");
    expect(() => normalServer('file:///etc')).toThrow("not a server's URL");
  });

  it('needs a login, but not of the operator on the machine itself', async () => {
    using terminal = fakeTerminal();
    expect(() => connect(terminal, {})).toThrow('not logged in to http://127.0.0.1:7420');
    const path = join(terminal.cwd, 'admin.sock');
    await using socket = await stubServer(() => ({ json: 'operator' }), path);
    expect(await connect(terminal, {}).get('/status')).toBe('operator');
    expect(socket.requests[0]?.headers.authorization).toBeUndefined();
    expect(() => connect(terminal, { server: 'https://a.example' })).toThrow('not logged in');
  });

  it('takes a token from a file, and says when it cannot', () => {
    using terminal = fakeTerminal();
    const file = join(terminal.cwd, 'token');
    writeFileSync(file, 'secret\n');
    const env = { ...terminal.env, SKEP_TOKEN_FILE: file, SKEP_SERVER: 'https://a.example' };
    expect(connect({ ...terminal, env }, {}).address).toBe('https://a.example');
    const gone = { ...env, SKEP_TOKEN_FILE: '/nowhere' };
    expect(() => connect({ ...terminal, env: gone }, {})).toThrow('SKEP_TOKEN_FILE cannot be read');
  });
});

describe('kept logins', () => {
  it('are readable by their owner alone, and forgotten one by one', () => {
    using terminal = fakeTerminal();
    const credentials = new Credentials(terminal.env);
    credentials.save('https://a.example', { user: 'a', accessToken: '1' });
    credentials.save('https://b.example', { user: 'b', accessToken: '2' });
    expect(statSync(credentials.path).mode & 0o777).toBe(0o600);
    expect(credentials.current()).toBe('https://b.example');
    credentials.forget('https://b.example');
    expect(credentials.current()).toBeUndefined();
    expect(credentials.login('https://a.example')?.accessToken).toBe('1');
    expect(credentials.login('constructor')).toBeUndefined();
    expect(JSON.parse(readFileSync(credentials.path, 'utf8')).servers).not.toHaveProperty('b');
  });

  it('follow XDG_CONFIG_HOME', () => {
    using terminal = fakeTerminal({ env: { XDG_CONFIG_HOME: '/x' } });
    expect(new Credentials(terminal.env).path).toBe('/x/skep/credentials.json');
  });

  it('that are damaged are said to be', () => {
    using terminal = fakeTerminal();
    const credentials = new Credentials(terminal.env);
    mkdirSync(join(terminal.cwd, '.config/skep'), { recursive: true });
    writeFileSync(credentials.path, '{');
    expect(() => credentials.current()).toThrow('is not JSON');
  });

  it('that cannot be written are said to be', () => {
    using terminal = fakeTerminal();
    writeFileSync(join(terminal.cwd, '.config'), '');
    const credentials = new Credentials(terminal.env);
    expect(() => credentials.save('https://a.example', { user: 'a', accessToken: '1' })).toThrow();
    chmodSync(join(terminal.cwd, '.config'), 0o600);
  });
});

describe("the operator's socket", () => {
  it('takes acts, and says why it does not', async () => {
    using terminal = fakeTerminal();
    expect(() => AdminSocket.open(terminal, undefined)).toThrow("no controller's socket");
    const path = join(terminal.cwd, 'admin.sock');
    await using _socket = await stubServer(
      (request) => (request.path === '/admin/v1/ok' ? { status: 201, json: 1 } : undefined),
      path,
    );
    const admin = AdminSocket.open(terminal, undefined);
    expect(await admin.post('/ok', {})).toBe(1);
    await expect(admin.post('/other', {})).rejects.toThrow('There is nothing here.');
  });
});

describe('waking up', () => {
  it('is at once, and again when an event comes', async () => {
    await using server = await stubServer(() => ({ events: 'id: 1\ndata: {}\n\n' }));
    const api = new Api({ endpoint: { kind: 'url', url: server.url }, signal: never });
    const stop = new AbortController();
    const startedAt = performance.now();
    let times = 0;
    for await (const _wake of wakeups(api, stop.signal)) {
      times += 1;
      if (times === 2) stop.abort();
    }
    expect(times).toBe(2);
    // Earlier than the poll, so it was the event.
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('goes on by polling where there are no events', async () => {
    await using server = await stubServer(() => undefined);
    const api = new Api({ endpoint: { kind: 'url', url: server.url }, signal: never });
    const stop = new AbortController();
    let times = 0;
    for await (const _wake of wakeups(api, stop.signal)) {
      times += 1;
      if (times === 2) break;
    }
    expect(times).toBe(2);
    stop.abort();
  });
});
