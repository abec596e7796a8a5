import { describe, expect, it } from 'vitest';
import type { HostStrategy } from '../../schemas/domain/index.ts';
import { aModel } from '../testing/builders.ts';
import { FleetFixture } from '../testing/fleet-fixture.ts';

const TEST = { test: ['CMD', 'true'] };
const model = (value: string, image = 'web:1') =>
  aModel({ web: { image, environment: { VALUE: value }, healthcheck: TEST } });
const ONE: HostStrategy = { maxUnavailableHosts: { count: 1 }, order: [], pauseMs: 0 };
const strategy = { strategy: ONE };

/** An app that runs on all hosts, with nothing left to do. */
async function deployed(...hosts: string[]): Promise<FleetFixture> {
  const fleet = new FleetFixture(...hosts);
  fleet.change(model('one'), strategy);
  await fleet.quiet();
  for (const engine of fleet.engines.values()) engine.calls.length = 0;
  return fleet;
}

/** Hosts on which something was done, in the order of the first thing done there. */
async function rolled(fleet: FleetFixture, rounds = 60): Promise<string[]> {
  const order: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await fleet.step();
    for (const host of fleet.hosts) {
      if (fleet.engine(host).calls.length > 0 && !order.includes(host)) order.push(host);
    }
    fleet.settle();
  }
  return order;
}

describe('an app that goes over its hosts in turn', () => {
  it('is deployed everywhere at once where nothing runs yet', async () => {
    const fleet = new FleetFixture('a', 'b', 'c');
    fleet.change(model('one'), strategy);
    await fleet.step();
    for (const host of fleet.hosts) expect(fleet.engine(host).calls).not.toEqual([]);
  });

  it('changes the next host only when the one before is healthy', async () => {
    const fleet = await deployed('a', 'b', 'c');
    fleet.change(model('two'), strategy);
    await fleet.step();
    expect(fleet.engine('a').calls).not.toEqual([]);
    expect(fleet.engine('b').calls).toEqual([]);
    expect(fleet.told('b')).toBe('Healthy/WaitingTurn: waits for a');
    expect(fleet.status('b')).toMatchObject({ sync: 'OutOfSync', health: 'Healthy' });
    expect(await rolled(fleet)).toEqual(['a', 'b', 'c']);
    for (const host of fleet.hosts) {
      expect(fleet.status(host)).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    }
  });

  it('keeps the old one on all others after a host failed, and goes on with a mended one', async () => {
    const fleet = await deployed('a', 'b', 'c');
    const before = fleet.engine('b').named('shop-web-1').id;
    fleet.engine('a').behaviours.set('web:2', 'unhealthy');
    fleet.change(model('two', 'web:2'), strategy);
    await rolled(fleet, 20);
    expect(fleet.status('a')?.health).toBe('Degraded');
    for (const host of ['b', 'c']) {
      expect(fleet.told(host)).toContain('Healthy/RolloutHalted: stays as it is: a failed: ');
      expect(fleet.engine(host).calls).toEqual([]);
    }
    expect(fleet.engine('b').named('shop-web-1').id).toBe(before);
    fleet.change(model('three', 'web:3'), strategy);
    await rolled(fleet);
    for (const host of fleet.hosts) {
      expect(fleet.status(host)).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    }
  });

  it('is not held up by a host that is away, which catches up alone', async () => {
    const fleet = await deployed('a', 'b', 'c');
    fleet.offline.add('a');
    fleet.change(model('two'), strategy);
    expect(await rolled(fleet, 30)).toEqual(['b', 'c']);
    expect(fleet.told('a')).toContain('Unknown/HostOffline');
    expect(fleet.status('c')).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    fleet.offline.delete('a');
    fleet.wake('a');
    await rolled(fleet, 20);
    expect(fleet.status('a')).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });

  it('passes over a host whose owner paused it', async () => {
    const fleet = await deployed('a', 'b');
    fleet.paused.add('a');
    fleet.change(model('two'), strategy);
    await rolled(fleet, 20);
    expect(fleet.status('b')).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    expect(fleet.engine('a').calls).toEqual([]);
  });

  it('keeps the pause as a moment to look again, and no worker waits for it', async () => {
    const fleet = await deployed('a', 'b');
    const paused = { strategy: { ...ONE, pauseMs: 3_600_000 } };
    fleet.settle(7_200_000);
    fleet.change(model('two'), paused);
    await rolled(fleet, 6);
    expect(fleet.status('a')).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    const end = await fleet.run('b');
    expect(end).toMatchObject({ kind: 'again' });
    expect(fleet.engine('b').calls).toEqual([]);
    fleet.settle(3_600_000);
    fleet.wake('b');
    await rolled(fleet, 6);
    expect(fleet.status('b')).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });

  it('goes on with the host it was at after a restart of the controller', async () => {
    const fleet = await deployed('a', 'b');
    const late = { strategy: { ...ONE, order: [fleet.hosts[1] ?? ('' as never)] } };
    fleet.change(model('two'), late);
    await fleet.step();
    expect(fleet.engine('b').calls).not.toEqual([]);
    fleet.forgetTurns();
    fleet.change(model('two'), strategy);
    const end = await fleet.run('a');
    expect(end).toEqual({ kind: 'stalled' });
    expect(fleet.told('a')).toBe('Healthy/WaitingTurn: waits for b');
    await rolled(fleet);
    expect(fleet.status('a')).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });

  it('heals drift at once, wherever that is', async () => {
    const fleet = await deployed('a', 'b');
    Object.assign(fleet.engine('b').named('shop-web-1'), { state: 'exited', exitCode: 137 });
    fleet.change(model('one'), strategy);
    await fleet.step();
    expect(fleet.engine('b').named('shop-web-1').state).toBe('running');
  });

  it('without a strategy is changed on all hosts at once', async () => {
    const fleet = await deployed('a', 'b');
    fleet.change(model('two'));
    await fleet.step();
    for (const host of fleet.hosts) expect(fleet.engine(host).calls).not.toEqual([]);
  });
});

describe('an app on a host that is offline', () => {
  it('is ready for those that wait for it, where it is ready elsewhere', async () => {
    const fleet = await deployed('a', 'b');
    const app = fleet.status('a')?.app ?? ('' as never);
    expect(fleet.board.isReady(app)).toBe(true);
    fleet.offline.add('a');
    await fleet.run('a');
    expect(fleet.board.isReady(app)).toBe(true);
    fleet.offline.add('b');
    await fleet.run('b');
    expect(fleet.board.isReady(app)).toBe(false);
  });
});
