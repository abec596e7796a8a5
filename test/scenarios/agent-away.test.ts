import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry, HostStatus } from '../../schemas/domain/index.ts';
import type { Daemons } from '../support/daemons.ts';
import { eventually } from '../support/eventually.ts';
import { Scenario } from '../support/scenario.ts';

const AWAY_MS = 30_000;

describe('a host', () => {
  let scene: Scenario<Daemons>;
  const shop = (value: string) =>
    scene.app('shop', { services: { web: { environment: { VALUE: value } } } });
  const host = async () =>
    (await scene.skep.get<{ items: readonly HostStatus[] }>('/hosts')).items[0];
  const audits = async () =>
    (await scene.skep.get<{ items: readonly AuditEntry[] }>('/audit')).items;
  const value = async () =>
    (await scene.container('shop', 'web')).env.find((text) => text.startsWith('VALUE='));

  beforeAll(async () => {
    scene = await Scenario.daemons();
    await scene.deploy(shop('one'));
  });
  afterEach(() => scene?.skep.wire.mend());
  afterAll(() => scene?.destroy());

  it('that is unreachable for 30 s is shown offline, keeps its apps running and catches up', async () => {
    const before = await scene.containers('shop');
    const cutAt = performance.now();
    scene.skep.wire.cut();
    const sha = await scene.repo.push(shop('two'));
    const status = await scene.reason('shop', 'HostOffline', AWAY_MS);
    expect(status.health).toBe('Unknown');
    expect((await host())?.state).toBe('offline');
    await eventually('30 s', () => performance.now() - cutAt > AWAY_MS, 2 * AWAY_MS);
    expect(await scene.containers('shop')).toEqual(before);
    scene.skep.wire.mend();
    await scene.applied(sha);
    expect(await value()).toBe('VALUE=two');
    expect((await host())?.state).toBe('online');
  });

  it('that its owner paused refuses everything, says so, and goes on when resumed', async () => {
    const before = await scene.containers('shop');
    const paused = await scene.skep.cliOnHost(
      ...['agent', 'pause', '--for', '1h', '--reason', 'disk swap'],
    );
    expect(paused.stdout).toContain('disk swap');
    await eventually('the pause', async () => (await host())?.paused?.reason === 'disk swap');
    const mark = scene.proxy.mark();
    const sha = await scene.repo.push(shop('three'));
    const status = await scene.reason('shop', 'HostPaused');
    expect(status.sync).toBe('OutOfSync');
    expect(await scene.containers('shop')).toEqual(before);
    expect(scene.proxy.mutating(mark)).toEqual([]);
    await scene.skep.cliOnHost('agent', 'resume');
    await scene.applied(sha);
    expect(await value()).toBe('VALUE=three');
    const [resume, pause] = (await audits()).filter(({ action }) => /pause|resume/.test(action));
    expect(pause).toMatchObject({ actor: 'host:local', action: 'host.pause' });
    expect(pause?.detail).toMatchObject({ reason: 'disk swap' });
    expect(resume).toMatchObject({ actor: 'host:local', action: 'host.resume' });
  });

  it('stays paused over a restart of the agent, and goes on by itself when the time is up', async () => {
    const pause = async (time: string) =>
      await scene.skep.cliOnHost('agent', 'pause', '--for', time, '--reason', 'a moment');
    await pause('1h');
    await scene.skep.agent.stop();
    scene.skep.agent.start();
    await eventually('the pause', async () => (await host())?.paused?.reason === 'a moment');
    const sha = await scene.repo.push(shop('four'));
    await scene.reason('shop', 'HostPaused');
    await pause('2s');
    await scene.applied(sha);
    expect(await value()).toBe('VALUE=four');
  });

  it('whose policy file forbids it refuses, whatever git says', async () => {
    const before = await scene.containers('shop');
    await scene.skep.writePolicy('denyBinds: [/srv]\n');
    const service = { volumes: ['/srv:/srv:ro'], environment: { VALUE: 'five' } };
    await scene.repo.push(scene.app('shop', { services: { web: service } }));
    await scene.reason('shop', 'HostPolicy');
    const after = [...(await scene.containers('shop')).values()].map(({ id, state }) => [
      id,
      state,
    ]);
    expect(after).toEqual([...before.values()].map(({ id }) => [id, 'running']));
    await scene.deploy(shop('six'));
  });
});
