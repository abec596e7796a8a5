import { describe, expect, it } from 'vitest';
import type { HostOperation } from '../../schemas/domain/index.ts';
import { AgentFixture, ownLabels } from '../testing/agent-fixture.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import type { FakeCall, Fault } from '../testing/fault-script.ts';

type Fields = Parameters<AgentFixture['run']>[0];

interface Case {
  readonly kind: HostOperation['kind'];
  readonly call: FakeCall;
  readonly fields: Fields;
  /** Brings the host to where the operation has something to do. */
  readonly prepare: (engine: FakeEngine) => void;
  /** True once it is done. */
  readonly done: (engine: FakeEngine) => boolean;
}

const Labels = ownLabels();
const image = 'skep-test/app:1';
const labelled = { Name: 'x', Labels };

function withContainer(state: 'created' | 'running' | 'paused' | 'exited') {
  return (engine: FakeEngine) => {
    engine.host.create('a', { Image: image, Labels });
    if (state !== 'created') engine.host.start('a');
    if (state === 'paused') engine.host.pause('a', true);
    if (state === 'exited') engine.host.stop('a');
  };
}

const state = (engine: FakeEngine) => engine.host.container('a')?.state;

const CASES: readonly Case[] = [
  {
    kind: 'create-container',
    call: 'createContainer',
    fields: {
      kind: 'create-container',
      name: 'a',
      specHash: 'v1:a',
      body: { Image: image, Labels },
    },
    prepare: () => {},
    done: (engine) => state(engine) === 'created',
  },
  {
    kind: 'start-container',
    call: 'startContainer',
    fields: { kind: 'start-container', target: 'a' },
    prepare: withContainer('created'),
    done: (engine) => state(engine) === 'running',
  },
  {
    kind: 'stop-container',
    call: 'stopContainer',
    fields: { kind: 'stop-container', target: 'a', timeoutS: 10 },
    prepare: withContainer('running'),
    done: (engine) => state(engine) === 'exited',
  },
  {
    kind: 'unpause-container',
    call: 'unpauseContainer',
    fields: { kind: 'unpause-container', target: 'a' },
    prepare: withContainer('paused'),
    done: (engine) => state(engine) === 'running',
  },
  {
    kind: 'remove-container',
    call: 'removeContainer',
    fields: { kind: 'remove-container', target: 'a' },
    prepare: withContainer('exited'),
    done: (engine) => state(engine) === undefined,
  },
  {
    kind: 'rename-container',
    call: 'renameContainer',
    fields: { kind: 'rename-container', target: 'a', name: 'b' },
    prepare: withContainer('created'),
    done: (engine) => engine.host.container('b') !== undefined,
  },
  {
    kind: 'update-container',
    call: 'updateContainer',
    fields: { kind: 'update-container', target: 'a', body: { Memory: 1024 } },
    prepare: withContainer('running'),
    done: (engine) => engine.host.present('a').hostConfig.Memory === 1024,
  },
  {
    kind: 'connect-network',
    call: 'connectNetwork',
    fields: { kind: 'connect-network', network: 'x', target: 'a', body: {} },
    prepare: (engine) => {
      withContainer('running')(engine);
      engine.host.createNetwork('x', Labels);
    },
    done: (engine) => engine.host.present('a').networks.has('x'),
  },
  {
    kind: 'disconnect-network',
    call: 'disconnectNetwork',
    fields: { kind: 'disconnect-network', network: 'bridge', target: 'a' },
    prepare: withContainer('running'),
    done: (engine) => !engine.host.present('a').networks.has('bridge'),
  },
  {
    kind: 'create-network',
    call: 'createNetwork',
    fields: { kind: 'create-network', name: 'x', body: labelled },
    prepare: () => {},
    done: (engine) => engine.host.network('x') !== undefined,
  },
  {
    kind: 'remove-network',
    call: 'removeNetwork',
    fields: { kind: 'remove-network', network: 'x', name: 'x' },
    prepare: (engine) => engine.host.createNetwork('x', Labels),
    done: (engine) => engine.host.network('x') === undefined,
  },
  {
    kind: 'create-volume',
    call: 'createVolume',
    fields: { kind: 'create-volume', name: 'x', body: labelled },
    prepare: () => {},
    done: (engine) => engine.host.volumes.has('x'),
  },
  {
    kind: 'remove-volume',
    call: 'removeVolume',
    fields: { kind: 'remove-volume', name: 'x' },
    prepare: (engine) => engine.host.createVolume('x', Labels),
    done: (engine) => !engine.host.volumes.has('x'),
  },
];

const WITHOUT_EFFECT: readonly Fault[] = [
  { kind: 'before', status: 500 },
  { kind: 'before', status: 503 },
  { kind: 'before' },
  { kind: 'hang-before' },
];

const WITH_EFFECT: readonly Fault[] = [
  { kind: 'after', status: 500 },
  { kind: 'after', status: 409, message: 'conflict' },
  { kind: 'after', status: 404, message: 'no such object' },
  { kind: 'after' },
  { kind: 'hang-after' },
];

const HOURS = 3_600_000;

async function world({ prepare }: Case) {
  const engine = new FakeEngine();
  const clock = new DrivenClock();
  engine.host.addImage(image);
  prepare(engine);
  const agent = await AgentFixture.start({ engine, clock });
  return { engine, clock, agent };
}

async function meet(fault: Fault, met: Case) {
  const { engine, clock, agent } = await world(met);
  engine.faults.plan(met.call, fault);
  const running = agent.run(met.fields, { deadlineMs: HOURS });
  await clock.advance(200_000);
  return { engine, clock, agent, outcome: await running };
}

describe.each(CASES)('$kind', (met) => {
  it.each(WITH_EFFECT)(
    'that was done although the engine failed ($kind $status) is done',
    async (fault) => {
      const { engine, agent, outcome } = await meet(fault, met);
      expect(['done', 'unchanged']).toContain(outcome.status);
      expect(met.done(engine)).toBe(true);
      await agent.stop();
    },
  );

  it.each(WITHOUT_EFFECT)(
    'that was not done ($kind $status) fails, and succeeds when asked again',
    async (fault) => {
      const { engine, agent, outcome } = await meet(fault, met);
      expect(outcome.error?.fault).toBe('world');
      expect(met.done(engine)).toBe(false);
      expect((await agent.run(met.fields)).status).toBe('done');
      expect(met.done(engine)).toBe(true);
      expect(engine.changes).toHaveLength(1);
      await agent.stop();
    },
  );

  it('fails as unreachable while the engine is down', async () => {
    const { engine, agent } = await world(met);
    engine.goDown();
    const { error } = await agent.run(met.fields);
    expect(error).toMatchObject({ code: 'EngineUnreachable', fault: 'world' });
    engine.comeUp();
    await agent.stop();
  });
});
