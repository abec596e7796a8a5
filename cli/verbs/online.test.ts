import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RevisionStatus } from '../../schemas/domain/index.ts';
import { Credentials } from '../credentials.ts';
import { runCli } from '../run-cli.ts';
import {
  type FakeTerminal,
  type FakeTerminalOptions,
  fakeTerminal,
} from '../testing/fake-terminal.ts';
import {
  anAppStatus,
  anEntry,
  aRevision,
  aSource,
  aSummary,
  aUnit,
  NEXT_SHA,
  SHA,
} from '../testing/samples.ts';
import { type StubAnswer, type StubRequest, stubServer } from '../testing/stub-server.ts';

type Routes = Readonly<Record<string, (request: StubRequest) => StubAnswer>>;

/** Runs a verb against a server with these routes, by path without its query. */
async function withServer(
  routes: Routes,
  argv: readonly string[],
  options: FakeTerminalOptions & { prepare?: (terminal: FakeTerminal) => void } = {},
) {
  await using server = await stubServer((request) => {
    const path = request.path.replace('/api/v1', '').replace(/\?.*/, '');
    return routes[`${request.method} ${path}`]?.(request);
  });
  const env = { SKEP_SERVER: server.url, SKEP_TOKEN: 't', ...options.env };
  using terminal = fakeTerminal({ ...options, env });
  options.prepare?.(terminal);
  const exit = await runCli(argv, terminal);
  return { exit, ...terminal.printed, requests: server.requests };
}

const ok = (json: unknown) => () => ({ json });
const items = (...list: readonly unknown[]) => ok({ items: list, next: null });
const statusRoutes = (app = anAppStatus()): Routes => ({
  'GET /status': ok(aSummary()),
  'GET /apps': items(app),
  'GET /apps/web': ok(app),
  [`GET /revisions/${SHA}`]: ok(aRevision()),
});

describe('status', () => {
  it('is 0 when all is healthy', async () => {
    const { exit, out } = await withServer(statusRoutes(), ['status']);
    expect(exit).toBe(0);
    expect(out).toContain('revision    aaaaaaaaaaaa applied, 1m ago Change the greeting');
    expect(out).toContain('default/web  local  Synced  Healthy');
  });

  it('is 3 when something is not', async () => {
    const sick = anAppStatus({ health: 'Degraded', units: [aUnit({ health: 'Degraded' })] });
    expect((await withServer(statusRoutes(sick), ['status'])).exit).toBe(3);
    expect((await withServer(statusRoutes(sick), ['status', 'web'])).exit).toBe(3);
  });

  it('of one app tells everything about it', async () => {
    const { out } = await withServer(statusRoutes(), ['status', 'web']);
    expect(out).toContain('on local: Synced, Healthy');
  });

  it('as json is one document', async () => {
    const { out } = await withServer(statusRoutes(), ['status', '--format', 'json']);
    expect(JSON.parse(out)).toMatchObject({ source: { head: SHA }, apps: [{ id: 'default/web' }] });
  });

  it('of what is not there is an error', async () => {
    const { exit, err } = await withServer(statusRoutes(), ['status', 'other']);
    expect(exit).toBe(1);
    expect(err).toContain('it does not exist, or you may not read it');
  });

  it('is watched until Ctrl-C', async () => {
    let terminal: FakeTerminal | undefined;
    let looks = 0;
    const routes = {
      ...statusRoutes(),
      'GET /events': () => ({ events: 'data: {}\n\n' }),
      'GET /apps': () => {
        looks += 1;
        if (looks === 2) terminal?.interrupt();
        return { json: { items: [anAppStatus()], next: null } };
      },
    };
    const prepare = (made: FakeTerminal) => {
      terminal = made;
    };
    const { out } = await withServer(routes, ['status', '--watch'], { prepare });
    expect(looks).toBe(2);
    expect(out.match(/repository/g)).toHaveLength(1);
  });
});

describe('wait', () => {
  const revisions = (...states: readonly Partial<RevisionStatus>[]): Routes => {
    let look = 0;
    return {
      'GET /status': ok(aSummary()),
      'GET /events': () => ({ events: ': beat\n\ndata: {}\n\n' }),
      [`GET /revisions/${SHA}`]: () => {
        const state = states[Math.min(look, states.length - 1)];
        look += 1;
        return { json: aRevision(state) };
      },
      [`GET /revisions/${NEXT_SHA}`]: ok(aRevision({ sha: NEXT_SHA })),
    };
  };

  it('is 0 once the revision is applied', async () => {
    const open = { state: 'progressing', apps: [anEntry({ state: 'progressing' })] } as const;
    const { exit, out } = await withServer(revisions(open, {}), ['wait', '--rev', SHA]);
    expect(exit).toBe(0);
    expect(out).toContain('default/web@local: progressing');
    expect(out).toContain('aaaaaaaaaaaa applied in 2.5 s');
  });

  it('without --rev waits for what the controller saw last', async () => {
    const { exit, out } = await withServer(revisions({}), ['wait']);
    expect(exit).toBe(0);
    expect(out).toContain('aaaaaaaaaaaa applied');
  });

  it('is 4 when it failed', async () => {
    const failed = { state: 'failed', apps: [anEntry({ state: 'failed' })] } as const;
    const { exit, out } = await withServer(revisions(failed), ['wait', '--rev', SHA]);
    expect(exit).toBe(4);
    expect(out).toContain('see `skep why default/web`');
  });

  it('is 4 when it was refused, with its issues', async () => {
    const issue = { severity: 'error', code: 'E_X', file: 'a.yaml', line: 3, column: 1 } as const;
    const refused = { state: 'rejected', issues: [{ ...issue, path: '', message: 'no' }] } as const;
    const { exit, out } = await withServer(revisions(refused), ['wait', '--rev', SHA]);
    expect(exit).toBe(4);
    expect(out).toContain('a.yaml:3:1: E_X: no');
  });

  it('is 5 when the time runs out, and says what is open', async () => {
    const open = { state: 'progressing', apps: [anEntry({ state: 'progressing' })] } as const;
    const argv = ['wait', '--rev', SHA, '--timeout', '300ms'];
    const { exit, err } = await withServer(revisions(open), argv);
    expect(exit).toBe(5);
    expect(err).toContain(
      'not settled within 0.3 s: aaaaaaaaaaaa is progressing; open: default/web',
    );
  });

  it('waits for a revision that the controller has not seen yet', async () => {
    const { exit, err } = await withServer({}, ['wait', '--rev', SHA, '--timeout', '300ms']);
    expect(exit).toBe(5);
    expect(err).toContain('the controller has not seen it');
  });

  it('follows a superseded revision to the one that superseded it, and says so', async () => {
    const superseded = { state: 'superseded', supersededBy: NEXT_SHA, apps: [] } as const;
    const { exit, out } = await withServer(revisions(superseded), ['wait', '--rev', SHA]);
    expect(exit).toBe(0);
    expect(out).toContain('aaaaaaaaaaaa is superseded by bbbbbbbbbbbb');
    expect(out).toContain('bbbbbbbbbbbb applied');
  });

  it('outlives a controller that is away for a moment', async () => {
    let look = 0;
    const routes = {
      ...revisions({}),
      [`GET /revisions/${SHA}`]: () => {
        look += 1;
        return look === 1 ? { status: 503, json: {} } : { json: aRevision() };
      },
    };
    expect((await withServer(routes, ['wait', '--rev', SHA])).exit).toBe(0);
  });

  it('ends at once where it may not read', async () => {
    const routes = { [`GET /revisions/${SHA}`]: () => ({ status: 401, json: {} }) };
    expect((await withServer(routes, ['wait', '--rev', SHA])).exit).toBe(1);
  });

  it('knows the names that git knows, and asks a repository on this machine for its head', async () => {
    using home = fakeTerminal();
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', home.cwd, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    git('commit', '-q', '--allow-empty', '-m', 'first');
    const head = git('rev-parse', 'HEAD');
    const routes = {
      'GET /status': ok(aSummary(aSource({ repository: home.cwd, head: SHA }))),
      [`GET /revisions/${head}`]: ok(aRevision({ sha: head as typeof SHA })),
    };
    const named = await withServer(routes, ['wait', '--rev', 'HEAD'], { cwd: home.cwd });
    expect(named.exit).toBe(0);
    const newest = await withServer(routes, ['wait']);
    expect(newest.out).toContain(`${head.slice(0, 12)} applied`);
    const unknown = await withServer(routes, ['wait', '--rev', 'nope'], { cwd: home.cwd });
    expect(unknown.exit).toBe(1);
    expect(unknown.err).toContain('no commit nope');
  });

  it('asks a remote of this clone that has the very address', async () => {
    using home = fakeTerminal();
    const git = (...args: string[]) => execFileSync('git', ['-C', home.cwd, ...args]);
    git('init', '-q', '-b', 'main');
    git('remote', 'add', 'deploy', './nowhere.git');
    const routes = {
      'GET /status': ok(aSummary(aSource({ repository: './nowhere.git' }))),
      [`GET /revisions/${SHA}`]: ok(aRevision()),
    };
    // It does not answer, so what the controller saw last counts.
    expect((await withServer(routes, ['wait'], { cwd: home.cwd })).exit).toBe(0);
  });
});

const UNIT = {
  ...{ unit: 'default/web@local', app: 'default/web', host: 'local', provisional: false },
  changes: [{ service: 'web', action: 'replace', cause: 'image | changed', downtime: 'port' }],
  blockers: [],
  leftBehind: [],
  adoptions: [],
  operations: [{ id: 'x', kind: 'stop-container', resource: 'web-1', cause: 'c', dependsOn: [] }],
  text: 'default/web on local: 1 operation\n',
};
const planOf = (...units: readonly unknown[]) => ok({ revision: SHA, issues: [], units });

describe('plan', () => {
  it('is 0 when nothing would change and 2 when something would', async () => {
    const none = await withServer({ 'GET /plan': planOf() }, ['plan']);
    expect([none.exit, none.out]).toEqual([0, 'no changes\n']);
    const some = await withServer({ 'GET /plan': planOf(UNIT) }, ['plan', '--rev', SHA]);
    expect(some.exit).toBe(2);
    expect(some.out).toBe('default/web on local: 1 operation\n1 to replace, in 1 app\n');
    expect(some.requests[0]?.path).toBe(`/api/v1/plan?rev=${SHA}`);
  });

  it('is 1 when the revision has errors', async () => {
    const issue = { severity: 'error', code: 'E_X', file: 'a', line: 1, column: 1, message: 'm' };
    const routes = { 'GET /plan': ok({ revision: SHA, issues: [issue], units: [] }) };
    expect((await withServer(routes, ['plan'])).exit).toBe(1);
  });

  it('of a folder sends its texts', async () => {
    const prepare = ({ cwd }: FakeTerminal) => {
      mkdirSync(join(cwd, 'deploy'));
      writeFileSync(join(cwd, 'deploy/a.yaml'), 'a: ü\n');
      writeFileSync(join(cwd, 'deploy/b.bin'), Buffer.from([0xff, 0xfe]));
    };
    let dir = '';
    const { exit, requests } = await withServer(
      { 'POST /plan': planOf(UNIT) },
      ['plan', '--dir', 'deploy'],
      {
        prepare: (terminal) => {
          prepare(terminal);
          dir = terminal.cwd;
        },
      },
    );
    expect(existsSync(dir)).toBe(false);
    expect(exit).toBe(2);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ files: { 'a.yaml': 'a: ü\n' } });
  });

  it('as markdown is a table that text cannot break out of', async () => {
    const argv = ['plan', '--format', 'markdown'];
    const { out } = await withServer({ 'GET /plan': planOf(UNIT) }, argv);
    expect(out).toContain('| default/web | local | web | replace | port | image \\| changed |');
    expect(out).toContain('```\ndefault/web on local: 1 operation\n```');
    const fenced = await withServer({ 'GET /plan': planOf({ ...UNIT, text: 'a ``` b' }) }, argv);
    expect(fenced.out).toContain('````\na ``` b\n````');
    expect((await withServer({ 'GET /plan': planOf() }, argv)).out).toContain('No changes.');
  });

  it('shows what is blocked', async () => {
    const blockers = [{ reason: 'NameTaken', message: 'web-1 exists', service: 'web' }];
    const unit = { ...UNIT, changes: [], operations: [], blockers };
    const routes = { 'GET /plan': planOf(unit) };
    expect((await withServer(routes, ['plan'])).out).toContain('1 blocked, in 1 app');
    const { out } = await withServer(routes, ['plan', '--format', 'markdown']);
    expect(out).toContain('| blocked |  | NameTaken: web-1 exists |');
  });

  it('takes a revision or a folder, not both', async () => {
    const { exit, err } = await withServer({}, ['plan', '--rev', SHA, '--dir', '.']);
    expect(exit).toBe(1);
    expect(err).toContain('exclude each other');
  });
});

describe('reads', () => {
  const step = {
    ...{ subject: 'host web-01', reason: 'HostOffline', message: 'not connected' },
    ...{ since: '2029-12-31T23:58:00Z', clears: 'start the agent' },
  };

  it('why numbers the chain and says what clears each', async () => {
    const routes = { 'GET /apps/default%2Fweb/why': ok({ steps: [step] }) };
    const { out } = await withServer(routes, ['why', 'default/web']);
    expect(out).toBe(
      '1. host web-01: HostOffline, for 2m\n   not connected\n   clears when: start the agent\n',
    );
    const none = await withServer({ 'GET /apps/web/why': ok({ steps: [] }) }, ['why', 'web']);
    expect(none.out).toBe('nothing blocks web\n');
  });

  it('history lists revisions, or the rollouts of an app', async () => {
    const entry = {
      ...{ finishedAt: '2029-12-31T23:58:00Z', host: 'local', revision: SHA, result: 'failed' },
      ...{ reason: 'RolledBack', message: 'not healthy', operations: [1, 2] },
    };
    const routes = { 'GET /apps/web/history': items(entry), 'GET /revisions': items(aRevision()) };
    const app = await withServer(routes, ['history', 'web', '--limit', '5']);
    expect(app.out).toContain('failed  2           RolledBack: not healthy');
    expect(app.requests[0]?.path).toContain('limit=5');
    expect((await withServer(routes, ['history'])).out).toContain('Ada     Change the greeting');
    const empty = { 'GET /apps/web/history': items(), 'GET /revisions': items() };
    expect((await withServer(empty, ['history', 'web'])).out).toBe('no rollouts of web yet\n');
    expect((await withServer(empty, ['history'])).out).toBe('no revisions yet\n');
  });

  it('events are printed as they come, and go on after the last one', async () => {
    let terminal: FakeTerminal | undefined;
    const event = { id: 7, at: '2030', type: 'unit', app: 'default/web', host: 'h', message: 'm' };
    let calls = 0;
    const routes = {
      'GET /events': (request: StubRequest): StubAnswer => {
        calls += 1;
        if (calls === 1) return { events: `id: 7\ndata: ${JSON.stringify(event)}\n\n` };
        expect(request.headers['last-event-id']).toBe('7');
        return {};
      },
    };
    const prepare = (made: FakeTerminal) => {
      terminal = made;
      const out = made.out.bind(made);
      made.out = (text: string) => {
        out(text);
        terminal?.interrupt();
      };
    };
    const { exit, out } = await withServer(routes, ['events', '--since', '6'], { prepare });
    expect(exit).toBe(0);
    expect(out).toBe('2030  unit  default/web@h  m\n');
  });

  it('events end where they may not be read', async () => {
    const routes = { 'GET /events': () => ({ status: 403, json: { title: 'Not allowed' } }) };
    expect((await withServer(routes, ['events'])).exit).toBe(1);
  });

  it('hosts are listed with what is odd about them', async () => {
    const host = {
      ...{ name: 'web-01', declared: false, state: 'online', since: '2029-12-31T23:58:00Z' },
      ...{ engine: '28.5', apiVersion: '1.51', agentVersion: '0.1.0', paused: null, units: 3 },
    };
    const paused = { ...host, paused: { reason: 'disk', until: '2030' } };
    const { out } = await withServer({ 'GET /hosts': items(host, paused) }, ['host', 'list']);
    expect(out).toContain('web-01  online  2m   28.5    0.1.0  3     not declared');
    expect(out).toContain('paused: disk');
    expect((await withServer({ 'GET /hosts': items() }, ['host', 'list'])).out).toBe('no hosts\n');
  });

  it.each([
    [['why', 'web'], { 'GET /apps/web/why': ok({ steps: [] }) }],
    [['history'], { 'GET /revisions': items() }],
    [['history', 'web'], { 'GET /apps/web/history': items() }],
    [['host', 'list'], { 'GET /hosts': items() }],
    [['plan'], { 'GET /plan': planOf() }],
    [['wait', '--rev', SHA], { [`GET /revisions/${SHA}`]: ok(aRevision()) }],
  ])('%j prints json where asked', async (argv, routes: Routes) => {
    const { out } = await withServer(routes, [...argv, '--format', 'json']);
    expect(() => JSON.parse(out)).not.toThrow();
  });
});

describe('login', () => {
  const tokens = { accessToken: 'a', refreshToken: 'r', expiresInS: 900 };

  it('keeps the tokens of a good password', async () => {
    await using server = await stubServer(({ body }) =>
      body === '{"name":"ada","password":"pw"}' ? { json: tokens } : { status: 401, json: {} },
    );
    using terminal = fakeTerminal({ input: 'pw\n' });
    const argv = ['login', '--server', server.url, '--user', 'ada'];
    expect(await runCli(argv, terminal)).toBe(0);
    const credentials = new Credentials(terminal.env);
    expect(credentials.login(server.url)).toEqual({
      ...{ user: 'ada', accessToken: 'a', refreshToken: 'r' },
    });
    expect(credentials.current()).toBe(server.url);
    expect(terminal.printed.out).not.toContain('pw');
    expect(await runCli(['logout'], terminal)).toBe(0);
    expect(server.requests.at(-1)).toMatchObject({ path: '/api/v1/logout' });
    expect(credentials.login(server.url)).toBeUndefined();
  });

  it('asks on a terminal', async () => {
    await using server = await stubServer(() => ({ json: tokens }));
    const options = { inputIsTerminal: true, answers: ['ada', 'pw'] };
    using terminal = fakeTerminal({ ...options, env: { SKEP_SERVER: server.url } });
    expect(await runCli(['login'], terminal)).toBe(0);
    expect(server.requests[0]?.body).toBe('{"name":"ada","password":"pw"}');
  });

  it('keeps nothing of a wrong one', async () => {
    const json = { title: 'Not signed in', detail: 'The name or the password is wrong.' };
    await using server = await stubServer(() => ({ status: 401, json }));
    using terminal = fakeTerminal({ input: 'pw' });
    expect(await runCli(['login', '--server', server.url, '--user', 'ada'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('The name or the password is wrong.');
    expect(new Credentials(terminal.env).login(server.url)).toBeUndefined();
  });

  it('sends no password over a network in plain', async () => {
    using terminal = fakeTerminal({ input: 'pw' });
    const argv = ['login', '--server', 'http://skep.example', '--user', 'ada'];
    expect(await runCli(argv, terminal)).toBe(1);
    expect(terminal.printed.err).toContain('would carry the password in plain');
  });

  it('needs a name without a terminal', async () => {
    using terminal = fakeTerminal({ input: 'pw' });
    expect(await runCli(['login'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('--user is required');
  });

  it('out of a server that is away still forgets', async () => {
    using terminal = fakeTerminal();
    const server = 'http://127.0.0.1:1';
    new Credentials(terminal.env).save(server, { user: 'a', accessToken: '1', refreshToken: '2' });
    expect(await runCli(['logout'], terminal)).toBe(0);
    expect(terminal.printed.err).toContain('was not reached');
    expect(await runCli(['logout', '--server', server], terminal)).toBe(0);
    expect(terminal.printed.out).toContain('was not logged in');
  });
});

describe('host', () => {
  it('add prints one join line for each host and writes its document once', async () => {
    using terminal = fakeTerminal();
    const socket = join(terminal.cwd, 'admin.sock');
    await using server = await stubServer(
      ({ body }) => ({ status: 201, json: { token: `t-${JSON.parse(body).host}` } }),
      socket,
    );
    const dir = join(terminal.cwd, 'deploy');
    const argv = ['host', 'add', 'web-01', 'web-02', '--dir', dir];
    expect(await runCli(argv, terminal)).toBe(0);
    expect(terminal.printed.out).toBe(
      'SKEP_JOIN_TOKEN=t-web-01 skep agent\nSKEP_JOIN_TOKEN=t-web-02 skep agent\n',
    );
    expect(terminal.printed.err).toContain('deploy/hosts/web-01.yaml declares it');
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/admin/v1/join-tokens',
      '/admin/v1/join-tokens',
    ]);
    const document = join(dir, 'hosts/web-01.yaml');
    expect(await runCli(['validate', dir], terminal)).toBe(0);
    writeFileSync(document, `# mine\n${readFileSync(document, 'utf8')}`);
    expect(await runCli(argv, terminal)).toBe(0);
    expect(readFileSync(document, 'utf8')).toContain('# mine');
  });

  it('add refuses a name before it asks for any token', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['host', 'add', 'web-01', '../x'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('not a host name: "../x"');
  });

  it('revoke cuts one off', async () => {
    using terminal = fakeTerminal();
    await using server = await stubServer(() => ({ json: {} }), join(terminal.cwd, 'admin.sock'));
    expect(await runCli(['host', 'revoke', 'web-01'], terminal)).toBe(0);
    expect(server.requests[0]?.path).toBe('/admin/v1/hosts/web-01/revoke');
    expect(terminal.printed.out).toContain('web-01 is revoked');
  });
});
