import { describe, expect, test } from 'vitest';
import { ignoredBySwarm } from '../../../../engine/swarm/ignored.ts';
import type { ComposeService } from '../../../../schemas/domain/index.ts';
import { EXTENSION_FIELDS, SERVICE_FIELDS } from './canonical/service.ts';
import { type ComposeInput, loadCompose } from './load-compose.ts';
import { SERVICE_FIELDS as SCHEMA_FIELDS } from './schema/service.ts';
import { DEPLOY_SUPPORT, EXTENSION_SUPPORT, SERVICE_SUPPORT, type Support } from './support.ts';

const PROPERTIES = Object.keys(SCHEMA_FIELDS).sort();

function load(keys: string, options: Partial<ComposeInput> = {}) {
  const text = `services:\n  a:\n    ${keys.replaceAll('\n', '\n    ')}\n  b: {image: b}\n`;
  return loadCompose({
    files: ['/p/compose.yaml'],
    projectDirectory: '/p',
    rules: 'app',
    readFile: (path) =>
      path === '/p/compose.yaml'
        ? { kind: 'file', bytes: new TextEncoder().encode(text) }
        : { kind: 'missing' },
    ...options,
  });
}

const shown = (result: ReturnType<typeof load>): string[] =>
  result.issues.map(({ severity, code, path }) => `${severity} ${code} ${path}`);

describe('the table of what is supported', () => {
  test('has a line for every property of the Compose Specification, and for no other', () => {
    expect(PROPERTIES).toHaveLength(92);
    expect(Object.keys(SERVICE_SUPPORT).sort()).toEqual(PROPERTIES);
  });

  test('says why of whatever is not honoured', () => {
    const lines: [string, Support][] = [
      ...Object.entries(SERVICE_SUPPORT),
      ...Object.entries(DEPLOY_SUPPORT),
      ...Object.entries(EXTENSION_SUPPORT),
    ];
    const silent = lines.filter(([, { container, swarm, note }]) => {
      const lacking = [container, swarm].some((one) => one === 'warned' || one === 'refused');
      return lacking !== (note !== undefined);
    });
    expect(silent).toEqual([]);
  });

  test('has a line for every member of x-skep', () => {
    expect(Object.keys(EXTENSION_SUPPORT).sort()).toEqual(Object.keys(EXTENSION_FIELDS).sort());
  });

  test('leaves out of a swarm what the requests for one leave out, and nothing else', () => {
    const model = { name: 'p', networks: {}, volumes: {}, configs: {}, secrets: {} };
    const leftOut = (key: string) => {
      const service = { image: 'x', [key]: ['x'] } as unknown as ComposeService;
      const ignored = ignoredBySwarm({ ...model, services: { a: service } });
      return ignored.some(({ path }) => path.join('.') === `services.a.${key}`);
    };
    // What is gone before there is a model, and what is warned of on every target.
    const settled = ['extends', 'credential_spec'];
    const apart = Object.entries(SERVICE_SUPPORT).filter(([key, { swarm }]) => {
      return swarm !== 'refused' && !settled.includes(key) && leftOut(key) !== (swarm === 'warned');
    });
    expect(apart.map(([key]) => key)).toEqual([]);
  });

  test('stands beside a reader for every property but extends, which is gone by then', () => {
    expect([...Object.keys(SERVICE_FIELDS), 'extends'].sort()).toEqual(PROPERTIES);
  });
});

describe('an app', () => {
  test('is refused what its target cannot do, at its place and with the reason', () => {
    const result = load('image: x\nprovider: {type: y}');
    expect(result.model).toBeUndefined();
    expect(result.issues[0]).toMatchObject({
      code: 'E_COMPOSE_UNSUPPORTED',
      line: 4,
      column: 5,
      path: 'services.a.provider',
      message: expect.stringContaining('provider'),
    });
  });

  test('is warned of what is left out', () => {
    const result = load('image: x\nattach: false\ndeploy: {mode: global, replicas: 1}');
    expect(result.model).toBeDefined();
    expect(shown(result)).toEqual([
      'warning W_COMPOSE_IGNORED services.a.attach',
      'warning W_COMPOSE_IGNORED services.a.deploy.mode',
    ]);
  });

  test('is judged by its target', () => {
    const keys = 'image: x\ncpus: 1\nlinks: [b]\ndeploy: {mode: global}';
    expect(shown(load(keys, { target: 'swarm' }))).toEqual([
      'error E_COMPOSE_UNSUPPORTED services.a.cpus',
      'warning W_COMPOSE_IGNORED services.a.links',
    ]);
  });

  test.each([
    ['shared: true', [], ['shared']],
    ['onChange: restart', [], ['onChange']],
    ['ignore: [replicas]', ['ignore'], []],
  ])('is told of what x-skep says for the other target: %s', (member, container, swarm) => {
    const warnings = (keys: readonly string[]) =>
      keys.map((key) => `warning W_COMPOSE_IGNORED services.a.x-skep.${key}`);
    const keys = `image: x\nx-skep: {${member}}`;
    expect(shown(load(keys))).toEqual(warnings(container));
    expect(shown(load(keys, { target: 'swarm' }))).toEqual(warnings(swarm));
  });

  test('may have x-skep in a service alone', () => {
    expect(shown(load('image: x\ndeploy: {x-skep: {shared: true}, x-other: 1}'))).toEqual([
      'warning W_COMPOSE_IGNORED services.a.deploy.x-skep',
    ]);
  });

  test('is warned of an oom_score_adj that a swarm cannot set', () => {
    expect(shown(load('image: x\noom_score_adj: 5'))).toEqual([]);
    expect(shown(load('image: x\noom_score_adj: 5', { target: 'swarm' }))).toEqual([
      'warning W_COMPOSE_IGNORED services.a.oom_score_adj',
    ]);
  });

  test('needs an image beside a build, which is only warned of', () => {
    expect(shown(load('build: .'))).toEqual(['error E_FIELD_MISSING services.a']);
    expect(load('build: .').issues[0]?.hint).toContain('skep builds no images');
    expect(shown(load('build: .\nimage: x'))).toEqual([
      'warning W_COMPOSE_IGNORED services.a.build',
    ]);
  });

  test('is told before the rollout what the engine would refuse', () => {
    const bad = [
      'restart: never',
      'expose: [x]',
      'extra_hosts: ["a=b"]',
      'networks: {default: {ipv4_address: x, ipv6_address: y}}',
      'ports: [{target: 0}, {target: 80, protocol: x, published: y}]',
      'volumes: [{type: cluster, source: s, target: /t}, "v:/x", {type: tmpfs, target: /u, bind: {}}]',
      'environment: ["=x"]',
      'container_name: "-ab"',
    ];
    for (const keys of bad) {
      const result = load(`image: x\n${keys}`);
      expect(result.issues.length, keys).toBeGreaterThan(0);
      expect(result.model, keys).toBeUndefined();
    }
    expect(load('image: x\nvolumes: ["v:/x"]').issues[0]?.hint).toContain('Windows drive');
  });
});

describe('as Compose itself judges', () => {
  test('what an app is refused is a warning that names the code', () => {
    const result = load('build: .\npre_stop: [{command: x}]\nrestart: never', { rules: 'compose' });
    expect(result.model?.services['a']?.build).toEqual({ context: '/p', dockerfile: 'Dockerfile' });
    expect(shown(result)).toEqual([
      'warning W_APP_REFUSED services.a',
      'warning W_APP_REFUSED services.a.restart',
    ]);
    expect(result.issues[0]?.message).toBe('E_FIELD_MISSING: the service has no image');
  });

  test('a file without services is none that an app could have', () => {
    const files = (path: string) =>
      path === '/p/compose.yaml'
        ? { kind: 'file' as const, bytes: new TextEncoder().encode('services: {}\n') }
        : { kind: 'missing' as const };
    const asCompose = load('', { rules: 'compose', readFile: files });
    expect(asCompose.model?.services).toEqual({});
    expect(asCompose.issues.map(({ code }) => code)).toEqual(['W_APP_REFUSED']);
    expect(load('', { readFile: files }).issues.map(({ code }) => code)).toEqual(['E_APP_EMPTY']);
  });
});
