import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService, RolloutHooks } from '../../../schemas/domain/index.ts';
import { aModel, aUnit } from '../../testing/builders.ts';
import { runPlan } from '../../testing/run-plan.ts';
import { Scene } from '../../testing/scene.ts';

const MIGRATE: RolloutHooks = { before: ['migrate'], after: [] };
const BOTH: RolloutHooks = { before: ['migrate'], after: ['smoke'] };
const hook = (image: string, more: Partial<ComposeService> = {}): Partial<ComposeService> => ({
  image,
  restart: 'no',
  ...more,
});

function model(value: string, more: Readonly<Record<string, Partial<ComposeService>>> = {}) {
  return aModel({
    web: { environment: { VALUE: value } },
    migrate: hook('migrate:1'),
    ...more,
  });
}

/** A scene whose hooks run: those that are not told otherwise end well. */
class Hooked extends Scene {
  constructor(first: ComposeModel, hooks: RolloutHooks) {
    super(first);
    this.ask(first, hooks);
    for (const name of ['migrate:1', 'seed:1', 'smoke:1']) {
      this.engine.behaviours.set(name, 'completes');
    }
  }

  ask(next: ComposeModel, hooks: RolloutHooks): this {
    this.change(next);
    this.unit = { ...aUnit(next), hooks };
    this.app = { ...this.app, units: new Map([[this.unit.host, this.unit]]) };
    return this;
  }

  started(service: string): number {
    const prefix = `start-container shop-${service}-1`;
    return this.engine.calls.filter((call) => call.startsWith(prefix)).length;
  }
}

const kindsOf = (scene: Scene): readonly string[] =>
  scene.plan().plan.operations.map(({ kind, resource }) => `${kind} ${resource}`);

describe('a hook before the rollout', () => {
  it('runs when all images are there, and all that replaces or removes waits for its end', () => {
    const scene = new Hooked(model('one', { old: {} }), MIGRATE).converge();
    scene.ask(model('two', { more: { image: 'more:1' } }), MIGRATE);
    scene.engine.images.delete('more:1');
    expect(scene.text()).toContain('1. pull-image more:1');
    runPlan(scene.plan().plan, scene.engine);
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 14 operations
        more: create: not deployed yet
          downtime: no
        web: replace: environment.VALUE: one → two
          downtime: yes (update order is stop-first)
        migrate: run: hook before the rollout
          downtime: no
        old: remove: no longer declared
          downtime: no
        1. remove-container shop-migrate-1 (hook before the rollout)
        2. create-container shop-migrate-1 (hook before the rollout)
        3. start-container shop-migrate-1 (hook before the rollout)
        4. await-container shop-migrate-1 completed (until it has completed)
        5. create-container shop-more-1 (not deployed yet)
        6. start-container shop-more-1 (not deployed yet)
        7. rename-container shop-web-1 -> shop-web-1.old-* (environment.VALUE: one → two)
        8. create-container shop-web-1 (environment.VALUE: one → two)
        9. stop-container shop-web-1.old-* (environment.VALUE: one → two)
        10. start-container shop-web-1 (environment.VALUE: one → two)
        11. await-container shop-web-1 ready (until it is ready)
        12. remove-container shop-web-1.old-* (environment.VALUE: one → two)
        13. stop-container shop-old-1 (service old is no longer declared)
        14. remove-container shop-old-1 (service old is no longer declared)
      "
    `);
    const { operations } = scene.plan().plan;
    const end = operations.findIndex(({ kind }) => kind === 'await-container');
    for (const { dependsOn } of operations.slice(end + 1)) {
      expect(dependsOn).toContain(operations[end]?.id);
    }
  });

  it('runs once for each content, also when an earlier one comes back', () => {
    const scene = new Hooked(model('one'), MIGRATE).converge();
    expect(scene.started('migrate')).toBe(1);
    scene.converge();
    expect(scene.started('migrate')).toBe(1);
    for (const value of ['two', 'one']) scene.ask(model(value), MIGRATE).converge();
    expect(scene.started('migrate')).toBe(3);
    expect(scene.plan().plan.operations).toEqual([]);
  });

  it('does not run when only the number of replicas changes, nor when something is healed', () => {
    const scene = new Hooked(model('one'), MIGRATE).converge();
    const scaled = model('one', {
      web: { environment: { VALUE: 'one' }, deploy: { replicas: 3 } },
    });
    scene.ask(scaled, MIGRATE).converge();
    scene.engine.containers.delete(scene.engine.named('shop-web-2').id);
    scene.converge();
    expect(scene.started('migrate')).toBe(1);
    expect(scene.engine.named('shop-web-2').state).toBe('running');
  });

  it('does not run again when its container is gone, but its completion is known', () => {
    const scene = new Hooked(model('one'), MIGRATE).converge();
    const specHash = scene.plan().specHashes.get('migrate') ?? '';
    scene.engine.containers.delete(scene.engine.named('shop-migrate-1').id);
    scene.completed = [{ service: 'migrate', number: 1, specHash }];
    expect(scene.plan().plan.operations).toEqual([]);
  });

  it('finds what it depends on: brought up where it is new, as it is where it is replaced', () => {
    const db = (value: string) => ({
      image: 'db:1',
      environment: { VALUE: value },
      healthcheck: { test: ['CMD', 'true'] },
    });
    const needsDb = hook('migrate:1', {
      depends_on: { db: { condition: 'service_healthy', required: true } },
    });
    const asked = (value: string) => model(value, { db: db(value), migrate: needsDb });
    const scene = new Hooked(asked('one'), MIGRATE);
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 9 operations
        db: create: not deployed yet
          downtime: no
        web: create: not deployed yet
          downtime: no
        migrate: run: hook before the rollout
          downtime: no
        1. create-network shop_default (does not exist)
        2. create-container shop-db-1 (not deployed yet)
        3. start-container shop-db-1 (not deployed yet)
        4. await-container shop-db-1 ready (until it is ready)
        5. create-container shop-migrate-1 (hook before the rollout)
        6. start-container shop-migrate-1 (hook before the rollout)
        7. await-container shop-migrate-1 completed (until it has completed)
        8. create-container shop-web-1 (not deployed yet)
        9. start-container shop-web-1 (not deployed yet)
      "
    `);
    scene.converge();
    scene.ask(asked('two'), MIGRATE);
    const kinds = kindsOf(scene);
    const end = kinds.indexOf('await-container shop-migrate-1');
    expect(kinds.slice(0, end).filter((text) => text.includes('shop-db-1'))).toEqual([]);
    expect(kinds.slice(end)).toContain('create-container shop-db-1');
    scene.converge();
    expect(scene.started('migrate')).toBe(2);
  });

  it('comes after the hook before it in the list', () => {
    const both: RolloutHooks = { before: ['seed', 'migrate'], after: [] };
    const scene = new Hooked(model('one', { seed: hook('seed:1') }), both);
    const kinds = kindsOf(scene);
    const at = (text: string) => kinds.indexOf(text);
    expect(at('await-container shop-seed-1')).toBeLessThan(at('create-container shop-migrate-1'));
    expect(at('await-container shop-migrate-1')).toBeLessThan(at('create-container shop-web-1'));
    scene.converge();
  });

  it('that failed stops everything, and is not tried again until the content changes', () => {
    const volumes = { volumes: [{ type: 'volume' as const, source: 'data', target: '/data' }] };
    const scene = new Hooked(model('one', { old: volumes }), MIGRATE).converge();
    const before = [...scene.engine.containers.keys()].length;
    scene.ask(
      aModel(model('two').services, {
        networks: { default: { name: 'shop_default', internal: true } },
      }),
      MIGRATE,
    );
    scene.engine.behaviours.set('migrate:1', 'exits');
    runPlan(scene.plan().plan, scene.engine);
    scene.fail('migrate', 'HookFailed', 'it exited with code 1');
    expect(scene.plan().plan.operations).toEqual([]);
    expect([...scene.engine.containers.keys()]).toHaveLength(before);
    expect(scene.engine.named('shop-web-1').state).toBe('running');
    expect(scene.engine.named('shop-old-1').state).toBe('running');
    scene.engine.behaviours.set('migrate:1', 'completes');
    scene.ask(model('three'), MIGRATE).converge();
    expect(scene.started('migrate')).toBe(3);
    expect([...scene.engine.containers.values()].map(({ name }) => name).sort()).toEqual([
      'shop-migrate-1',
      'shop-web-1',
    ]);
  });

  it('that runs beyond the deadline is ended, and keeps its container for its log', () => {
    const scene = new Hooked(model('one'), MIGRATE);
    scene.engine.behaviours.set('migrate:1', 'well');
    runPlan(scene.plan().plan, scene.engine);
    scene.fail('migrate', 'DeadlineExceeded', 'it is not completed after 600 s');
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 1 operation
        migrate: run: DeadlineExceeded: it is not completed after 600 s
          downtime: no
        1. stop-container shop-migrate-1 (DeadlineExceeded: it is not completed after 600 s)
      "
    `);
    runPlan(scene.plan().plan, scene.engine);
    expect(scene.plan().plan.operations).toEqual([]);
  });

  it('waits for the run of the content before it, until its time is up', () => {
    const scene = new Hooked(model('one'), MIGRATE);
    scene.engine.behaviours.set('migrate:1', 'well');
    runPlan(scene.plan().plan, scene.engine);
    scene.ask(model('two'), MIGRATE);
    const [first] = scene.plan().plan.operations;
    expect(first).toMatchObject({ kind: 'await-container', until: 'completed' });
    scene.engine.nowMs += scene.app.rollout.deadlineMs;
    expect(scene.plan().plan.operations[0]).toMatchObject({ kind: 'stop-container' });
    scene.engine.behaviours.set('migrate:1', 'completes');
    scene.converge();
    expect(scene.started('migrate')).toBe(2);
  });

  it('is finished after a crash anywhere, and has run once', () => {
    for (let limit = 1; limit < 14; limit += 1) {
      const scene = new Hooked(model('one'), MIGRATE).converge();
      scene.ask(model('two'), MIGRATE).crashAfter(limit).converge();
      expect(scene.started('migrate')).toBe(2);
      expect(scene.plan().plan.operations).toEqual([]);
    }
  });
});

describe('a hook after the rollout', () => {
  it('runs when everything is ready and what is no longer declared is gone', () => {
    const smoke = { smoke: hook('smoke:1') };
    const scene = new Hooked(model('one', { ...smoke, old: {} }), BOTH).converge();
    scene.ask(model('two', smoke), BOTH);
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 16 operations
        web: replace: environment.VALUE: one → two
          downtime: yes (update order is stop-first)
        migrate: run: hook before the rollout
          downtime: no
        smoke: run: hook after the rollout
          downtime: no
        old: remove: no longer declared
          downtime: no
        1. remove-container shop-migrate-1 (hook before the rollout)
        2. create-container shop-migrate-1 (hook before the rollout)
        3. start-container shop-migrate-1 (hook before the rollout)
        4. await-container shop-migrate-1 completed (until it has completed)
        5. rename-container shop-web-1 -> shop-web-1.old-* (environment.VALUE: one → two)
        6. create-container shop-web-1 (environment.VALUE: one → two)
        7. stop-container shop-web-1.old-* (environment.VALUE: one → two)
        8. start-container shop-web-1 (environment.VALUE: one → two)
        9. await-container shop-web-1 ready (until it is ready)
        10. remove-container shop-web-1.old-* (environment.VALUE: one → two)
        11. stop-container shop-old-1 (service old is no longer declared)
        12. remove-container shop-old-1 (service old is no longer declared)
        13. remove-container shop-smoke-1 (hook after the rollout)
        14. create-container shop-smoke-1 (hook after the rollout)
        15. start-container shop-smoke-1 (hook after the rollout)
        16. await-container shop-smoke-1 completed (until it has completed)
      "
    `);
    scene.converge();
    expect(scene.started('smoke')).toBe(2);
  });

  it('does not run when a service has failed', () => {
    const scene = new Hooked(model('one', { smoke: hook('smoke:1') }), BOTH).converge();
    scene.ask(model('two', { smoke: hook('smoke:1') }), BOTH);
    scene.engine.behaviours.set('web:1', 'exits');
    for (let pass = 0; pass < 3; pass += 1) {
      runPlan(scene.plan().plan, scene.engine);
      scene.engine.settle();
    }
    scene.fail('web');
    runPlan(scene.plan().plan, scene.engine);
    expect(scene.started('smoke')).toBe(1);
  });

  it('that failed leaves what serves, and is not tried again', () => {
    const scene = new Hooked(model('one', { smoke: hook('smoke:1') }), BOTH);
    scene.engine.behaviours.set('smoke:1', 'exits');
    for (let pass = 0; pass < 4; pass += 1) {
      runPlan(scene.plan().plan, scene.engine);
      scene.engine.settle();
    }
    scene.fail('smoke', 'HookFailed', 'it exited with code 1');
    expect(scene.plan().plan.operations).toEqual([]);
    expect(scene.engine.named('shop-web-1').state).toBe('running');
  });
});
