import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SkepEvent } from '../../schemas/domain/index.ts';
import { eventually } from '../support/eventually.ts';
import { Scenario } from '../support/scenario.ts';
import type { Skep } from '../support/skep.ts';

describe('replicas', () => {
  let scene: Scenario<Skep>;

  beforeAll(async () => {
    scene = await Scenario.up();
  });
  afterAll(() => scene?.destroy());

  const shop = (value: string, replicas: number, update: object = {}, command?: string) =>
    scene.app('shop', {
      services: {
        web: {
          restart: 'always',
          environment: { VALUE: value },
          deploy: { replicas, update_config: { monitor: '500ms', ...update } },
          ...(command && { command: ['sh', '-c', command] }),
        },
      },
    });
  /** The value each replica runs with, by number. */
  const values = async () => {
    const found = [...(await scene.containers('shop'))];
    return Object.fromEntries(
      found.map(([name, { env, state }]) => [
        name.slice(`${scene.name('shop')}-web-`.length),
        `${env.find((one) => one.startsWith('VALUE='))?.slice(6)}${state === 'running' ? '' : ` ${state}`}`,
      ]),
    );
  };
  it('are scaled up and down without touching the others', async () => {
    await scene.deploy(shop('one', 2));
    const before = await scene.containers('shop');
    const mark = scene.proxy.mark();
    await scene.deploy(shop('one', 3));
    await scene.deploy(shop('one', 2));
    expect(await scene.containers('shop')).toEqual(before);
    const made = scene.proxy.mutating(mark).map(({ method, path }) => `${method} ${path}`);
    for (const { id } of before.values()) expect(made.join('\n')).not.toContain(id);
  });

  it('are replaced in batches, and each step is told', async () => {
    await scene.deploy(shop('one', 4));
    const mark = scene.proxy.mark();
    const batches = { parallelism: 2, delay: '2s', order: 'start-first' };
    const sha = await scene.repo.push(shop('two', 4, batches));
    const { code, output } = await scene.wait(sha);
    expect(code).toBe(0);
    expect(output).toMatch(/step \d+ of \d+: waiting until .*-web-1 is ready/);
    const creates = scene.proxy
      .mutating(mark)
      .filter(({ path, status }) => path === '/containers/create' && status === 201)
      .map(({ atMs }) => atMs);
    expect(creates).toHaveLength(4);
    // The second batch comes when the first one has stood for the time between them.
    expect((creates[2] ?? 0) - (creates[1] ?? 0)).toBeGreaterThanOrEqual(2_000);
    expect(await values()).toEqual({ '1': 'two', '2': 'two', '3': 'two', '4': 'two' });
    const { items } = await scene.skep.get<{ items: readonly SkepEvent[] }>('/events?limit=200');
    const steps = items.filter(({ type, revision }) => type === 'operation' && revision === sha);
    expect(steps.length).toBeGreaterThanOrEqual(2);
    expect(steps[0]?.data).toMatchObject({ services: ['web'] });
  });

  it('stop at a batch that fails: the old ones serve', async () => {
    await scene.deploy(shop('one', 3));
    const before = await scene.containers('shop');
    const sha = await scene.repo.push(shop('bad', 3, {}, 'echo broken; exit 3'));
    expect((await scene.wait(sha)).code).toBe(4);
    expect(await values()).toEqual({ '1': 'one', '2': 'one', '3': 'one' });
    const after = await scene.containers('shop');
    for (const number of [2, 3]) {
      const name = `${scene.name('shop')}-web-${number}`;
      expect(after.get(name)).toEqual(before.get(name));
    }
    const { units, health } = await scene.status('shop');
    expect(health).toBe('Degraded');
    expect(units[0]?.logs.join('\n')).toContain('broken');
  });

  it('all go back where one fails and its author says so', async () => {
    const update = { failure_action: 'rollback' };
    await scene.deploy(shop('one', 3, update));
    const before = await scene.containers('shop');
    const hosts = scene.app('shop', {
      services: {
        web: {
          restart: 'always',
          environment: { VALUE: 'bad' },
          volumes: ['state:/state'],
          'x-skep': { shared: true },
          deploy: { replicas: 3, update_config: { monitor: '1s', ...update } },
          // The first two to come run, the third one ends.
          command: [
            'sh',
            '-c',
            'for n in 1 2; do mkdir /state/$n 2>/dev/null && while :; do sleep 1; done; done; exit 3',
          ],
        },
      },
      more: { volumes: { state: {} } },
    });
    const sha = await scene.repo.push(hosts);
    expect((await scene.wait(sha)).code).toBe(4);
    expect(await values()).toEqual({ '1': 'one', '2': 'one', '3': 'one' });
    const after = await scene.containers('shop');
    expect([...after.values()].map(({ id }) => id).sort()).toEqual(
      [...before.values()].map(({ id }) => id).sort(),
    );
  });

  it('go on without one that fails where its author says so', async () => {
    const update = { failure_action: 'continue' };
    await scene.deploy(shop('one', 3, update));
    const more = { volumes: { marks: {} } };
    const service = {
      restart: 'always',
      environment: { VALUE: 'two' },
      volumes: ['marks:/marks'],
      'x-skep': { shared: true },
      deploy: { replicas: 3, update_config: { monitor: '1s', ...update } },
      // The first one to come ends, however often it is started; the others run.
      command: [
        'sh',
        '-c',
        'mkdir /marks/first 2>/dev/null && hostname > /marks/bad; [ "$(cat /marks/bad)" = "$(hostname)" ] && exit 3; while :; do sleep 1; done',
      ],
    };
    const sha = await scene.repo.push(scene.app('shop', { services: { web: service }, more }));
    expect((await scene.wait(sha)).code).toBe(4);
    await eventually('two replicas of three to be new', async () => {
      const all = Object.values(await values()).sort();
      return all.join() === 'one,two,two';
    });
    expect((await scene.status('shop')).health).toBe('Degraded');
  });
});
