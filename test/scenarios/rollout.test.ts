import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OTHER_IMAGE } from '../support/engine.ts';
import { ENDLESS, FAILING, PASSING, Scenario, START_FIRST } from '../support/scenario.ts';

describe('a rollout', () => {
  let scene: Scenario;
  const web = (value: string, more: object = {}) => ({
    environment: { GREETING: value },
    deploy: START_FIRST,
    ...more,
  });
  const shop = (service: object) => scene.app('shop', { services: { web: { ...service } } });

  beforeAll(async () => {
    scene = await Scenario.up();
    await scene.deploy(shop(web('one')));
  });
  afterAll(() => scene?.destroy());

  it('start-first whose health check never passes leaves the old container serving', async () => {
    const before = await scene.containers('shop');
    const command = ['sh', '-c', 'echo "cannot find my way"; while :; do sleep 1; done'];
    const sha = await scene.repo.push(shop(web('bad', { healthcheck: FAILING, command })));
    const mark = scene.proxy.mark();
    expect((await scene.wait(sha)).code).toBe(4);
    // Equal in id and start: it was neither stopped nor started meanwhile.
    expect(await scene.containers('shop')).toEqual(before);
    const { health, units } = await scene.status('shop');
    expect(health).toBe('Degraded');
    expect(units[0]?.logs.join('\n')).toContain('cannot find my way');
    const creates = scene.proxy.mutating(mark).filter(({ path }) => path === '/containers/create');
    expect(creates).toHaveLength(1);
  });

  it('that failed is not tried again by commits that do not change it', async () => {
    const before = await scene.containers('shop');
    const mark = scene.proxy.mark();
    const command = ['sh', '-c', 'echo "cannot find my way"; while :; do sleep 1; done'];
    const files = scene.app('shop', {
      services: { web: web('bad', { healthcheck: FAILING, command }) },
      spec: { rollout: { deadline: '9m' } },
    });
    const sha = await scene.repo.push(files);
    await scene.seen('shop', sha);
    expect(scene.proxy.mutating(mark)).toEqual([]);
    expect(await scene.containers('shop')).toEqual(before);
  });

  it('goes back to the old content by a force-push, and a revert brings the old image back', async () => {
    const good = await scene.deploy(shop(web('one')));
    const before = await scene.container('shop', 'web');
    const bad = await scene.deploy(shop(web('one', { image: OTHER_IMAGE })));
    expect((await scene.container('shop', 'web')).image).toBe(OTHER_IMAGE);
    await scene.repo.git('reset', '-q', '--hard', good);
    await scene.repo.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await scene.applied(good);
    expect((await scene.container('shop', 'web')).image).toBe(before.image);
    await scene.repo.git('reset', '-q', '--hard', bad);
    await scene.repo.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await scene.applied(bad);
    await scene.repo.git('revert', '--no-edit', bad);
    await scene.repo.git('push', '-q', 'origin', 'HEAD:main');
    await scene.applied(await scene.repo.git('rev-parse', 'HEAD'));
    expect((await scene.container('shop', 'web')).image).toBe(before.image);
  });

  it('that waits for health without end does not delay another app', async () => {
    const slow = scene.app('slow', { services: { web: { healthcheck: ENDLESS } } });
    await scene.repo.push(slow);
    await scene.reason('slow', 'RollingOut');
    const sha = await scene.repo.push(shop(web('beside')));
    await scene.reason('slow', 'RollingOut');
    await scene.applied(sha);
    expect((await scene.container('shop', 'web')).env).toContain('GREETING=beside');
    expect((await scene.status('slow')).health).toBe('Progressing');
  });

  it('of an app that waits for another begins by itself once that one is ready', async () => {
    const first = scene.app('first', { services: { web: { healthcheck: PASSING } } });
    const second = scene.app('second', {
      services: { web: {} },
      spec: { dependsOn: [scene.name('first')] },
    });
    await scene.deploy({ ...first, ...second });
    const [awaited, waiting] = [
      await scene.container('first', 'web'),
      await scene.container('second', 'web'),
    ];
    expect(Date.parse(waiting.startedAt)).toBeGreaterThan(Date.parse(awaited.startedAt));
  });
});
