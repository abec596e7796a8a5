import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeUpdateConfig } from '../../../schemas/domain/index.ts';
import { aModel, INSTALLATION } from '../../testing/builders.ts';
import { runPlan } from '../../testing/run-plan.ts';
import { Scene } from '../../testing/scene.ts';
import { judgeRollout } from '../health/judge-rollout.ts';
import { deadlineMs } from './strategy.ts';

function replicas(
  value: string,
  update: ComposeUpdateConfig = {},
  count = 3,
  healthcheck = false,
): ComposeModel {
  return aModel({
    web: {
      environment: { VALUE: value },
      deploy: { replicas: count, update_config: update },
      ...(healthcheck && { healthcheck: { test: ['CMD', 'true'] } }),
    },
  });
}

const TOLERANT = { failure_action: 'continue' };

const specOf = (scene: Scene): string => scene.plan().specHashes.get('web') ?? '';
/** `1:new 2:old(exited)`: which spec each replica runs, by number and name. */
function standing(scene: Scene): string {
  const spec = specOf(scene);
  const rows = [...scene.engine.containers.values()].map(({ name, owner, state }) => {
    const which = owner?.specHash === spec ? 'new' : 'old';
    return `${name.replace(/\.(old|new)-.*/, '.$1')} ${which}${state === 'running' ? '' : ` ${state}`}`;
  });
  return rows.sort().join(', ');
}

/** Replicas of these numbers end again and again with the present spec. */
function breakDown(scene: Scene, fails: readonly number[], alsoDo = () => {}): void {
  const spec = specOf(scene);
  scene.engine.onChange = () => {
    alsoDo();
    for (const container of scene.engine.containers.values()) {
      const { owner, state } = container;
      if (owner?.specHash !== spec || !fails.includes(owner.number ?? 0)) continue;
      if (state === 'running') Object.assign(container, { restartCount: 9, state: 'restarting' });
    }
  };
}

/** Passes with judgement until nothing is left to do. */
function reconcile(scene: Scene, passes = 20): void {
  const rolloutStartedMs = scene.engine.nowMs;
  for (let pass = 0; pass < passes; pass += 1) {
    const verdicts = judgeRollout({
      installation: INSTALLATION,
      app: scene.app,
      unit: scene.unit,
      observed: scene.observed(),
      locks: scene.locks,
      failed: scene.failed,
      now: scene.engine.nowMs,
      rolloutStartedMs,
      readyBefore: scene.readyBefore,
    });
    scene.failed = [...scene.failed, ...verdicts];
    const { plan } = scene.plan();
    if (plan.operations.length === 0) return;
    runPlan(plan, scene.engine, { limit: 3 });
    scene.engine.settle(3_000);
  }
}

describe('replicas', () => {
  it('are replaced in batches, each when the one before it stands ready', () => {
    const update = { parallelism: 2, delay: '30s', order: 'start-first' };
    const scene = new Scene(replicas('one', update, 5)).converge();
    scene.change(replicas('two', update, 5));
    const { operations } = scene.plan().plan;
    const waits = operations.filter(({ kind }) => kind === 'await-container');
    expect(waits.map((wait) => wait.kind === 'await-container' && wait.unchangedMs)).toEqual(
      Array(5).fill(30_000),
    );
    const creates = operations.filter(({ kind }) => kind === 'create-container');
    const gates = creates.map(({ dependsOn }) => dependsOn.filter((id) => id.startsWith('await')));
    expect(gates.map((ids) => ids.length)).toEqual([0, 0, 2, 2, 2]);
  });

  it('wait for the time between batches as state: nothing is done before it is over', () => {
    const update = { delay: '1m' };
    const scene = new Scene(replicas('one', update, 2)).converge();
    scene.engine.settle(120_000);
    scene.change(replicas('two', update, 2));
    runPlan(scene.plan().plan, scene.engine, { limit: 4 });
    scene.engine.nowMs += 59_000;
    const first = scene.plan().plan.operations[0];
    expect(first).toMatchObject({ kind: 'await-container', unchangedMs: 60_000 });
    expect(standing(scene)).toBe('shop-web-1 new, shop-web-1.old old exited, shop-web-2 old');
  });

  it('pause where one has failed: what is new stays, what is old serves', () => {
    const scene = new Scene(replicas('one')).converge();
    breakDown(scene.change(replicas('two')), [2]);
    reconcile(scene);
    expect(standing(scene)).toBe('shop-web-1 new, shop-web-2 old, shop-web-3 old');
    expect(scene.plan().plan.operations).toEqual([]);
    expect(scene.plan().failed).toMatchObject([{ service: 'web', number: 2 }]);
  });

  it('go on where the author says so: only what failed stays old', () => {
    const update = { failure_action: 'continue' };
    const scene = new Scene(replicas('one', update)).converge();
    breakDown(scene.change(replicas('two', update)), [2]);
    reconcile(scene);
    expect(standing(scene)).toBe('shop-web-1 new, shop-web-2 old, shop-web-3 new');
    expect(scene.plan().plan.operations).toEqual([]);
    expect(scene.plan().failed).toMatchObject([{ service: 'web', number: 2 }]);
  });

  it('that failed are not started again while their service is held', () => {
    const on = (image: string) => ({ image, deploy: { replicas: 2, update_config: TOLERANT } });
    const depends_on = { db: { condition: 'service_started' as const, required: true } };
    const model = aModel({ db: { image: 'db:1' }, web: { ...on('web:1'), depends_on } });
    const scene = new Scene(model);
    breakDown(scene, [1]);
    runPlan(scene.plan().plan, scene.engine);
    Object.assign(scene.engine.named('shop-web-1'), { state: 'exited', exitCode: 1 });
    const specHash = specOf(scene);
    scene.failed = [{ service: 'web', specHash, number: 1, reason: 'CrashLoop', message: '' }];
    scene.fail('db');
    scene.engine.named('shop-db-1').health = 'unhealthy';
    expect(scene.plan().plan.operations).toEqual([]);
  });

  it('have failed where all have, whatever the author says', () => {
    const update = { failure_action: 'continue' };
    const scene = new Scene(replicas('one', update)).converge();
    breakDown(scene.change(replicas('two', update)), [1, 2, 3]);
    reconcile(scene);
    expect(standing(scene)).toBe('shop-web-1 old, shop-web-2 old, shop-web-3 old');
  });

  it.each([
    [0.5, 'shop-web-1 old, shop-web-2 new, shop-web-3 new'],
    [0.3, 'shop-web-1 old, shop-web-2 old, shop-web-3 old'],
  ])('may fail up to a ratio of %d', (max_failure_ratio, expected) => {
    const update = { max_failure_ratio };
    const scene = new Scene(replicas('one', update)).converge();
    breakDown(scene.change(replicas('two', update)), [1]);
    reconcile(scene);
    expect(standing(scene)).toBe(expected);
  });

  it.each(['start-first', 'stop-first'])('all go back where the author says so: %s', (order) => {
    const update = { failure_action: 'rollback', order };
    const scene = new Scene(replicas('one', update)).converge();
    const ids = [...scene.engine.containers.keys()].sort();
    scene.change(replicas('two', update));
    let least = 3;
    breakDown(scene, [3], () => {
      const up = [...scene.engine.containers.values()].filter(({ state }) => state === 'running');
      least = Math.min(least, up.length);
    });
    reconcile(scene, 30);
    expect(standing(scene)).toBe('shop-web-1 old, shop-web-2 old, shop-web-3 old');
    expect([...scene.engine.containers.keys()].sort()).toEqual(ids);
    expect(least).toBeGreaterThanOrEqual(1);
    expect(scene.plan().plan.operations).toEqual([]);
  });

  it('that may all go back leave nothing behind once all are ready', () => {
    const update = { failure_action: 'rollback', order: 'start-first' };
    const scene = new Scene(replicas('one', update)).converge();
    scene.change(replicas('two', update));
    runPlan(scene.plan().plan, scene.engine, { limit: 9 });
    expect(standing(scene)).toContain('shop-web-1.old old exited');
    scene.converge(20);
    expect(standing(scene)).toBe('shop-web-1 new, shop-web-2 new, shop-web-3 new');
  });

  it('are scaled up and down without touching the others', () => {
    const scene = new Scene(replicas('one')).converge();
    const before = scene.engine.named('shop-web-1');
    for (const count of [5, 2]) {
      const calls = scene.engine.calls.length;
      scene.change(replicas('one', {}, count)).converge();
      const touched = scene.engine.calls.slice(calls).join(' ');
      expect(touched).not.toMatch(/shop-web-[12]\b/);
    }
    expect(scene.engine.named('shop-web-1')).toEqual(before);
    expect([...scene.engine.containers.values()].map(({ name }) => name).sort()).toEqual([
      'shop-web-1',
      'shop-web-2',
    ]);
  });

  it('have the time between their batches on top of the deadline', () => {
    const update = { parallelism: 2, delay: '10m' };
    const scene = new Scene(replicas('one', update, 5));
    expect(deadlineMs(scene.app, scene.unit)).toBe(3 * 600_000);
    expect(deadlineMs(scene.app, new Scene(replicas('one', update, 1)).unit)).toBe(600_000);
  });

  it('healthy and watched for as long as the author says before the next one', () => {
    const update = { monitor: '20s' };
    const scene = new Scene(replicas('one', update, 2, true)).converge();
    scene.change(replicas('two', update, 2, true));
    const waits = scene.plan().plan.operations.filter(({ kind }) => kind === 'await-container');
    expect(waits[0]).toMatchObject({ until: 'ready', unchangedMs: 20_000 });
  });
});
