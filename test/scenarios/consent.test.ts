import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Scenario } from '../support/scenario.ts';

describe('what an app says about being changed', () => {
  let scene: Scenario;
  const shop = (value: string, spec: object = {}) =>
    scene.app('shop', {
      services: { web: { environment: { VALUE: value }, restart: 'unless-stopped' } },
      spec: { ...spec },
    });

  beforeAll(async () => {
    scene = await Scenario.up();
    await scene.deploy(shop('one'));
  });
  afterAll(() => scene?.destroy());

  it('`drift: report` shows drift and leaves it; back at `heal` it is healed', async () => {
    await scene.deploy(shop('one', { drift: 'report' }));
    const { id } = await scene.container('shop', 'web');
    const mark = scene.proxy.mark();
    await scene.docker.getContainer(id).stop({ t: 0 });
    const status = await scene.reason('shop', 'Drifted');
    expect(status.sync).toBe('OutOfSync');
    expect((await scene.container('shop', 'web')).state).toBe('exited');
    expect(scene.proxy.mutating(mark)).toEqual([]);
    await scene.repo.push(shop('one'));
    await eventually('the container to run', async () => {
      const container = await scene.container('shop', 'web');
      return container.state === 'running' && container.id === id;
    });
  });

  it('`drift: report` does not hold back a commit', async () => {
    await scene.deploy(shop('two', { drift: 'report' }));
    expect((await scene.container('shop', 'web')).env).toContain('VALUE=two');
    await scene.deploy(shop('two'));
  });

  it('`suspend` leaves the app as it is, says why, and its end applies what came meanwhile', async () => {
    const before = await scene.containers('shop');
    const mark = scene.proxy.mark();
    await scene.repo.push(shop('three', { suspend: { reason: 'audit of the books' } }));
    const status = await scene.reason('shop', 'Suspended');
    expect(status.health).toBe('Suspended');
    expect(JSON.stringify(status.conditions)).toContain('audit of the books');
    expect(await scene.containers('shop')).toEqual(before);
    expect(scene.proxy.mutating(mark)).toEqual([]);
    await scene.deploy(shop('three'));
    expect((await scene.container('shop', 'web')).env).toContain('VALUE=three');
  });

  it('`suspend` with a time ends by itself', async () => {
    const until = new Date(Date.now() + 3_000).toISOString();
    const sha = await scene.repo.push(shop('four', { suspend: { reason: 'a moment', until } }));
    await scene.reason('shop', 'Suspended');
    await scene.applied(sha);
    expect((await scene.container('shop', 'web')).env).toContain('VALUE=four');
  });
});
