import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemons } from '../support/daemons.ts';
import { eventually } from '../support/eventually.ts';
import { Scenario } from '../support/scenario.ts';

const AFTER_MIGRATION = {
  depends_on: { migrate: { condition: 'service_completed_successfully' } },
};

describe('a one-shot job', () => {
  let scene: Scenario<Daemons>;

  beforeAll(async () => {
    scene = await Scenario.daemons();
  });
  afterAll(() => scene?.destroy());

  const shop = (command: string, web: object = {}) =>
    scene.app('shop', {
      services: {
        migrate: { restart: 'no', command: ['sh', '-c', command] },
        web: { restart: 'always', ...AFTER_MIGRATION, ...web },
      },
    });
  /** Everything that the job has written since it was made: a line for each run. */
  const runs = async (app = 'shop') => {
    const { id } = await scene.container(app, 'migrate');
    const logs = await scene.docker.getContainer(id).logs({ stdout: true });
    return logs.toString().match(/ran once/g)?.length ?? 0;
  };
  const service = async (name: string) => {
    const { units } = await scene.status('shop');
    return units[0]?.services.find((one) => one.service === name);
  };
  const settled = () =>
    eventually('the app to be healthy', async () => {
      const { health, sync } = await scene.status('shop');
      return health === 'Healthy' && sync === 'Synced';
    });

  it('runs before what waits for its end, and is Healthy once it has ended well', async () => {
    await scene.deploy(shop('echo "ran once"; sleep 1'));
    expect(await service('migrate')).toMatchObject({ health: 'Healthy', reason: 'Completed' });
    const [migrate, web] = [
      await scene.container('shop', 'migrate'),
      await scene.container('shop', 'web'),
    ];
    expect([migrate.state, web.state]).toEqual(['exited', 'running']);
    const { State } = await scene.docker.getContainer(migrate.id).inspect();
    expect(Date.parse(web.startedAt)).toBeGreaterThanOrEqual(Date.parse(State.FinishedAt));
    expect(await runs()).toBe(1);
  });

  it('is not run again by kill -9 of controller and agent, with the store lost', async () => {
    const before = await scene.containers('shop');
    const mark = scene.proxy.mark();
    await scene.skep.controller.stop('SIGKILL');
    await scene.skep.agent.stop('SIGKILL');
    for (const file of ['skep.db', 'skep.db-wal', 'skep.db-shm']) {
      await rm(join(scene.skep.controllerDir, file), { force: true });
    }
    await scene.skep.startController();
    scene.skep.agent.start();
    await settled();
    expect(scene.proxy.mutating(mark)).toEqual([]);
    expect(await scene.containers('shop')).toEqual(before);
    expect(await runs()).toBe(1);
  });

  it('is not run again when somebody clears the ended containers off the host', async () => {
    const { id } = await scene.container('shop', 'migrate');
    const mark = scene.proxy.mark();
    await scene.docker.getContainer(id).remove();
    await eventually('the container to be missed', async () => {
      const migrate = await service('migrate');
      return migrate?.containers.length === 0 && migrate;
    });
    expect(await service('migrate')).toMatchObject({ health: 'Healthy', reason: 'Completed' });
    // Another commit that leaves the job as it is replaces web alone.
    await scene.deploy(shop('echo "ran once"; sleep 1', { environment: { VALUE: 'two' } }));
    const creates = scene.proxy.mutating(mark).filter(({ path }) => path === '/containers/create');
    expect(creates).toHaveLength(1);
    expect((await scene.container('shop', 'web')).env).toContain('VALUE=two');
  });

  it('is run again when its spec changes, and what waits for it is left alone', async () => {
    const before = await scene.container('shop', 'web');
    const value = { environment: { VALUE: 'two' } };
    await scene.deploy(shop('echo "ran once"; echo changed', value));
    expect(await runs()).toBe(1);
    expect(await scene.container('shop', 'web')).toEqual(before);
  });

  it('that fails says its exit code and last words, and nothing that waits starts', async () => {
    const before = await scene.container('shop', 'web');
    const changed = { environment: { VALUE: 'three' } };
    const sha = await scene.repo.push(
      shop('echo "ran once"; echo "no such table"; exit 3', changed),
    );
    const { code, output } = await scene.wait(sha);
    expect([code, output]).toEqual([4, expect.stringContaining('exited with code 3')]);
    const { units } = await scene.status('shop');
    expect(units[0]?.logs).toContain('no such table');
    expect(await scene.container('shop', 'web')).toEqual(before);
    await scene.skep.controller.stop('SIGKILL');
    await scene.skep.startController();
    await scene.reason('shop', 'ExitedNonZero');
    expect(await runs()).toBe(1);
    expect(await scene.container('shop', 'web')).toEqual(before);
  });
});
