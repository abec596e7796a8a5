import { describe, expect, it } from 'vitest';
import type { RolloutHooks } from '../../schemas/domain/index.ts';
import { aModel, anApp, aUnit } from '../testing/builders.ts';
import { PassFixture } from '../testing/pass-fixture.ts';

const HOOKS: RolloutHooks = { before: ['migrate'], after: ['smoke'] };

function model(value: string) {
  return aModel({
    web: { environment: { VALUE: value } },
    migrate: { image: 'migrate:1', restart: 'no' },
    smoke: { image: 'smoke:1', restart: 'no' },
  });
}

/** An app with a hook before and one after its rollouts; both end well. */
class Hooked extends PassFixture {
  constructor() {
    super(model('one'));
    this.push('one');
    for (const image of ['migrate:1', 'smoke:1']) this.engine.behaviours.set(image, 'completes');
  }

  push(value: string, asked = model(value)): void {
    const unit = { ...aUnit(asked), hooks: HOOKS };
    const app = anApp(unit);
    this.app = app;
    this.desired = { ...this.desired, apps: new Map([[app.id, app]]) };
  }

  started(service: string): number {
    const prefix = `start-container shop-${service}-1`;
    return this.engine.calls.filter((call) => call.startsWith(prefix)).length;
  }

  async passes(count: number): Promise<void> {
    for (let pass = 0; pass < count; pass += 1) {
      await this.run();
      this.engine.settle();
    }
  }
}

describe('the hooks of a rollout', () => {
  it('run once each, and count as services that have completed', async () => {
    const unit = new Hooked();
    await unit.converge();
    expect([unit.started('migrate'), unit.started('smoke')]).toEqual([1, 1]);
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    expect(unit.status()?.services.map(({ service, reason }) => [service, reason])).toEqual([
      ['migrate', 'Completed'],
      ['smoke', 'Completed'],
      ['web', 'AllHealthy'],
    ]);
  });

  it('are not run again when the controller restarts between any two passes', async () => {
    const unit = new Hooked();
    await unit.converge();
    unit.push('two');
    for (let pass = 0; pass < 8; pass += 1) {
      await unit.passes(1);
      unit.store.byUnit.clear();
      await unit.restart();
    }
    expect([unit.started('migrate'), unit.started('smoke')]).toEqual([2, 2]);
  });

  it('are not run again when their containers are cleared away in the middle of a rollout', async () => {
    const unit = new Hooked();
    await unit.converge();
    unit.push('two');
    unit.engine.behaviours.set('web:1', 'exits');
    unit.interfere = ({ kind, resource }) => {
      if (kind !== 'create-container' || resource !== 'shop-web-1') return undefined;
      unit.engine.containers.delete(unit.engine.named('shop-migrate-1').id);
      unit.interfere = () => undefined;
      return undefined;
    };
    await unit.passes(6);
    expect(unit.started('migrate')).toBe(2);
    expect(unit.started('smoke')).toBe(1);
  });

  it('are not run again, nor ended, when a network they are on changes with the content', async () => {
    const unit = new Hooked();
    await unit.converge();
    const networks = { default: { name: 'shop_default', internal: true } };
    unit.push('two', aModel(model('two').services, { networks }));
    unit.engine.behaviours.set('migrate:1', 'well');
    await unit.passes(2);
    const migrate = unit.engine.named('shop-migrate-1');
    expect(migrate.state).toBe('running');
    Object.assign(migrate, { state: 'exited', exitCode: 0 });
    await unit.converge();
    expect([unit.started('migrate'), unit.started('smoke')]).toEqual([2, 2]);
    expect(unit.engine.named('shop-migrate-1').id).toBe(migrate.id);
    expect(unit.engine.calls).toContain('remove-network shop_default');
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });

  it('have completed for the very plan that finds them ended', async () => {
    const unit = new Hooked();
    unit.engine.behaviours.set('migrate:1', 'well');
    await unit.passes(2);
    const migrate = unit.engine.named('shop-migrate-1');
    Object.assign(migrate, { state: 'exited', exitCode: 0 });
    // What the container is like otherwise does not matter any more.
    Object.assign(migrate.mutable, { restartPolicy: 'no', cpuShares: -1 });
    await unit.converge();
    expect(unit.started('migrate')).toBe(1);
  });

  it('stop the rollout where one before it fails, with its exit code and last words', async () => {
    const unit = new Hooked();
    await unit.converge();
    const { id } = unit.engine.named('shop-web-1');
    unit.engine.behaviours.set('migrate:1', 'exits');
    unit.push('two');
    await unit.passes(6);
    expect(unit.engine.named('shop-web-1').id).toBe(id);
    expect(unit.ready()).toEqual(
      expect.objectContaining({
        reason: 'HookFailed',
        message: 'migrate: shop-migrate-1 exited with code 1; nothing was replaced',
      }),
    );
    expect(unit.status()?.logs).toEqual(['last words']);
    expect(unit.status()).toMatchObject({ health: 'Degraded', sync: 'OutOfSync' });
    expect([unit.started('migrate'), unit.started('smoke')]).toEqual([2, 1]);
    unit.engine.behaviours.set('migrate:1', 'completes');
    unit.push('three');
    await unit.converge();
    expect([unit.started('migrate'), unit.started('smoke')]).toEqual([3, 2]);
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });

  it('past the deadline are ended, and the rollout has failed', async () => {
    const unit = new Hooked();
    unit.engine.behaviours.set('migrate:1', 'well');
    await unit.passes(2);
    unit.engine.nowMs += unit.app.rollout.deadlineMs;
    await unit.passes(2);
    expect(unit.vault.marks).toMatchObject([{ service: 'migrate', reason: 'DeadlineExceeded' }]);
    expect(unit.engine.named('shop-migrate-1').state).toBe('exited');
    expect(unit.started('web')).toBe(0);
    expect(unit.status()?.health).toBe('Degraded');
  });
});
