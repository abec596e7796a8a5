import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMPOSE_LABEL, type HostOperation } from '../../schemas/domain/index.ts';
import { AgentFixture, INSTALLATION, ownLabels } from '../testing/agent-fixture.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { MemoryJournalFile } from '../testing/memory-stores.ts';

const IMAGE = 'skep-test/app:1';
const COMPOSED = {
  [COMPOSE_LABEL.project]: 'web',
  [COMPOSE_LABEL.service]: 'web',
  [COMPOSE_LABEL.number]: '1',
};
const OWNER = { installation: INSTALLATION, app: 'shop/web', specHash: 'v1:a' };

type Adoption = Extract<HostOperation, { readonly kind: 'adopt' }>;

describe('an executor that takes over what others made', () => {
  let engine: FakeEngine;
  let clock: DrivenClock;
  let journalFile: MemoryJournalFile;
  let agent: AgentFixture;

  const start = () => AgentFixture.start({ engine, clock, journalFile });
  const adopt = (over: Partial<Adoption>) => {
    const fields = { object: 'container', target: '', key: 'web', number: 1, specHash: 'v1:a' };
    return agent.run({ kind: 'adopt', ...fields, ...over } as Adoption);
  };
  const foreign = (name: string, labels: Readonly<Record<string, string>> = COMPOSED) =>
    engine.host.create(name, { Image: IMAGE, Labels: labels, Env: ['PASSWORD=hunter2'] });
  const shown = async () => {
    const { containers, networks, volumes } = await agent.observer.snapshot(
      new AbortController().signal,
    );
    return { containers, networks, volumes };
  };

  beforeEach(async () => {
    engine = new FakeEngine();
    engine.host.addImage(IMAGE);
    clock = new DrivenClock();
    journalFile = new MemoryJournalFile();
    agent = await start();
  });

  afterEach(() => agent.stop());

  it('tells of a foreign container whose it says it is, and no value of its configuration', async () => {
    foreign('web_web_1');
    const [container] = (await shown()).containers;
    expect(container).toMatchObject({
      name: 'web_web_1',
      image: IMAGE,
      compose: { project: 'web', service: 'web', number: 1 },
    });
    expect(container?.owner).toBeUndefined();
    expect(Object.keys(container?.config?.fields ?? {})).toContain('environment.PASSWORD');
    expect(JSON.stringify(container)).not.toContain('hunter2');
  });

  it('writes down whose it is, and changes nothing on the engine', async () => {
    const { id } = foreign('web_web_1');
    expect(await adopt({ target: id })).toMatchObject({ status: 'done' });
    const told = agent.deltas.at(-1)?.containers[0];
    expect(told).toMatchObject({
      id,
      adopted: true,
      recorded: true,
      owner: { ...OWNER, service: 'web', number: 1 },
    });
    expect(told?.config?.fields).toHaveProperty(['environment.PASSWORD']);
    expect(engine.changes).toEqual([]);
    expect(await adopt({ target: id })).toMatchObject({ status: 'unchanged' });
  });

  it('remembers it over a restart, and then changes and removes it as its own', async () => {
    const { id } = foreign('web_web_1');
    await adopt({ target: id });
    await agent.stop();
    agent = await start();
    expect((await shown()).containers[0]).toMatchObject({ owner: OWNER, adopted: true });
    const later = (name: string) => ({ operationId: `later-${name}` });
    const outcomes = [
      await agent.run({ kind: 'start-container', target: id }, later('start')),
      await agent.run({ kind: 'stop-container', target: id, timeoutS: 1 }, later('stop')),
      await agent.run({ kind: 'remove-container', target: id }, later('remove')),
    ];
    expect(outcomes.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(journalFile.text).toContain(`{"t":"forget","container":"${id}"}`);
  });

  it('takes over networks by id and volumes by name, until they are gone', async () => {
    const network = engine.host.createNetwork('web_default', {});
    engine.host.createVolume('web_data', {});
    await adopt({ object: 'network', target: network.id, key: 'default', number: 0 });
    await adopt({ object: 'volume', target: 'web_data', key: 'data', number: 0 });
    const { networks, volumes } = await shown();
    expect(networks.find(({ name }) => name === 'web_default')?.owner).toEqual({
      ...OWNER,
      object: 'default',
    });
    expect(volumes[0]?.owner).toEqual({ ...OWNER, object: 'data' });
    expect(
      await agent.run({ kind: 'remove-network', network: network.id, name: 'web_default' }),
    ).toMatchObject({ status: 'done' });
    engine.host.removeVolume('web_data');
    engine.host.createVolume('web_data', {});
    expect((await shown()).volumes[0]?.owner).toBeUndefined();
    const refused = await agent.run({ kind: 'remove-volume', name: 'web_data' });
    expect(refused.error?.code).toBe('NotOwned');
  });

  it('still owns a volume whose age is another one, as engines tell it after a write', async () => {
    engine.host.createVolume('web_data', {});
    await adopt({ object: 'volume', target: 'web_data', key: 'data', number: 0 });
    const volume = engine.host.volumes.get('web_data');
    if (volume) engine.host.volumes.set('web_data', { ...volume, createdAt: '2030-01-01' });
    expect((await shown()).volumes[0]?.owner).toEqual({ ...OWNER, object: 'data' });
    const removed = await agent.run({ kind: 'remove-volume', name: 'web_data' });
    expect(removed.status).toBe('done');
    expect(journalFile.text).toContain('{"t":"forget","container":"volume web_data"}');
  });

  it('forgets a volume that went while the agent was away', async () => {
    engine.host.createVolume('web_data', {});
    await adopt({ object: 'volume', target: 'web_data', key: 'data', number: 0 });
    await agent.stop();
    engine.host.removeVolume('web_data');
    agent = await start();
    engine.host.createVolume('web_data', {});
    expect((await shown()).volumes[0]?.owner).toBeUndefined();
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['belongs to shop/other', ownLabels({ 'skep.app': 'shop/other' })],
    ['belongs to shop/web', ownLabels({ 'skep.installation': 'fedcba9876543210' })],
    ['is a task of a swarm service', { 'com.docker.swarm.service.id': 'x' }],
  ])('refuses one that %s', async (words, labels) => {
    const { id } = foreign('a', labels);
    const { error } = await adopt({ target: id });
    expect(error).toMatchObject({ code: 'NotOwned' });
    expect(error?.message).toContain(words);
  });

  it('refuses one that another app has taken over', async () => {
    const { id } = foreign('a');
    await adopt({ target: id });
    const request = agent.request({
      kind: 'adopt',
      object: 'container',
      target: id,
      key: 'web',
      number: 1,
      specHash: 'v1:a',
    });
    const outcome = await agent.executor.execute(
      { ...request, unit: 'shop/other@local' as typeof request.unit },
      () => {},
      new AbortController().signal,
    );
    expect(outcome.error?.code).toBe('NotOwned');
  });

  it.each(['container', 'network', 'volume'] as const)(
    'says so where the %s is not there',
    async (object) => {
      const { error } = await adopt({ object, target: 'f'.repeat(64) });
      expect(error).toMatchObject({ code: 'EngineError', fault: 'world' });
    },
  );

  it('takes over nothing for a project that the host does not let', async () => {
    const { id } = foreign('a');
    agent.policy = { ...agent.policy, adopt: ['default'] };
    expect((await adopt({ target: id })).error).toMatchObject({ code: 'HostPolicy' });
    agent.policy = { ...agent.policy, adopt: ['shop'] };
    expect(await adopt({ target: id })).toMatchObject({ status: 'done' });
  });
});
