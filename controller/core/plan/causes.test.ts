import { describe, expect, it } from 'vitest';
import type { ComposeService, RepositoryFile } from '../../../schemas/domain/index.ts';
import { sha256 } from '../../../schemas/domain/index.ts';
import { aModel, anApp, aUnit } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

const model = (service: Partial<ComposeService>) => aModel({ web: service });

/** The change of `web` between two declarations of it, as its plan tells it. */
function changed(from: Partial<ComposeService>, to: Partial<ComposeService>) {
  const scene = new Scene(model(from)).converge().change(model(to));
  const [change] = scene.plan().plan.changes;
  return change ?? expect.fail('nothing changes');
}

describe('the cause of a replacement', () => {
  it.each<[string, Partial<ComposeService>, Partial<ComposeService>, string]>([
    [
      'a variable',
      { environment: { A: '1' } },
      { environment: { A: '2' } },
      'environment.A: 1 → 2',
    ],
    ['a new variable', {}, { environment: { A: '1' } }, 'environment.A: unset → 1'],
    ['a variable less', { environment: { A: '' } }, {}, 'environment.A: "" → unset'],
    ['the command', { command: ['a'] }, { command: ['a', 'b'] }, 'command: ["a"] → ["a","b"]'],
    ['the user', { user: 'a' }, { user: 'b' }, 'user: a → b'],
    ['a label', { labels: { team: 'a' } }, { labels: { team: 'b' } }, 'labels.team: a → b'],
    ['the grace', {}, { stop_grace_period: '5s' }, 'stop_grace_period: unset → 5s'],
    ['a capability', {}, { cap_add: ['NET_ADMIN'] }, 'cap_add: unset → ["CAP_NET_ADMIN"]'],
    ['the logs', {}, { logging: { driver: 'none' } }, 'logging.driver: unset → none'],
    [
      'a log option',
      { logging: { driver: 'local', options: { 'max-size': '1m' } } },
      { logging: { driver: 'local', options: { 'max-size': '2m' } } },
      'logging.options.max-size: 1m → 2m',
    ],
    [
      'a sysctl',
      {},
      { sysctls: { 'net.core.somaxconn': '9' } },
      'sysctls.net.core.somaxconn: unset → 9',
    ],
    ['a limit', {}, { ulimits: { nofile: 9 } }, 'ulimits.nofile: unset → 9:9'],
    [
      'a device',
      {},
      { devices: [{ source: '/dev/a', target: '/dev/b', permissions: 'r' }] },
      'devices./dev/b: unset → /dev/a:r',
    ],
    [
      'a gpu',
      {},
      { gpus: [{ count: -1 }] },
      'gpus: unset → [{"Capabilities":[["gpu"]],"Count":-1}]',
    ],
    ['the terminal', {}, { tty: true }, 'tty: unset → true'],
    ['the root', {}, { read_only: true }, 'read_only: unset → true'],
    ['a tmpfs', {}, { tmpfs: ['/run:size=1m'] }, 'tmpfs./run: unset → size=1m'],
    [
      'the probe',
      { healthcheck: { test: ['CMD', 'true'], interval: '1s' } },
      { healthcheck: { test: ['CMD', 'true'], interval: '2s' } },
      'healthcheck.interval: 1000ms → 2000ms',
    ],
    [
      'a port',
      { ports: [{ target: 80, published: '8080', protocol: 'tcp' }] },
      { ports: [{ target: 80, published: '8081', host_ip: '127.0.0.1', protocol: 'tcp' }] },
      'ports.80/tcp: 8080 → 127.0.0.1:8081',
    ],
    [
      'a bind',
      {
        volumes: [
          { type: 'bind', source: '/a', target: '/data', bind: { create_host_path: true } },
        ],
      },
      {
        volumes: [
          { type: 'bind', source: '/b', target: '/data', bind: { create_host_path: true } },
        ],
      },
      'volumes./data: /a:rw → /b:rw',
    ],
    [
      'a mount',
      {},
      { volumes: [{ type: 'tmpfs', target: '/x' }] },
      'volumes./x: unset → {"Type":"tmpfs"}',
    ],
  ])('names %s with its old and its new value', (_what, from, to, cause) => {
    expect(changed(from, to)).toMatchObject({ action: 'replace', cause });
  });

  it('names every field, the image first, and no more than a person reads', () => {
    const environment = (value: string) =>
      Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F'].map((name) => [name, value]));
    const change = changed(
      { image: 'web:1', environment: environment('1') },
      { image: 'web:2', environment: environment('2'), cpus: 2 },
    );
    expect(change.cause).toBe(
      'image: web:1 → web:2; environment.A: 1 → 2; environment.B: 1 → 2; environment.C: 1 → 2; environment.D: 1 → 2; environment.E: 1 → 2; and 2 more',
    );
    expect(change.fields?.map(({ field }) => field)).toEqual([
      'image',
      ...['A', 'B', 'C', 'D', 'E', 'F'].map((name) => `environment.${name}`),
      'cpus',
    ]);
  });

  it('shows the beginning of a long value, and sees a change of its end', () => {
    const long = 'x'.repeat(500);
    const { cause } = changed(
      { environment: { A: `${long}1` } },
      { environment: { A: `${long}2` } },
    );
    expect(cause).toBe(`environment.A: ${'x'.repeat(60)}… → ${'x'.repeat(60)}…`);
  });

  it('keeps a text that is more than one line on one', () => {
    expect(changed({}, { environment: { A: 'a\nb' } }).cause).toBe(
      'environment.A: unset → "a\\nb"',
    );
  });

  it('says of a repository file only that it changed', () => {
    const volumes = [{ type: 'bind' as const, source: 'repo:/page', target: '/page' }];
    const withFile = (text: string) => {
      const file: RepositoryFile = { sha256: sha256(text), size: 1, executable: false };
      return aUnit(model({ volumes }), {
        files: new Map([['repo:/page', file]]),
        fingerprint: sha256(text),
      });
    };
    const scene = new Scene();
    scene.unit = withFile('one');
    scene.app = anApp(scene.unit);
    scene.converge();
    scene.unit = withFile('two');
    scene.app = anApp(scene.unit);
    expect(scene.plan().plan.changes[0]?.cause).toBe('files./page: changed');
  });

  it('is only that something changed where nobody remembers the old spec', () => {
    const scene = new Scene(model({ user: 'a' })).converge().change(model({ user: 'b' }));
    scene.specs.clear();
    expect(scene.plan().plan.changes[0]?.cause).toBe('configuration changed');
  });
});

describe('a secret', () => {
  const secretValues = new Set(['hunter2', 'hunter3']);
  const declared = (environment: Record<string, string>) =>
    [model({ environment }), { secretValues }] as const;

  it('shows nowhere, in no plan and in nothing that is kept, but that it changed is told', () => {
    const scene = new Scene(...declared({ LEVEL: 'info', URL: 'a://u:hunter2@h', PIN: 'hunter2' }));
    scene
      .converge()
      .change(...declared({ LEVEL: 'debug', URL: 'a://u:hunter3@h', PIN: 'hunter2' }));
    const { plan } = scene.plan();
    expect(plan.changes[0]?.cause).toBe(
      'environment.LEVEL: info → debug; environment.URL: (secret) → (secret)',
    );
    expect(scene.text() + JSON.stringify(plan.changes)).not.toMatch(/hunter/);
    expect(JSON.stringify([...scene.specs])).not.toMatch(/hunter/);
  });

  it('does not show what it was in plain, nor what becomes of it then', () => {
    const hidden = new Scene(...declared({ A: 'hunter2' })).converge();
    hidden.change(model({ environment: { A: 'plain' } }));
    expect(hidden.plan().plan.changes[0]?.cause).toBe('environment.A: (secret) → (secret)');
    const shown = new Scene(model({ environment: { A: 'plain' } })).converge();
    shown.change(...declared({ A: 'hunter2' }));
    expect(shown.plan().plan.changes[0]?.cause).toBe('environment.A: (secret) → (secret)');
  });

  it.each(['DB_PASSWORD', 'API_TOKEN', 'SIGNING_KEY', 'APP_SECRET'])(
    'is what is named %s, though git has it in plain',
    (name) => {
      const { cause } = changed({ environment: { [name]: 'a' } }, { environment: { [name]: 'b' } });
      expect(cause).toBe(`environment.${name}: (secret) → (secret)`);
    },
  );

  it('is what stands in a URL before the host', () => {
    const { cause } = changed({}, { environment: { DB: 'postgres://app:pw@db/app' } });
    expect(cause).toBe('environment.DB: unset → (secret)');
  });
});

describe('the cause of an update in place', () => {
  it.each<[Partial<ComposeService>, Partial<ComposeService>, string]>([
    [{ cpus: 0.5 }, { cpus: 1.5 }, 'cpus: 0.5 → 1.5'],
    [{ mem_limit: '67108864' }, { mem_limit: '1073741824' }, 'mem_limit: 64m → 1g'],
    [{ mem_limit: '67108864' }, { mem_limit: '67108865' }, 'mem_limit: 64m → 67108865'],
    [{ pids_limit: 5 }, {}, 'pids_limit: 5 → unset'],
    [{ cpuset: '0' }, { cpuset: '0,1' }, 'cpuset: 0 → 0,1'],
    [{ restart: 'on-failure:3' }, { restart: 'always' }, 'restart: on-failure:3 → always'],
  ])('tells %j -> %j', (from, to, cause) => {
    const change = changed(from, to);
    expect(change).toMatchObject({ action: 'update', cause, inPlace: ['update-container'] });
    expect(change.fields).toHaveLength(1);
    expect(change.downtime).toBeUndefined();
  });
});
