import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containersOf, engine, OTHER_IMAGE, removeProject, TEST_IMAGE } from '../support/engine.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/git.ts';
import { IDLE, makeImages, testEngine } from '../support/images.ts';
import { describeRequests } from '../support/recorded-request.ts';
import { RecordingProxy } from '../support/recording-proxy.ts';
import { Repo } from '../support/repo.ts';
import { Skep } from '../support/skep.ts';

const PROJECT = `path-${process.pid}`;
const docker = engine();

const service = (more: object) => ({
  image: TEST_IMAGE,
  command: IDLE,
  stop_grace_period: '2s',
  ...more,
});

/** One of nearly everything that an engine's answers show in another shape than it was sent. */
const compose = (greeting: string, image = TEST_IMAGE) =>
  JSON.stringify({
    services: {
      web: service({
        image,
        environment: { GREETING: greeting, EMPTY: '', UNSET: null },
        labels: { 'example.label': 'a b' },
        ports: ['127.0.0.1:0:8080', '9090/udp'],
        expose: ['7000'],
        networks: { front: { aliases: ['www'] }, back: null },
        volumes: [
          'data:/data',
          { type: 'tmpfs', target: '/scratch', tmpfs: { size: '1m' } },
          { type: 'bind', source: '/tmp', target: '/host', read_only: true },
        ],
        configs: [{ source: 'motd', target: '/etc/motd', mode: '0440' }],
        healthcheck: { test: 'test -e /etc/motd', interval: '500ms', retries: 3 },
        extra_hosts: ['db:10.0.0.9', 'gateway:host-gateway'],
        user: '1000:1000',
        hostname: 'web',
        init: true,
        read_only: true,
        restart: 'on-failure:3',
        deploy: { resources: { limits: { cpus: '0.5', memory: '64m', pids: 50 } } },
      }),
      worker: service({
        depends_on: { web: { condition: 'service_healthy' } },
        networks: ['back'],
      }),
      alone: service({ restart: 'always', tty: true, stdin_open: true, working_dir: '/tmp' }),
    },
    networks: { front: { driver: 'bridge', labels: { a: 'b' } }, back: { internal: true } },
    volumes: { data: { labels: { a: 'b' } } },
    configs: { motd: { file: './motd' } },
  });

const app = {
  apiVersion: 'skep/v1',
  kind: 'App',
  metadata: { name: PROJECT },
  spec: { compose: './compose.yaml' },
};

describe('the whole path on this engine', () => {
  let folder: TemporaryDirectory;
  let proxy: RecordingProxy;
  let repo: Repo;
  let skep: Skep;

  beforeAll(async () => {
    await makeImages();
    folder = await temporaryDirectory();
    const socketPath = join(folder.path, 'engine.sock');
    proxy = await RecordingProxy.start({ engine: testEngine(), socketPath });
    repo = await Repo.create({
      'app.yaml': JSON.stringify(app),
      'compose.yaml': compose('one'),
      motd: 'hello\n',
    });
    skep = await Skep.up({ repo: repo.bare, dockerHost: proxy.dockerHost });
  });

  afterAll(async () => {
    await skep?.destroy();
    await removeProject(docker, PROJECT);
    await proxy?.stop();
    await repo?.destroy();
    await folder?.remove();
  });

  const wait = async () => {
    const sha = await repo.git('rev-parse', 'HEAD');
    const { code, stdout, stderr } = await skep.cli('wait', '--rev', sha, '--timeout', '90s');
    const status = code === 0 ? '' : (await skep.cli('status', PROJECT)).stdout;
    expect(code, `${stdout}${stderr}${status}\n${skep.log}`).toBe(0);
  };

  it('deploys an app of nearly every shape, and sees it as it was asked for', async () => {
    await wait();
    expect([...(await containersOf(docker, PROJECT)).keys()].sort()).toEqual(
      ['alone', 'web', 'worker'].map((name) => `${PROJECT}-${name}-1`),
    );
    const plan = await skep.cli('plan');
    expect(plan.code, plan.stdout).toBe(0);
  });

  it('changes nothing after a restart without its database', async () => {
    const before = await containersOf(docker, PROJECT);
    const mark = proxy.mark();
    await skep.stop();
    for (const name of await readdir(skep.dataDir)) {
      if (name.startsWith('skep.db')) await rm(join(skep.dataDir, name));
    }
    await skep.start();
    await wait();
    const plan = await skep.cli('plan');
    expect(plan.code, plan.stdout).toBe(0);
    expect(describeRequests(proxy.mutating(mark))).toBe('');
    expect(await containersOf(docker, PROJECT)).toEqual(before);
  });

  it('replaces exactly the service whose image and environment changed', async () => {
    const before = await containersOf(docker, PROJECT);
    await repo.push({ 'compose.yaml': compose('two', OTHER_IMAGE) });
    await wait();
    const after = await containersOf(docker, PROJECT);
    const web = `${PROJECT}-web-1`;
    expect(after.get(web)?.env).toContain('GREETING=two');
    expect(after.get(web)?.id).not.toBe(before.get(web)?.id);
    for (const [name, facts] of before) if (name !== web) expect(after.get(name)).toEqual(facts);
    const plan = await skep.cli('plan');
    expect(plan.code, plan.stdout).toBe(0);
  });

  it('changes limits in place', async () => {
    const before = await containersOf(docker, PROJECT);
    const changed = compose('two', OTHER_IMAGE).replace('"cpus":"0.5"', '"cpus":"0.75"');
    await repo.push({ 'compose.yaml': changed.replace('"memory":"64m"', '"memory":"96m"') });
    await wait();
    expect(await containersOf(docker, PROJECT)).toEqual(before);
    const web = await docker.getContainer(`${PROJECT}-web-1`).inspect();
    expect(web.HostConfig).toMatchObject({ NanoCpus: 750_000_000, Memory: 96 * 1024 * 1024 });
    const plan = await skep.cli('plan');
    expect(plan.code, plan.stdout).toBe(0);
  });
});
