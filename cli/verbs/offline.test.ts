import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyPassword } from '../../controller/api/password.ts';
import { runCli } from '../run-cli.ts';
import { type FakeTerminal, fakeTerminal } from '../testing/fake-terminal.ts';

function write(terminal: FakeTerminal, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(terminal.cwd, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

const app = (name: string) =>
  `apiVersion: skep/v1\nkind: App\nmetadata: {name: ${name}}\nspec: {compose: ./compose.yaml}\n`;
// biome-ignore lint/suspicious/noTemplateCurlyInString: interpolation of Compose.
const compose = 'services:\n  web:\n    image: ${IMAGE:-a:1}\n';

describe('validate', () => {
  it('finds nothing wrong with a good tree', async () => {
    using terminal = fakeTerminal();
    write(terminal, { 'web/app.yaml': app('web'), 'web/compose.yaml': compose });
    expect(await runCli(['validate', terminal.cwd], terminal)).toBe(0);
    expect(terminal.printed.out).toBe('no issues\n');
  });

  it('names the place of every issue, and exits with 1', async () => {
    using terminal = fakeTerminal();
    const bad = app('web').replace('compose:', 'compsoe:');
    write(terminal, { 'web/app.yaml': bad, 'web/compose.yaml': compose });
    expect(await runCli(['validate', terminal.cwd], terminal)).toBe(1);
    expect(terminal.printed.out).toMatch(/^web\/app\.yaml:4:8: E_\w+: /m);
  });

  it('reads what lies on the disk of the configured folder, but git and node_modules', async () => {
    using terminal = fakeTerminal();
    const good = { 'deploy/web/app.yaml': app('web'), 'deploy/web/compose.yaml': compose };
    write(terminal, { ...good, 'other/app.yaml': 'kind: [', 'deploy/node_modules/a.yaml': '[' });
    expect(await runCli(['validate', terminal.cwd, '--path', './deploy/'], terminal)).toBe(0);
  });

  it('sees links as git does', async () => {
    using terminal = fakeTerminal();
    write(terminal, { 'web/app.yaml': app('web') });
    symlinkSync('/etc/hostname', join(terminal.cwd, 'web/compose.yaml'));
    expect(await runCli(['validate', terminal.cwd, '--format', 'json'], terminal)).toBe(1);
    const { valid, issues } = JSON.parse(terminal.printed.out);
    expect(valid).toBe(false);
    expect(issues.map(({ code }: { code: string }) => code)).toContain('E_REPO_SYMLINK');
  });

  it('takes warnings of lost text for errors where --strict is given', async () => {
    using terminal = fakeTerminal();
    const cut = compose.replace('image:', 'command: a && b\n    image:');
    write(terminal, { 'web/app.yaml': app('web'), 'web/compose.yaml': cut });
    expect(await runCli(['validate', terminal.cwd], terminal)).toBe(0);
    expect(terminal.printed.out).toContain('web/compose.yaml:3:14: W_COMMAND_CUT');
    expect(await runCli(['validate', terminal.cwd, '--strict'], terminal)).toBe(1);
    expect(terminal.printed.out).toContain('web/compose.yaml:3:14: E_COMMAND_CUT');
  });

  it('says so when there is no such folder', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['validate', join(terminal.cwd, 'none')], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('cannot be read');
  });
});

describe('init', () => {
  it('writes a repository without issues that has one app', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['init', 'deploy'], terminal)).toBe(0);
    expect(terminal.printed.out).toContain('wrote deploy/apps/hello/compose.yaml');
    const dir = join(terminal.cwd, 'deploy');
    expect(await runCli(['validate', dir], terminal)).toBe(0);
    expect(terminal.printed.out).toContain('no issues');
  });

  it('touches nothing in a folder that holds anything but .git', async () => {
    using terminal = fakeTerminal();
    mkdirSync(join(terminal.cwd, 'deploy/.git'), { recursive: true });
    expect(await runCli(['init', 'deploy'], terminal)).toBe(0);
    expect(await runCli(['init', 'deploy'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('is not empty');
  });
});

describe('compose config', () => {
  it('prints the model with its values, and no empty sections', async () => {
    using terminal = fakeTerminal();
    write(terminal, { 'shop/compose.yaml': compose });
    const file = join(terminal.cwd, 'shop/compose.yaml');
    expect(await runCli(['compose', 'config', '-f', file, '--set', 'IMAGE=b:2'], terminal)).toBe(0);
    const model = JSON.parse(terminal.printed.out);
    expect(model).toMatchObject({ name: 'shop', services: { web: { image: 'b:2' } } });
    expect(model).not.toHaveProperty('volumes');
  });

  it('takes the .env beside the file, or another one', async () => {
    using terminal = fakeTerminal();
    write(terminal, { 'compose.yaml': compose, '.env': 'IMAGE=c:3\n', 'other.env': 'IMAGE=d:4\n' });
    expect(await runCli(['compose', 'config'], terminal)).toBe(0);
    expect(terminal.printed.out).toContain('"c:3"');
    const other = ['--env-file', join(terminal.cwd, 'other.env'), '--project-name', 'x'];
    expect(await runCli(['compose', 'config', ...other], terminal)).toBe(0);
    expect(terminal.printed.out).toContain('"d:4"');
    expect(terminal.printed.out).toContain('"name": "x"');
  });

  it('says where a file is wrong, and prints no model', async () => {
    using terminal = fakeTerminal();
    write(terminal, { 'compose.yaml': 'services:\n  web:\n    imgae: a\n' });
    expect(await runCli(['compose', 'config', '-f', 'compose.yaml'], terminal)).toBe(1);
    expect(terminal.printed.err).toMatch(/^compose\.yaml:3:5: E_/m);
    expect(terminal.printed.out).toBe('');
  });

  it('refuses lost text where --strict is given', async () => {
    using terminal = fakeTerminal();
    write(terminal, { 'compose.yaml': 'services: {web: {image: "a:$TAG"}}\n' });
    for (const verb of ['config', 'requests']) {
      expect(await runCli(['compose', verb], terminal)).toBe(0);
      expect(await runCli(['compose', verb, '--strict'], terminal)).toBe(1);
      expect(terminal.printed.err).toContain('compose.yaml:1:25: E_INTERPOLATION');
    }
  });

  it('says so when there is no file', async () => {
    using terminal = fakeTerminal();
    expect(await runCli(['compose', 'config'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('no compose.yaml');
    expect(await runCli(['compose', 'config', '-f', 'none.yaml'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('none.yaml:0:0: E_FILE_MISSING');
  });
});

describe('hash-password', () => {
  it('hashes the first line of standard input', async () => {
    using terminal = fakeTerminal({ input: 'correct horse\nmore\n' });
    expect(await runCli(['hash-password'], terminal)).toBe(0);
    expect(await verifyPassword('correct horse', terminal.printed.out.trim())).toBe(true);
  });

  it('asks twice on a terminal', async () => {
    using same = fakeTerminal({ inputIsTerminal: true, answers: ['a', 'a'] });
    expect(await runCli(['hash-password'], same)).toBe(0);
    using different = fakeTerminal({ inputIsTerminal: true, answers: ['a', 'b'] });
    expect(await runCli(['hash-password'], different)).toBe(1);
    expect(different.printed.err).toContain('not the same');
  });

  it('refuses an empty password', async () => {
    using terminal = fakeTerminal({ input: '\n' });
    expect(await runCli(['hash-password'], terminal)).toBe(1);
    expect(terminal.printed.err).toContain('the password is empty');
  });
});

describe('agent pause', () => {
  it('is written for the agent to see, and ended by resume', async () => {
    using terminal = fakeTerminal();
    const file = join(terminal.cwd, 'agent/pause.json');
    expect(await runCli(['agent', 'pause', '--for', '1h', '--reason', 'disk'], terminal)).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      reason: 'disk',
      untilMs: terminal.now() + 3_600_000,
    });
    expect(await runCli(['agent', 'resume'], terminal)).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    [['--for', '25h', '--reason', 'x'], 'at most 24h'],
    [['--for', '1h', '--reason', ' '], '--reason is empty'],
    [['--for', '1h'], 'required option'],
  ])('refuses %j', async (flags, text) => {
    using terminal = fakeTerminal();
    expect(await runCli(['agent', 'pause', ...flags], terminal)).toBe(1);
    expect(terminal.printed.err).toContain(text);
  });
});

describe('compose requests', () => {
  const requests = (...flags: readonly string[]) => ['compose', 'requests', ...flags];

  it('prints one request a line, in the order they are sent', async () => {
    using terminal = fakeTerminal();
    const text = 'name: shop\nservices:\n  web:\n    image: a:1\n    container_name: one\n';
    write(terminal, { 'compose.yaml': text });
    expect(await runCli(requests(), terminal)).toBe(0);
    const lines = terminal.printed.out.trim().split('\n');
    const printed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(printed).toMatchObject([
      { method: 'POST', path: '/networks/create', query: {}, body: { Name: 'shop_default' } },
      {
        method: 'POST',
        path: '/containers/create',
        query: { name: 'one' },
        body: { Image: 'a:1' },
      },
    ]);
  });

  it('for a swarm carries configs, and warns of what a swarm passes over', async () => {
    using terminal = fakeTerminal();
    const text =
      'name: shop\nservices:\n  web:\n    image: a\n    container_name: one\n    configs: [c]\n    ports: [{target: 80}]\nconfigs:\n  c:\n    file: ./c.txt\n';
    write(terminal, { 'compose.yaml': text, 'c.txt': 'hello' });
    expect(await runCli(requests('-f', 'compose.yaml', '--target', 'swarm'), terminal)).toBe(0);
    const lines = terminal.printed.out.trim().split('\n');
    const printed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(printed).toMatchObject([
      { path: '/networks/create', body: { Name: 'shop_default', Driver: 'overlay' } },
      { path: '/configs/create', body: { Name: 'shop_c', Data: 'aGVsbG8=' } },
      {
        path: '/services/create',
        body: { Name: 'shop_web', EndpointSpec: { Ports: [{ TargetPort: 80 }] } },
      },
    ]);
    expect(terminal.printed.err.match(/^compose.yaml:5:5: .*/gm)).toEqual([
      'compose.yaml:5:5: W_COMPOSE_IGNORED: "container_name" is left out: in a swarm tasks are named by the swarm',
    ]);
  });

  it('for a swarm warns of an order of services, which docker stack deploy has not', async () => {
    using terminal = fakeTerminal();
    const text = 'services:\n  web:\n    image: a\n    depends_on: [db]\n  db: {image: b}\n';
    write(terminal, { 'compose.yaml': text });
    expect(await runCli(requests('--target', 'swarm'), terminal)).toBe(0);
    expect(terminal.printed.err).toContain('compose.yaml:4:5: W_TARGET: depends_on means nothing');
  });

  it('for a swarm warns of what it takes for more than it is', async () => {
    using terminal = fakeTerminal();
    const text =
      'services:\n  web:\n    image: a\n    ports:\n      - target: 80\n        host_ip: 127.0.0.1\n';
    write(terminal, { 'compose.yaml': text });
    expect(await runCli(requests('--target', 'swarm'), terminal)).toBe(0);
    expect(terminal.printed.err).toContain(
      'compose.yaml:5:9: W_TARGET: a swarm publishes on every address, not on 127.0.0.1 alone',
    );
  });

  it('refuses with the place, and prints no request', async () => {
    using terminal = fakeTerminal();
    const check = 'test: [CMD, a], start_interval: 1s';
    const text = `services:\n  web:\n    image: a\n    healthcheck: {${check}}\n`;
    write(terminal, { 'compose.yaml': text });
    expect(await runCli(requests('-f', 'compose.yaml'), terminal)).toBe(1);
    expect(terminal.printed.out).toBe('');
    expect(terminal.printed.err).toContain(
      'compose.yaml:4:35: E_TARGET: start_interval means nothing',
    );
  });

  it('shows faults of the files as `config` does', async () => {
    using terminal = fakeTerminal();
    write(terminal, { 'compose.yaml': 'services:\n  web:\n    imgae: a\n' });
    expect(await runCli(requests(), terminal)).toBe(1);
    expect(terminal.printed.err).toMatch(/^compose\.yaml:3:5: E_/m);
  });

  it('takes only an Engine API version', async () => {
    using terminal = fakeTerminal();
    write(terminal, { 'compose.yaml': compose });
    expect(await runCli(requests('--api-version', 'v1'), terminal)).toBe(1);
    expect(terminal.printed.err).toContain('not an Engine API version: v1');
  });
});
