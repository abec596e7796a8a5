import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../schemas/domain/index.ts';
import {
  COMPOSE_PROGRAMS,
  type ComposeProgram,
  ComposeProject,
} from '../support/compose-program.ts';
import type { Daemons } from '../support/daemons.ts';
import { TEST_IMAGE } from '../support/engine.ts';
import { IDLE } from '../support/images.ts';
import { describeRequests } from '../support/recorded-request.ts';
import { manifest, Scenario, type Service } from '../support/scenario.ts';
import { freePort } from '../support/tcp-proxy.ts';

const PASSES = 20;

/** What both versions of Compose know, and an inspection shows. */
const services = (port: number): Readonly<Record<string, Service>> => ({
  web: {
    environment: { PLAIN: 'text', EMPTY: '', SPACED: 'a b' },
    labels: { 'org.example.note': 'with = and "quotes"' },
    ports: [`127.0.0.1:${port}:80`, '81'],
    expose: ['9000'],
    volumes: ['data:/data', '/srv:/srv:ro', '/anonymous'],
    tmpfs: ['/scratch:size=1m'],
    networks: { default: { aliases: ['front'] }, back: { ipv4_address: '10.98.78.10' } },
    restart: 'unless-stopped',
    user: '1000:1000',
    working_dir: '/tmp',
    hostname: 'web-host',
    init: true,
    stop_signal: 'SIGINT',
    stop_grace_period: '1s',
    cap_add: ['NET_ADMIN'],
    cap_drop: ['MKNOD'],
    ulimits: { nofile: { soft: 1000, hard: 2000 } },
    sysctls: { 'net.core.somaxconn': '512' },
    extra_hosts: ['db.example:192.0.2.7'],
    dns: ['192.0.2.53'],
    logging: { driver: 'json-file', options: { 'max-size': '1m' } },
    read_only: true,
    shm_size: '32m',
    security_opt: ['no-new-privileges'],
    depends_on: ['db'],
  },
  db: {
    command: IDLE,
    entrypoint: [],
    healthcheck: { test: ['CMD', 'true'], interval: '1s', retries: 3 },
    volumes: ['data:/shared'],
    mem_limit: '64m',
    tty: true,
    stdin_open: true,
  },
  own: { network_mode: 'none', restart: 'always' },
  side: { network_mode: 'host', pid: 'host', user: '0' },
  once: { command: ['sh', '-c', 'exit 0'], restart: 'no' },
});

const more = {
  networks: {
    default: {},
    back: { driver: 'bridge', ipam: { config: [{ subnet: '10.98.78.0/24' }] } },
  },
  volumes: { data: { labels: { 'org.example.volume': 'yes' } } },
};

const withImages = (all: Readonly<Record<string, Service>>) =>
  Object.fromEntries(
    Object.entries(all).map(([name, service]) => [
      name,
      { image: TEST_IMAGE, stop_grace_period: '2s', ...service },
    ]),
  );

describe.each(COMPOSE_PROGRAMS)('a project that $name started', (program: ComposeProgram) => {
  let scene: Scenario<Daemons>;
  let project: ComposeProject;
  let port: number;
  let mark: number;

  const files = (spec: object, over: Readonly<Record<string, Service>> = {}) => {
    const asked = services(port);
    const changed = Object.entries(over).map(([name, service]) => [
      name,
      { ...asked[name], ...service },
    ]);
    return scene.app('shop', {
      services: { ...asked, ...Object.fromEntries(changed) },
      more,
      spec: { ...spec },
    });
  };
  const identities = async () => {
    const all = [...(await scene.containers('shop')).values()];
    return all.map(({ id, name, startedAt }) => ({ id, name, startedAt }));
  };
  const plan = () => scene.skep.get<PlanDocument>('/plan');
  let before: Awaited<ReturnType<typeof identities>>;

  const isUntouched = async () => {
    const calls = scene.proxy.mutating(mark);
    expect(calls, describeRequests(calls)).toEqual([]);
    expect(await identities()).toEqual(before);
  };

  beforeAll(async () => {
    scene = await Scenario.daemons();
    port = await freePort();
    const compose = { version: '3.9', services: withImages(services(port)), ...more };
    const yaml = JSON.stringify({ ...compose, version: undefined });
    project = await ComposeProject.up(program, scene.name('shop'), { 'compose.yaml': yaml });
    before = await identities();
    mark = scene.proxy.mark();
  });
  afterAll(async () => {
    await scene?.destroy();
    await project?.remove();
  });

  it('is left alone without spec.adopt, and the app says what to do', async () => {
    const project = manifest('Project', 'default', { privileges: ['privileged'] });
    await scene.repo.push({ 'project.yaml': project, ...files({}) });
    const status = await scene.reason('shop', 'NameTaken');
    expect(JSON.stringify(status)).toContain('spec.adopt: true');
    await isUntouched();
  });

  it('is taken over without a restart', async () => {
    await scene.deploy(files({ adopt: true }));
    await scene.reason('shop', 'AllHealthy');
    await isUntouched();
    expect((await plan()).units).toEqual([]);
  });

  it(`is left alone by ${PASSES} passes`, async () => {
    for (let pass = 1; pass <= PASSES; pass += 1) {
      const forced = files({ adopt: true, rollout: { deadline: `${10 + pass}m` } });
      await scene.seen('shop', await scene.repo.push(forced));
    }
    await isUntouched();
  });

  it('stays its own after a restart of the agent', async () => {
    await scene.skep.agent.stop('SIGKILL');
    await scene.reason('shop', 'HostOffline');
    scene.skep.agent.start();
    await scene.reason('shop', 'AllHealthy');
    await isUntouched();
  });

  it('stays its own when the store is lost', async () => {
    await scene.skep.controller.stop('SIGTERM');
    await scene.skep.loseStore();
    await scene.skep.startController();
    await scene.reason('shop', 'AllHealthy');
    await isUntouched();
  });

  it('still answers the Compose that started it', async () => {
    const { code, stdout } = await project.run('ps', '-q');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').length).toBeGreaterThanOrEqual(4);
  });

  it('has exactly the one container replaced that a change is for', async () => {
    await scene.deploy(files({ adopt: true }, { db: { environment: { NEW: '1' } } }));
    const after = await identities();
    const kept = after.filter(({ id }) => before.some((one) => one.id === id));
    expect(after).toHaveLength(before.length);
    expect(kept).toHaveLength(before.length - 1);
    expect((await scene.container('shop', 'db')).env).toContain('NEW=1');
    for (const one of kept) expect(before).toContainEqual(one);
  });

  it('is removed with its app', async () => {
    await scene.repo.push(
      { 'shop/app.yaml': null, 'shop/compose.yaml': null },
      'Remove\n\nAllow-Destroy: all',
    );
    await scene.gone('shop');
  });
});

describe('a project that is not as the app asks', () => {
  let scene: Scenario<Daemons>;
  let project: ComposeProject;
  const [program = { name: '', path: '' }] = COMPOSE_PROGRAMS;

  const files = (level: string, more: object = {}) =>
    scene.app('mixed', {
      services: { web: { environment: { LEVEL: level } }, db: { volumes: ['data:/data'] } },
      more: { volumes: { data: {} } },
      spec: { adopt: true, ...more },
    });
  const ids = async () => [...(await scene.containers('mixed')).values()].map(({ id }) => id);
  let before: readonly string[];

  beforeAll(async () => {
    scene = await Scenario.daemons();
    const running = withImages({
      web: { environment: { LEVEL: 'debug' } },
      db: { volumes: ['data:/data'] },
    });
    const text = JSON.stringify({ services: running, volumes: { data: {} } });
    project = await ComposeProject.up(program, scene.name('mixed'), { 'compose.yaml': text });
    before = await ids();
  });
  afterAll(async () => {
    await scene?.destroy();
    await project?.remove();
  });

  it('is left alone where the owner of the host forbids it, and says so', async () => {
    await scene.skep.writePolicy('adopt: [other]\n');
    await scene.repo.push(files('info'));
    const status = await scene.reason('mixed', 'HostPolicy');
    expect(JSON.stringify(status)).toContain('lets project default take over nothing');
    expect(await ids()).toEqual(before);
    expect(scene.proxy.mutating()).toEqual([]);
  });

  it('has what differs replaced, with the fields as the cause, and the rest kept', async () => {
    await scene.skep.writePolicy('adopt: [default]\n');
    await scene.deploy(files('warn'));
    const after = await ids();
    expect(after).toHaveLength(2);
    expect(after.filter((id) => before.includes(id))).toHaveLength(1);
    expect((await scene.container('mixed', 'web')).env).toContain('LEVEL=warn');
    const { items } = await scene.skep.get<{ items: readonly object[] }>(
      `/apps/${scene.name('mixed')}/history`,
    );
    expect(JSON.stringify(items)).toContain('adopt: differs in environment.LEVEL');
    expect(JSON.stringify(items)).not.toContain('debug');
  });
});
