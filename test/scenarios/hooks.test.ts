import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemons } from '../support/daemons.ts';
import { eventually } from '../support/eventually.ts';
import { type AppFiles, Scenario } from '../support/scenario.ts';

const HOOKS = { rollout: { hooks: { before: ['migrate'], after: ['smoke'] } } };
const ONCE = { profiles: ['hook'], restart: 'no' };

describe('hooks of a rollout', () => {
  let scene: Scenario<Daemons>;

  beforeAll(async () => {
    scene = await Scenario.daemons();
    await scene.deploy(shop('one'));
  });
  afterAll(() => scene?.destroy());

  const shop = (value: string, migrate = 'echo migrated', spec: AppFiles['spec'] = HOOKS) =>
    scene.app('shop', {
      services: {
        web: { restart: 'always', environment: { VALUE: value } },
        migrate: { ...ONCE, environment: { VALUE: value }, command: ['sh', '-c', migrate] },
        smoke: { ...ONCE, command: ['sh', '-c', 'echo "all is well"'] },
      },
      spec,
    });
  /** So many containers of each were made since the mark. */
  const made = (mark: number) => {
    const creates = scene.proxy
      .mutating(mark)
      .filter(({ path, status }) => path === '/containers/create' && status === 201);
    const count = (service: string) =>
      creates.filter(({ query }) => query.includes(`-${service}-1`)).length;
    return { migrate: count('migrate'), web: count('web'), smoke: count('smoke') };
  };
  const times = async (service: string) => {
    const { id } = await scene.container('shop', service);
    const { State, Created } = await scene.docker.getContainer(id).inspect();
    return {
      created: Date.parse(Created),
      started: Date.parse(State.StartedAt),
      finished: Date.parse(State.FinishedAt),
    };
  };
  const running = (service: string) =>
    eventually(`${service} to run`, async () => {
      const found = (await scene.containers('shop')).get(`${scene.name('shop')}-${service}-1`);
      return found?.state === 'running' && found;
    });

  it('run once for a push: before anything is replaced, and when all is ready', async () => {
    const mark = scene.proxy.mark();
    await scene.deploy(shop('two'));
    const [migrate, web, smoke] = [
      await times('migrate'),
      await times('web'),
      await times('smoke'),
    ];
    expect(web.created).toBeGreaterThanOrEqual(migrate.finished);
    expect(smoke.created).toBeGreaterThanOrEqual(web.started);
    expect(made(mark)).toEqual({ migrate: 1, web: 1, smoke: 1 });
    const { units, health } = await scene.status('shop');
    expect(health).toBe('Healthy');
    expect(units[0]?.services.map(({ service, reason }) => `${service} ${reason}`)).toEqual([
      'migrate Completed',
      'smoke Completed',
      'web AllHealthy',
    ]);
  });

  it('do not run for a commit that changes nothing of the app, nor for what is healed', async () => {
    const mark = scene.proxy.mark();
    await scene.deploy({ 'README.md': 'nothing of an app' });
    const { id } = await scene.container('shop', 'web');
    await scene.docker.getContainer(id).remove({ force: true });
    await eventually('another web', async () => {
      const web = (await scene.containers('shop')).get(`${scene.name('shop')}-web-1`);
      return web?.state === 'running' && web.id !== id;
    });
    expect(made(mark)).toEqual({ migrate: 0, web: 1, smoke: 0 });
  });

  it('are not run twice by kill -9 of the controller and the agent while they run', async () => {
    const mark = scene.proxy.mark();
    const sha = await scene.repo.push(shop('three', 'sleep 3; echo migrated'));
    const hook = await running('migrate');
    await scene.skep.controller.stop('SIGKILL');
    await scene.skep.agent.stop('SIGKILL');
    await scene.skep.startController();
    scene.skep.agent.start();
    await scene.applied(sha);
    expect(made(mark)).toEqual({ migrate: 1, web: 1, smoke: 1 });
    expect(await scene.container('shop', 'migrate')).toMatchObject({
      id: hook.id,
      startedAt: hook.startedAt,
    });
  });

  it('that fail before it stop a rollout, with nothing replaced, until the content changes', async () => {
    const before = await scene.container('shop', 'web');
    const mark = scene.proxy.mark();
    const sha = await scene.repo.push(shop('four', 'echo "table is locked"; exit 7'));
    const { code, output } = await scene.wait(sha);
    expect(code).toBe(4);
    expect(output).toContain('exited with code 7; nothing was replaced');
    const { units, health } = await scene.status('shop');
    expect(health).toBe('Degraded');
    expect(units[0]?.logs).toContain('table is locked');
    await scene.skep.controller.stop('SIGKILL');
    await scene.skep.startController();
    await scene.reason('shop', 'HookFailed');
    expect(await scene.container('shop', 'web')).toEqual(before);
    expect(made(mark)).toEqual({ migrate: 1, web: 0, smoke: 0 });
    await scene.deploy(shop('five'));
    expect(made(mark)).toEqual({ migrate: 2, web: 1, smoke: 1 });
  });

  it('end with the deadline of the rollout', async () => {
    const before = await scene.container('shop', 'web');
    const short = { rollout: { ...HOOKS.rollout, deadline: '3s' } };
    const sha = await scene.repo.push(shop('six', 'echo waiting; sleep 1000', short));
    const { code, output } = await scene.wait(sha);
    expect([code, output]).toEqual([4, expect.stringContaining('not completed after 3 s')]);
    await eventually('the hook to be ended', async () => {
      return (await scene.container('shop', 'migrate')).state === 'exited';
    });
    expect(await scene.container('shop', 'web')).toEqual(before);
  });
});
