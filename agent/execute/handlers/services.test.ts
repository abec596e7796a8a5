import { describe, expect, it } from 'vitest';
import { baseOf, observedService } from '../../../engine/swarm/observed.ts';
import type { AppId, EngineBody } from '../../../schemas/domain/index.ts';
import { EngineFailure } from '../../core/engine-failure.ts';
import type { SwarmEngine } from '../../core/swarm-engine.ts';
import type { Context } from '../context.ts';
import { createService, removeService, updateService } from './services.ts';

const LABELS = { 'skep.installation': '0123456789abcdef', 'skep.app': 'default/shop' };
const bodyOf = (Image: string, more: object = {}): EngineBody => ({
  Name: 'shop_web',
  Labels: LABELS,
  TaskTemplate: { ContainerSpec: { Image } },
  Mode: { Replicated: { Replicas: 1 } },
  ...more,
});

interface Written {
  readonly version: number;
  readonly body: EngineBody;
}

/** One service in a swarm; `refusals`: so many updates are out of sequence. */
function swarmOf(spec: EngineBody | undefined, refusals = 0) {
  const written: Written[] = [];
  let present = spec;
  let version = 7;
  let left = refusals;
  const swarm: Partial<SwarmEngine> = {
    listNetworks: async () => [],
    inspectService: async () => present && { ID: 's', Version: { Index: version }, Spec: present },
    createService: async (body) => {
      present = body;
      written.push({ version: 0, body });
    },
    updateService: async (_id, at, body) => {
      if (left > 0) {
        left -= 1;
        version += 1;
        throw new EngineFailure('Overtaken', 'world', 'update out of sequence');
      }
      written.push({ version: at, body });
      present = body;
    },
    removeService: async () => {
      present = undefined;
    },
  };
  const signal = new AbortController().signal;
  const context = {
    swarm: swarm as SwarmEngine,
    policy: { allowPrivileged: false, denyBinds: [] },
    installation: LABELS['skep.installation'],
    app: 'default/shop' as AppId,
    signal,
    stopped: signal,
    touch: () => {},
  } as unknown as Context;
  return { written, context };
}

const base = (spec: EngineBody) => baseOf(observedService({ Spec: spec }, String).fields);
const update = (body: EngineBody, from: EngineBody, keepReplicas = false) =>
  ({ kind: 'update-service', target: 's', body, base: base(from), keepReplicas }) as const;

describe('an update of a service', () => {
  it('is written once at the latest version, and keeps what forces updates', async () => {
    const before = bodyOf('a', { TaskTemplate: { ContainerSpec: { Image: 'a' }, ForceUpdate: 3 } });
    const { written, context } = swarmOf(before);
    expect(await updateService(update(bodyOf('b'), before), context)).toBe('done');
    expect(written).toEqual([
      {
        version: 7,
        body: bodyOf('b', { TaskTemplate: { ContainerSpec: { Image: 'b' }, ForceUpdate: 3 } }),
      },
    ]);
  });

  it('is tried again at a newer version where that is all that is new', async () => {
    const { written, context } = swarmOf(bodyOf('a'), 2);
    expect(await updateService(update(bodyOf('b'), bodyOf('a')), context)).toBe('done');
    expect(written.map(({ version }) => version)).toEqual([9]);
  });

  it('is given up where the version never stands still', async () => {
    const { context } = swarmOf(bodyOf('a'), 99);
    const updated = updateService(update(bodyOf('b'), bodyOf('a')), context);
    await expect(updated).rejects.toMatchObject({ code: 'Overtaken' });
  });

  it('does not overwrite what somebody else has made of the service meanwhile', async () => {
    const { written, context } = swarmOf(bodyOf('other'));
    const updated = updateService(update(bodyOf('b'), bodyOf('a')), context);
    await expect(updated).rejects.toMatchObject({ code: 'Overtaken' });
    expect(written).toEqual([]);
  });

  it('is no call where the service is as asked already', async () => {
    const { written, context } = swarmOf(bodyOf('b'));
    expect(await updateService(update(bodyOf('b'), bodyOf('a')), context)).toBe('unchanged');
    expect(written).toEqual([]);
  });

  it('leaves replicas that are somebody else’s to say', async () => {
    const before = bodyOf('a', { Mode: { Replicated: { Replicas: 5 } } });
    const { written, context } = swarmOf(before);
    await updateService(update(bodyOf('b'), before, true), context);
    expect(written[0]?.body['Mode']).toEqual({ Replicated: { Replicas: 5 } });
  });

  it('touches no service of another app', async () => {
    const foreign = bodyOf('a', { Labels: { ...LABELS, 'skep.app': 'default/other' } });
    const { written, context } = swarmOf(foreign);
    const updated = updateService(update(bodyOf('b'), foreign), context);
    await expect(updated).rejects.toMatchObject({ code: 'NotOwned' });
    const removed = removeService({ kind: 'remove-service', target: 's' }, context);
    await expect(removed).rejects.toMatchObject({ code: 'NotOwned' });
    expect(written).toEqual([]);
  });
});

describe('a new service', () => {
  const create = (body: EngineBody) =>
    ({ kind: 'create-service', name: 'shop_web', body }) as const;

  it('is made once, and is the one that is there where it is as asked', async () => {
    const { written, context } = swarmOf(undefined);
    expect(await createService(create(bodyOf('a')), context)).toBe('done');
    expect(await createService(create(bodyOf('a')), context)).toBe('unchanged');
    expect(written).toHaveLength(1);
  });

  it('is not made over another of its name, nor against the host’s policy', async () => {
    const { context } = swarmOf(bodyOf('a', { Labels: {} }));
    const taken = createService(create(bodyOf('a')), context);
    await expect(taken).rejects.toMatchObject({ code: 'NameTaken' });
    const container = { Image: 'a', CapabilityAdd: ['CAP_SYS_ADMIN'] };
    const strong = bodyOf('a', { TaskTemplate: { ContainerSpec: container } });
    const refused = createService(create(strong), swarmOf(undefined).context);
    await expect(refused).rejects.toMatchObject({ code: 'HostPolicy' });
  });

  it('is removed once', async () => {
    const { context } = swarmOf(bodyOf('a'));
    const remove = { kind: 'remove-service', target: 's' } as const;
    expect(await removeService(remove, context)).toBe('done');
    expect(await removeService(remove, context)).toBe('unchanged');
  });
});
