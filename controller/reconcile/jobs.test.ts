import { describe, expect, it } from 'vitest';
import type { ComposeService, DependencyCondition } from '../../schemas/domain/index.ts';
import { aModel } from '../testing/builders.ts';
import { PassFixture } from '../testing/pass-fixture.ts';

const after = (condition: DependencyCondition, required = true): Partial<ComposeService> => ({
  depends_on: { job: { condition, required } },
});

function deployment(job: Partial<ComposeService> = {}, web: Partial<ComposeService> = {}) {
  const service = { image: 'job:1', restart: 'no', ...job };
  return aModel({ job: service, web: { restart: 'always', ...web } });
}

function fixture(
  how: 'completes' | 'exits',
  job: Partial<ComposeService> = {},
  web: Partial<ComposeService> = after('service_completed_successfully'),
): PassFixture {
  const unit = new PassFixture(deployment(job, web));
  unit.engine.behaviours.set('job:1', how);
  return unit;
}

const starts = ({ engine }: PassFixture, service: string): number =>
  engine.calls.filter((call) => call.startsWith(`start-container shop-${service}-1`)).length;

const job = (unit: PassFixture) => unit.status()?.services.find(({ service }) => service === 'job');

describe('a one-shot job that ends well', () => {
  it('is Healthy, and lets go what waits for it', async () => {
    const unit = fixture('completes');
    await unit.converge();
    expect(job(unit)).toMatchObject({ health: 'Healthy', reason: 'Completed' });
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    expect(unit.engine.named('shop-web-1').state).toBe('running');
  });

  it.each<[string, (unit: PassFixture) => void | Promise<void>]>([
    ['a look at everything', () => {}],
    ['a restart of the controller', (unit) => unit.restart()],
    [
      'a lost store',
      async (unit) => {
        unit.store.byUnit.clear();
        await unit.restart();
      },
    ],
    [
      'a restart with store and completions lost',
      async (unit) => {
        unit.store.byUnit.clear();
        unit.vault.completions = [];
        await unit.restart();
      },
    ],
    [
      'a prune of the ended containers',
      (unit) => void unit.engine.containers.delete(unit.engine.named('shop-job-1').id),
    ],
    [
      'such a prune with the store lost',
      async (unit) => {
        unit.engine.containers.delete(unit.engine.named('shop-job-1').id);
        unit.store.byUnit.clear();
        await unit.restart();
      },
    ],
  ])('is not run again after %s', async (_what, befalls) => {
    const unit = fixture('completes');
    await unit.converge();
    const calls = unit.engine.calls.length;
    await befalls(unit);
    await unit.converge();
    expect(unit.engine.calls).toHaveLength(calls);
    expect(job(unit)).toMatchObject({ health: 'Healthy', reason: 'Completed' });
  });

  it('is run again when its spec changes, and when an earlier spec comes back', async () => {
    const unit = fixture('completes');
    await unit.converge();
    for (const value of ['two', 'one', 'two']) {
      unit.change(
        deployment({ environment: { VALUE: value } }, after('service_completed_successfully')),
      );
      await unit.converge();
    }
    expect(starts(unit, 'job')).toBe(4);
    expect(starts(unit, 'web')).toBe(1);
  });

  it('is made again with its server where Compose alone decides that it ends', async () => {
    const model = aModel();
    const unit = new PassFixture({ ...model, services: { job: { image: 'job:1' } } });
    unit.engine.behaviours.set('job:1', 'completes');
    await unit.converge();
    unit.engine.containers.clear();
    await unit.converge();
    expect(starts(unit, 'job')).toBe(2);
  });

  it('of an earlier version of the hash is no completion of what is asked for now', async () => {
    const unit = fixture('completes');
    await unit.converge();
    unit.vault.completions = [];
    await unit.restart();
    const container = unit.engine.named('shop-job-1');
    Object.assign(container, { owner: { ...container.owner, specHash: 'v0:earlier' } });
    await unit.converge();
    expect(unit.vault.completions).toEqual([]);
    expect(starts(unit, 'job')).toBe(1);
  });

  it('counts each replica of its own', async () => {
    const unit = fixture('completes', { deploy: { replicas: 2 } }, {});
    await unit.converge();
    unit.engine.containers.delete(unit.engine.named('shop-job-2').id);
    const calls = unit.engine.calls.length;
    await unit.converge();
    expect(unit.engine.calls).toHaveLength(calls);
    expect(job(unit)).toMatchObject({ health: 'Healthy', replicas: { desired: 2, running: 0 } });
    unit.change(deployment({ deploy: { replicas: 3 } }));
    await unit.converge();
    expect(unit.engine.calls.filter((call) => call.startsWith('start-container'))).toHaveLength(4);
    expect(unit.engine.named('shop-job-3').state).toBe('exited');
  });
});

describe('a one-shot job that fails', () => {
  it('is Degraded with its exit code and last words; what waits for it does not start', async () => {
    const unit = fixture('exits');
    for (let pass = 0; pass < 4; pass += 1) {
      await unit.run();
      unit.engine.settle();
    }
    expect(unit.ready()).toMatchObject({
      reason: 'ExitedNonZero',
      message: 'job: shop-job-1 exited with code 1',
    });
    expect(unit.status()?.logs).toEqual(['last words']);
    expect(starts(unit, 'web')).toBe(0);
    expect(starts(unit, 'job')).toBe(1);
  });

  it('later, when nobody waits for it, says its last words too', async () => {
    const unit = new PassFixture(deployment({}, {}));
    await unit.converge();
    Object.assign(unit.engine.named('shop-job-1'), { state: 'exited', exitCode: 3 });
    await unit.run();
    expect(unit.ready()?.message).toBe('job: shop-job-1 exited with code 3');
    expect(unit.status()?.logs).toEqual(['last words']);
    await unit.run();
    expect(unit.status()?.logs).toEqual(['last words']);
    expect(starts(unit, 'job')).toBe(1);
  });

  it('holds back nobody who does without it', async () => {
    const optional = after('service_completed_successfully', false);
    const unit = fixture('exits', {}, optional);
    for (let pass = 0; pass < 5; pass += 1) {
      await unit.run();
      unit.engine.settle();
    }
    expect(starts(unit, 'web')).toBe(1);
    expect(unit.status()?.health).toBe('Degraded');
  });

  it('is tried as often as on-failure says before it has failed', async () => {
    const unit = fixture('completes', { restart: 'on-failure:5' });
    await unit.run();
    const container = unit.engine.named('shop-job-1');
    Object.assign(container, { state: 'restarting', restartCount: 4, exitCode: 1 });
    await unit.run();
    expect(unit.vault.marks).toEqual([]);
    Object.assign(container, { state: 'exited', restartCount: 5 });
    await unit.run();
    expect(unit.vault.marks).toMatchObject([{ service: 'job', reason: 'ExitedNonZero' }]);
  });
});
