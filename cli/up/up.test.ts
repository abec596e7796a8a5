import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyPassword } from '../../controller/api/password.ts';
import { runCli } from '../run-cli.ts';
import { type FakeTerminal, fakeTerminal } from '../testing/fake-terminal.ts';
import { LocalAgent } from './local-agent.ts';
import { keptUser } from './local-user.ts';
import { repositoryFor } from './repository.ts';

describe('the generated user', () => {
  it('is made once and kept for its owner alone', async () => {
    using home = fakeTerminal();
    const made = keptUser(home.cwd);
    expect(await verifyPassword(made.password, made.passwordHash)).toBe(true);
    expect(keptUser(home.cwd)).toEqual(made);
    expect(statSync(join(home.cwd, 'admin.json')).mode & 0o777).toBe(0o600);
  });

  it('is made anew when its file is damaged', () => {
    using home = fakeTerminal();
    writeFileSync(join(home.cwd, 'admin.json'), '{"user":"admin"}');
    expect(keptUser(home.cwd).password).toHaveLength(20);
  });
});

describe('the repository that is followed', () => {
  it('is made in the data folder when it is hosted, once', async () => {
    using home = fakeTerminal();
    const path = await repositoryFor(home, 'hosted', home.cwd, 'deploy');
    expect(path).toBe(join(home.cwd, 'git/skep.git'));
    writeFileSync(join(path, 'mark'), '');
    expect(await repositoryFor(home, 'hosted', home.cwd, 'deploy')).toBe(path);
    expect(existsSync(join(path, 'mark'))).toBe(true);
  });

  it('is a path made absolute, or an address as it is', async () => {
    using home = fakeTerminal();
    mkdirSync(join(home.cwd, 'deploy'));
    expect(await repositoryFor(home, 'deploy', home.cwd, 'main')).toBe(join(home.cwd, 'deploy'));
    for (const address of ['https://git.example/a.git', 'ssh://a@b/c', 'git@git.example:a.git']) {
      expect(await repositoryFor(home, address, home.cwd, 'main')).toBe(address);
    }
    await expect(repositoryFor(home, 'nowhere', home.cwd, 'main')).rejects.toThrow('there is no');
  });
});

/** What a join token holds, of a controller that is not there. */
const UNREACHABLE = {
  host: 'local',
  agent: ['127.0.0.1:1'],
  enroll: ['127.0.0.1:1'],
  ca: 'ca',
  secret: 'secret',
};

describe('the local agent', () => {
  it('is started again when it ends, and not after a stop', async () => {
    using home = fakeTerminal();
    const lines: string[] = [];
    const ended = Promise.withResolvers<void>();
    const agent = new LocalAgent({
      dataDir: home.cwd,
      env: { ...home.env, DOCKER_HOST: 'unix:///nowhere.sock' },
      logLevel: 'silent',
      logFormat: 'json',
      joinToken: async () => Buffer.from(JSON.stringify(UNREACHABLE)).toString('base64url'),
      report: (line) => {
        lines.push(line);
        ended.resolve();
      },
    });
    await agent.start();
    process.kill(agent.pid ?? Number.NaN, 'SIGKILL');
    await ended.promise;
    await agent.stop();
    expect(lines).toEqual(['the agent ended (SIGKILL); started again in 500 ms']);
  });
});

const EPHEMERAL = ['api', 'agent', 'enroll'].flatMap((name) => [`--${name}-listen`, '127.0.0.1:0']);

/** Runs `skep up` until `seen` has been called with what it printed first. */
async function upUntil(terminal: FakeTerminal, seen: (text: string) => Promise<void>) {
  const out = terminal.out.bind(terminal);
  const looked = Promise.withResolvers<void>();
  terminal.out = (text: string) => {
    out(text);
    seen(text)
      .then(looked.resolve, looked.reject)
      .finally(() => terminal.interrupt());
  };
  const argv = ['up', '--json', '--log-level', 'silent', ...EPHEMERAL];
  const exit = await runCli(argv, terminal);
  await looked.promise;
  return exit;
}

describe('skep up', () => {
  it('prints one ready line, lets its user in, and ends at Ctrl-C', async () => {
    using terminal = fakeTerminal({ env: { DOCKER_HOST: 'unix:///nowhere.sock' } });
    const exit = await upUntil(terminal, async (text) => {
      const ready = JSON.parse(text);
      expect(Object.keys(ready).sort().join(' ')).toBe(
        'agentListen api dataDir engine gatewayHttp gatewayHttps git password ready user',
      );
      expect(ready).toMatchObject({
        ready: true,
        user: 'admin',
        git: join(terminal.cwd, 'git/skep.git'),
        dataDir: terminal.cwd,
        engine: 'unix:///nowhere.sock',
        gatewayHttp: null,
        gatewayHttps: null,
      });
      const answer = await fetch(`${ready.api}/api/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: ready.user, password: ready.password }),
      });
      expect(answer.status).toBe(200);
    });
    expect(exit).toBe(0);
    expect(terminal.printed.out.trim().split('\n')).toHaveLength(1);
  });

  it('refuses a wrong setting with one line that names it', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['up', '--host-name', 'Web_01'], terminal)).toBe(1);
    expect(await runCli(['up', '--api-listen', 'here'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('--host-name: not a host name: Web_01');
    expect(terminal.printed.err).toContain('SKEP_API_LISTEN must be ADDRESS:PORT');
  });
});
