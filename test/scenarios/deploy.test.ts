import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppStatus } from '../../schemas/domain/index.ts';
import { containersOf, engine, OTHER_IMAGE, removeProject, TEST_IMAGE } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { makeImages } from '../support/images.ts';
import { Repo } from '../support/repo.ts';
import { Skep } from '../support/skep.ts';

const docker = engine();
const project = `shop-${randomBytes(3).toString('hex')}`;

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly deploy?: object;
  readonly healthcheck?: object;
}

const app = JSON.stringify({
  apiVersion: 'skep/v1',
  kind: 'App',
  metadata: { name: project },
  spec: { compose: './compose.yaml' },
});

const compose = (services: Readonly<Record<string, Service>>) =>
  JSON.stringify({
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        { image: TEST_IMAGE, stop_grace_period: '2s', ...service },
      ]),
    ),
  });

const web = (value: string, more: Service = {}): Service => ({
  environment: { GREETING: value },
  ...more,
});

describe('a push to the repository', () => {
  let repo: Repo;
  let skep: Skep;

  beforeAll(async () => {
    await makeImages();
    repo = await Repo.create({
      'project.yaml': JSON.stringify({
        apiVersion: 'skep/v1',
        kind: 'Project',
        metadata: { name: 'default' },
        spec: {},
      }),
      'shop/app.yaml': app,
      'shop/compose.yaml': compose({ web: web('one'), worker: {} }),
    });
    skep = await Skep.up({ repo: repo.bare });
  });

  afterAll(async () => {
    await skep?.destroy();
    await repo?.destroy();
    await removeProject(docker, project);
  });

  const wait = async (sha: string) => {
    const result = await skep.cli('wait', '--rev', sha, '--timeout', '60s');
    if (result.code !== 0) throw new Error(`${result.stdout}${result.stderr}\n${skep.log}`);
  };
  const status = () => skep.get<AppStatus>(`/apps/${project}`);
  const names = async () => [...(await containersOf(docker, project)).keys()].sort();

  it('starts every service of a new app, and wait returns 0', async () => {
    await wait(await repo.git('rev-parse', 'HEAD'));
    expect(await names()).toEqual([`${project}-web-1`, `${project}-worker-1`]);
    expect((await status()).health).toBe('Healthy');
  });

  it('replaces exactly the container whose environment changed', async () => {
    const before = await containersOf(docker, project);
    const files = { 'shop/compose.yaml': compose({ web: web('two'), worker: {} }) };
    await wait(await repo.push(files));
    const after = await containersOf(docker, project);
    expect(after.get(`${project}-web-1`)?.env).toContain('GREETING=two');
    expect(after.get(`${project}-web-1`)?.id).not.toBe(before.get(`${project}-web-1`)?.id);
    expect(after.get(`${project}-worker-1`)).toEqual(before.get(`${project}-worker-1`));
  });

  it('scales from one to three and back without touching the first', async () => {
    const first = (await containersOf(docker, project)).get(`${project}-web-1`);
    const scaled = (replicas: number) => ({
      'shop/compose.yaml': compose({ web: web('two', { deploy: { replicas } }), worker: {} }),
    });
    await wait(await repo.push(scaled(3)));
    expect((await names()).filter((name) => name.includes('-web-'))).toHaveLength(3);
    await wait(await repo.push(scaled(1)));
    expect(await names()).toEqual([`${project}-web-1`, `${project}-worker-1`]);
    expect((await containersOf(docker, project)).get(`${project}-web-1`)).toEqual(first);
  });

  it('changes nothing for a manifest with issues, and shows them', async () => {
    const before = await containersOf(docker, project);
    const sha = await repo.push({ 'shop/app.yaml': app.replace('"compose"', '"compsoe"') });
    const result = await skep.cli('wait', '--rev', sha, '--timeout', '30s');
    expect(result.code).toBe(4);
    expect(`${result.stdout}${result.stderr}`).toContain('shop/app.yaml:1:');
    expect(await containersOf(docker, project)).toEqual(before);
    await wait(await repo.push({ 'shop/app.yaml': app }));
    expect(await containersOf(docker, project)).toEqual(before);
  });

  it('heals a container that was removed by hand', async () => {
    const before = (await containersOf(docker, project)).get(`${project}-worker-1`);
    await docker.getContainer(before?.id ?? '').remove({ force: true });
    const healed = await eventually(
      'the worker to be back',
      async () => {
        const worker = (await containersOf(docker, project)).get(`${project}-worker-1`);
        return worker?.state === 'running' ? worker : undefined;
      },
      5_000,
    );
    expect(healed.id).not.toBe(before?.id);
  });

  it('leaves a missing image to the world: the old one serves, and it heals by itself', async () => {
    const before = (await containersOf(docker, project)).get(`${project}-web-1`);
    const image = `skep-test/late-${randomBytes(3).toString('hex')}:1`;
    const sha = await repo.push({
      'shop/compose.yaml': compose({ web: web('two', { image }), worker: {} }),
    });
    await eventually('ImageNotFound', async () => {
      const { conditions } = await status();
      return conditions.some(({ reason }) => reason === 'ImageNotFound' || reason === 'PullFailed');
    });
    expect((await containersOf(docker, project)).get(`${project}-web-1`)).toEqual(before);
    const [name = '', tag = ''] = image.split(':');
    await docker.getImage(OTHER_IMAGE).tag({ repo: name, tag });
    await eventually('the app on the image that appeared', async () => {
      const container = (await containersOf(docker, project)).get(`${project}-web-1`);
      return container?.state === 'running' && container.id !== before?.id;
    });
    await wait(sha);
    await wait(await repo.push({ 'shop/compose.yaml': compose({ web: web('two'), worker: {} }) }));
    await docker.getImage(image).remove({ force: true });
  });

  it('rolls back a service whose health check never passes, and does not retry it', async () => {
    const before = (await containersOf(docker, project)).get(`${project}-web-1`);
    const failing = {
      test: ['CMD', 'false'],
      interval: '300ms',
      timeout: '1s',
      retries: 2,
      start_period: '0s',
    };
    const sha = await repo.push({
      'shop/compose.yaml': compose({ web: web('bad', { healthcheck: failing }), worker: {} }),
    });
    const result = await skep.cli('wait', '--rev', sha, '--timeout', '60s');
    expect(result.code).toBe(4);
    const after = (await containersOf(docker, project)).get(`${project}-web-1`);
    expect(after?.id).toBe(before?.id);
    expect(after?.state).toBe('running');
    expect((await status()).health).toBe('Degraded');
    expect(await names()).toEqual([`${project}-web-1`, `${project}-worker-1`]);
  });

  it('comes back after kill -9 without touching a container', async () => {
    await wait(await repo.push({ 'shop/compose.yaml': compose({ web: web('two'), worker: {} }) }));
    const before = await containersOf(docker, project);
    await skep.restart('SIGKILL');
    await wait(await repo.git('rev-parse', 'HEAD'));
    expect(await containersOf(docker, project)).toEqual(before);
  });

  it('removes an app that is no longer declared, and keeps a stranger of the same engine', async () => {
    const stranger = await docker.createContainer({ Image: TEST_IMAGE });
    await stranger.start();
    const sha = await repo.push({ shop: null });
    await wait(sha);
    expect(await names()).toEqual([]);
    expect((await stranger.inspect()).State.Running).toBe(true);
    await stranger.remove({ force: true });
  });
});
