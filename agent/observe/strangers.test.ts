import { beforeEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../testing/fake-engine.ts';
import { Looker } from './look.ts';

const IMAGE = 'skep-test/app:1';
const { signal } = new AbortController();
const NOTHING = {
  recorded: () => false,
  adopted: () => undefined,
  told: () => undefined,
  keys: () => [],
  forget: () => {},
};

describe('a look at foreign containers', () => {
  let engine: FakeEngine;
  let looker: Looker;
  let inspected: string[];

  beforeEach(() => {
    inspected = [];
    engine = new FakeEngine({
      fault: (call, target) => {
        if (call === 'inspectContainer') inspected.push(target);
        return undefined;
      },
    });
    engine.host.addImage(IMAGE);
    looker = new Looker(engine, NOTHING, 'salt');
  });

  it('inspects each once, and again where the list tells of a change', async () => {
    const { id } = engine.host.create('a', { Image: IMAGE });
    const first = await looker.containers(signal);
    const again = await looker.containers(signal);
    expect(again).toEqual(first);
    expect(inspected).toHaveLength(1);
    engine.host.start(id);
    expect((await looker.containers(signal)).get(id)?.state).toBe('running');
    expect(inspected).toHaveLength(2);
  });

  it('tells only names of tasks of a swarm, and of everything where there is no salt', async () => {
    engine.host.create('a', { Image: IMAGE, Labels: { 'com.docker.swarm.task': 'x' } });
    engine.host.createNetwork('n', {});
    engine.host.createVolume('v', {});
    const [task] = (await looker.containers(signal)).values();
    expect(task).toMatchObject({ name: 'a', image: '' });
    const plain = new Looker(engine, NOTHING, undefined);
    const { containers, networks, volumes } = await plain.all(signal);
    const told = [...containers.values(), ...networks.values(), ...volumes.values()];
    expect(told.filter((object) => 'config' in object)).toEqual([]);
  });

  it('describes networks and volumes, but none that every engine has', async () => {
    engine.host.createNetwork('n', { 'com.docker.compose.project': 'p' });
    engine.host.createVolume('v', {});
    const networks = [...(await looker.networks(signal)).values()];
    expect(networks.filter(({ config }) => config).map(({ name }) => name)).toEqual(['n']);
    expect(networks.find(({ name }) => name === 'n')?.compose).toEqual({ project: 'p' });
    expect((await looker.volumes(signal)).get('v')?.config).toBeDefined();
  });
});
