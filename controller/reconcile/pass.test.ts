import { describe, expect, it } from 'vitest';
import { toAppId } from '../../schemas/domain/index.ts';
import { aModel } from '../testing/builders.ts';
import { failed, PassFixture } from '../testing/pass-fixture.ts';

const OTHER = toAppId('default', 'data');
const TEST = { test: ['CMD', 'true'] };
const web = (value: string) => ({ environment: { VALUE: value }, healthcheck: TEST });
const named = ({ engine }: PassFixture, service: string) => engine.named(`shop-${service}-1`);

describe('a pass', () => {
  it('ends done, and the next one calls nothing', async () => {
    const unit = new PassFixture();
    await unit.converge();
    const calls = unit.engine.calls.length;
    expect(await unit.run()).toEqual({ kind: 'done' });
    expect(unit.engine.calls).toHaveLength(calls);
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });

  it('plans again at once when what failed is not asked for any more', async () => {
    const unit = new PassFixture();
    await unit.converge();
    // `docker rm -f`: the container is seen exited, and gone before it can be started.
    named(unit, 'web').state = 'exited';
    unit.interfere = (operation) => {
      if (operation.kind !== 'start-container') return undefined;
      unit.engine.containers.clear();
      unit.interfere = () => undefined;
      return failed('no such container');
    };
    const end = await unit.run();
    expect(end.kind).toBe('again');
    expect(named(unit, 'web').state).toBe('running');
  });

  it('throws, with nothing sent, when the store does not take its status', async () => {
    const unit = new PassFixture();
    unit.store.putUnit = () => Promise.reject(new Error('disk full'));
    await expect(unit.run()).rejects.toThrow('disk full');
    expect(unit.engine.calls).toEqual([]);
  });

  it('backs off when what failed is still asked for', async () => {
    const unit = new PassFixture();
    unit.interfere = ({ kind }) => (kind === 'start-container' ? failed('busy') : undefined);
    expect(await unit.run()).toEqual({ kind: 'failed' });
    expect(unit.ready()).toMatchObject({ reason: 'EngineError', message: 'busy' });
  });

  it('backs off when what it does is overtaken again and again', async () => {
    const unit = new PassFixture();
    await unit.converge();
    unit.engine.calls.length = 0;
    unit.interfere = (operation) => {
      for (const id of unit.engine.containers.keys()) unit.engine.containers.delete(id);
      return failed(`overtaken: ${operation.id}`);
    };
    named(unit, 'web').state = 'exited';
    const end = await unit.run();
    expect(end).toEqual({ kind: 'failed' });
  });
});

describe('a host that is lost in the middle of a pass', () => {
  it('is shown as offline, not as a failure of the app', async () => {
    const unit = new PassFixture();
    unit.interfere = () => {
      unit.online = false;
      return failed('the connection is closed', 'SessionLost');
    };
    expect(await unit.run()).toEqual({ kind: 'stalled' });
    expect(unit.status()?.health).toBe('Unknown');
    expect(unit.ready()?.reason).toBe('HostOffline');
    expect(unit.store.events.filter(({ message }) => message.includes('Degraded'))).toEqual([]);
  });

  it('and is back at once is asked again, not backed off from', async () => {
    const unit = new PassFixture();
    unit.interfere = () => failed('a newer session', 'SessionLost');
    expect(await unit.run()).toEqual({ kind: 'again', afterMs: 1_000 });
  });
});

describe('a pass that only waits', () => {
  it('for another app waits for a change, and does not use up its own deadline', async () => {
    const unit = new PassFixture(aModel(), { dependsOn: [OTHER] });
    expect(await unit.run()).toEqual({ kind: 'stalled' });
    expect(unit.ready()?.reason).toBe('WaitingOn');
    unit.engine.settle(3_600_000);
    expect(await unit.run()).toEqual({ kind: 'stalled' });
    unit.change(aModel());
    expect((await unit.run()).kind).toBe('again');
    expect(unit.vault.marks).toEqual([]);
    await unit.converge();
  });

  it('says so once, not at every look', async () => {
    const unit = new PassFixture(aModel(), { dependsOn: [OTHER] });
    await unit.run();
    const events = unit.store.events.length;
    for (let look = 0; look < 5; look += 1) await unit.run();
    expect(unit.store.events).toHaveLength(events);
  });

  it('looks again when its deadline is over, and judges', async () => {
    const unit = new PassFixture(aModel({ web: web('one') }));
    const end = await unit.run();
    expect(end).toMatchObject({ kind: 'again' });
    const { afterMs } = end as { afterMs: number };
    expect(afterMs).toBeGreaterThan(590_000);
    unit.engine.nowMs += afterMs;
    await unit.run();
    expect(unit.vault.marks).toMatchObject([{ service: 'web', reason: 'DeadlineExceeded' }]);
    expect(await unit.run()).toEqual({ kind: 'stalled' });
    expect(unit.status()?.health).toBe('Degraded');
  });

  it('looks again at once when the deadline passes while it is under way', async () => {
    const depends_on = { web: { condition: 'service_healthy' as const, required: true } };
    const model = aModel({ web: web('one'), api: { image: 'api:1', depends_on } });
    const unit = new PassFixture(model, { rollout: { deadlineMs: 1_000 } });
    const { putUnit } = unit.store;
    unit.store.putUnit = async (status) => {
      const waits = status.conditions.some(({ message }) => message.includes('waiting until'));
      if (waits) unit.engine.nowMs += 2_000;
      await putUnit(status);
    };
    expect(await unit.run()).toEqual({ kind: 'again', afterMs: 0 });
    expect(unit.vault.marks).toEqual([]);
    await unit.run();
    expect(unit.vault.marks).toMatchObject([{ reason: 'DeadlineExceeded' }]);
  });

  it('is judged at once after a restart of the controller', async () => {
    const unit = new PassFixture(aModel({ web: web('one') }));
    await unit.converge();
    unit.engine.behaviours.set('web:1', 'unhealthy');
    unit.change(aModel({ web: web('two') }));
    await unit.run();
    unit.engine.settle();
    await unit.restart();
    await unit.run();
    expect(unit.vault.marks).toMatchObject([
      { service: 'web', reason: 'HealthProbeFailing', logs: ['last words'] },
    ]);
    await unit.run();
    expect(named(unit, 'web')).toMatchObject({ state: 'running' });
    expect(unit.status()).toMatchObject({ health: 'Degraded', sync: 'OutOfSync' });
  });
});

describe('a container that was ready once', () => {
  const model = (value: string) => aModel({ data: web('same'), web: web(value) });

  const fallenIll = async (restart: boolean) => {
    const unit = new PassFixture(model('one'));
    await unit.converge();
    named(unit, 'data').health = 'unhealthy';
    if (restart) await unit.restart();
    unit.change(model('two'));
    await unit.run();
    return unit;
  };

  it('and falls ill while another service is replaced is no failed rollout', async () => {
    const unit = await fallenIll(false);
    await unit.converge();
    expect(unit.vault.marks).toEqual([]);
    expect(unit.status()).toMatchObject({ health: 'Degraded', sync: 'Synced' });
  });

  it('is known as such after a restart of the controller', async () => {
    const unit = new PassFixture(model('one'));
    await unit.converge();
    await unit.restart();
    await unit.run();
    named(unit, 'data').health = 'unhealthy';
    unit.change(model('two'));
    await unit.converge();
    expect(unit.vault.marks).toEqual([]);
  });
});

describe('an app that is not declared any more', () => {
  const volumes = { data: { name: 'shop_data' } };
  const service = { volumes: [{ type: 'volume' as const, source: 'data', target: '/data' }] };

  it('leaves its volumes', async () => {
    const unit = new PassFixture(aModel({ web: service }, { volumes }));
    await unit.converge();
    await unit.vanish();
    await unit.converge();
    expect(unit.engine.containers.size + unit.engine.networks.size).toBe(0);
    expect([...unit.engine.volumes.keys()]).toEqual(['shop_data']);
    expect(unit.status()).toBeUndefined();
  });

  it('takes them along where it was declared so', async () => {
    const unit = new PassFixture(aModel({ web: service }, { volumes }), { pruneVolumes: true });
    await unit.converge();
    await unit.vanish();
    await unit.converge();
    expect(unit.engine.volumes.size).toBe(0);
    expect(unit.status()).toBeUndefined();
  });
});

describe('a rollout of many services', () => {
  it('is audited within bounds', async () => {
    const names = Array.from({ length: 300 }, (_, n) => `a-service-with-a-longer-name-${n}`);
    const unit = new PassFixture(aModel(Object.fromEntries(names.map((name) => [name, {}]))));
    await unit.converge();
    const audit = unit.store.audits.findLast(({ action }) => action === 'rollout');
    expect(JSON.stringify(audit?.detail).length).toBeLessThan(16_000);
    expect(audit?.detail['more']).toBeGreaterThan(0);
    expect(unit.store.histories.at(-1)?.operations.length).toBeGreaterThan(600);
  });
});

describe('what changes', () => {
  const level = (value: string) =>
    aModel({ web: { healthcheck: TEST, environment: { LEVEL: value, DB_PASSWORD: value } } });
  const causes = (unit: PassFixture) => {
    const operations = unit.store.histories.at(-1)?.operations ?? [];
    return [...new Set(operations.map(({ cause }) => cause))];
  };

  it('is told in the history with its old and its new value, also after a restart', async () => {
    const unit = new PassFixture(level('info'));
    await unit.converge();
    await unit.restart();
    unit.change(level('debug'));
    await unit.converge();
    expect(causes(unit)).toContain(
      'environment.DB_PASSWORD: (secret) → (secret); environment.LEVEL: info → debug',
    );
  });

  it('is told from a few specs of a service, and from none of a unit that is gone', async () => {
    const unit = new PassFixture();
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) {
      unit.change(level(value));
      await unit.converge();
    }
    expect(unit.store.specsByUnit.get(unit.key)?.specs).toHaveLength(4);
    await unit.vanish();
    await unit.converge();
    expect(unit.store.specsByUnit.size).toBe(0);
  });

  it('is carried out also where the memory of it cannot be written', async () => {
    const unit = new PassFixture();
    unit.store.putSpecs = () => Promise.reject(new Error('disk full'));
    await unit.converge();
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });
});

describe('a plan that changes nothing', () => {
  it('is carried out three times, said, and left alone until something else is asked for', async () => {
    const limited = (mem_limit: string) => aModel({ web: { mem_limit, healthcheck: TEST } });
    const unit = new PassFixture(limited('1000000'));
    await unit.converge();
    let asked = 0;
    unit.interfere = ({ kind }) => {
      if (kind !== 'update-container') return undefined;
      asked += 1;
      return { status: 'done', durationMs: 1 };
    };
    unit.change(limited('2000000'));
    for (let pass = 0; pass < 5; pass += 1) expect(await unit.run()).toEqual({ kind: 'stalled' });
    expect(asked).toBe(3);
    expect(unit.ready()).toMatchObject({
      reason: 'NonConvergent',
      message: expect.stringContaining('update-container shop-web-1 (mem_limit: 1000000 →'),
    });
    unit.change(limited('3000000'));
    await unit.run();
    expect(asked).toBe(6);
    unit.interfere = () => undefined;
    unit.change(limited('1000000'));
    await unit.converge();
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });
});
