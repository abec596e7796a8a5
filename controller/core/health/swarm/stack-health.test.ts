import { describe, expect, it } from 'vitest';
import type { ComposeService, SwarmTask } from '../../../../schemas/domain/index.ts';
import { aModel } from '../../../testing/builders.ts';
import { SwarmScene } from '../../../testing/swarm-scene.ts';
import { isServiceAwaited } from '../../plan/swarm/await-service.ts';
import { assessStack } from './assess-stack.ts';
import { judgeStack } from './judge-stack.ts';

const web = (over: Partial<ComposeService> = {}) => aModel({ web: over });
const job = () => aModel({ web: { deploy: { mode: 'replicated-job' } } });

function health(scene: SwarmScene): string {
  const [status] = assessStack(scene.unit, scene.swarm.view(), scene.failed);
  return `${status?.health} ${status?.reason}: ${status?.message}`;
}

const judge = (scene: SwarmScene, now = 0) =>
  judgeStack({
    app: scene.app,
    swarm: scene.swarm.view(),
    result: scene.plan(),
    failed: scene.failed,
    now,
    rolloutStartedMs: 0,
  });

/** The service as it is, with just these tasks. */
function withTasks(scene: SwarmScene, ...tasks: readonly Partial<SwarmTask>[]): SwarmScene {
  const [service] = scene.swarm.view().services;
  scene.swarm.tasks.clear();
  if (service)
    for (const [index, task] of tasks.entries())
      scene.swarm.addTask(service, index + 1, false, task);
  return scene;
}

const BROKEN = { state: 'failed', wanted: 'shutdown', error: 'task: non-zero exit (1)' } as const;

describe('the health of a service of a swarm', () => {
  it.each<[string, readonly Partial<SwarmTask>[], string]>([
    ['all of its tasks run', [{}], 'Healthy AllHealthy: '],
    ['its task starts', [{ state: 'starting' }], 'Progressing Starting: 0 of 1 tasks run'],
    [
      'one broke and another starts',
      [BROKEN, { state: 'preparing' }],
      'Progressing Starting: 0 of 1 tasks run; web.1: task: non-zero exit (1)',
    ],
    [
      'they break again and again',
      [BROKEN, BROKEN, BROKEN],
      'Degraded CrashLoop: 0 of 1 tasks run; web.3: task: non-zero exit (1)',
    ],
    [
      'no node fits',
      [{ state: 'pending', error: 'no suitable node (1 node not available)' }],
      'Degraded NodeLost: 0 of 1 tasks run; no suitable node (1 node not available)',
    ],
    [
      'it ended well',
      [{ state: 'complete', wanted: 'shutdown' }],
      'Healthy Completed: has completed',
    ],
    ['its template is older', [{ taskHash: 'v1:older' }], 'Progressing Starting: 0 of 1 tasks run'],
  ])('where %s', (_what, tasks, expected) => {
    expect(health(withTasks(new SwarmScene(web()).converge(), ...tasks))).toBe(expected);
  });

  it('is missing before it is there, and well with no replicas', () => {
    expect(health(new SwarmScene(web()))).toBe('Missing Starting: no service yet');
    const none = new SwarmScene(web({ deploy: { replicas: 0 } })).converge();
    expect(health(none)).toBe('Healthy AllHealthy: ');
  });

  it('counts while an update is under way, and says where it is paused', () => {
    const scene = new SwarmScene(web()).converge().change(web({ image: 'web:2' }));
    scene.run();
    expect(health(withTasks(scene, {}))).toBe(
      'Progressing RollingOut: 1 of 1 tasks run the new spec',
    );
    const service = scene.swarm.named('shop_web');
    if (service) service.update = 'paused';
    expect(health(withTasks(scene, BROKEN))).toBe(
      'Degraded UpdatePaused: web.1: task: non-zero exit (1)',
    );
  });

  it('of a job is what became of it', () => {
    const scene = new SwarmScene(job()).converge();
    expect(health(scene)).toBe('Healthy Completed: has completed');
    expect(health(withTasks(scene, { state: 'running', wanted: 'complete' }))).toBe(
      'Progressing Starting: 0 of 1 tasks completed',
    );
    expect(health(withTasks(scene, BROKEN))).toBe(
      'Degraded ExitedNonZero: 0 of 1 tasks completed; web.1: task: non-zero exit (1)',
    );
  });

  it('tells what failed, and whether the version before it serves', () => {
    const scene = new SwarmScene(web()).converge().change(web({ image: 'web:2' }));
    scene.run();
    scene.swarm.rollBack('shop_web', 'task: non-zero exit (1)');
    scene.failed = judge(scene).map((verdict) => ({ ...verdict }));
    expect(health(scene)).toBe(
      'Degraded RolledBack: ExitedNonZero: web.1: task: non-zero exit (1); the version before it serves',
    );
  });

  it('names its tasks by slot and node', () => {
    const [status] = assessStack(
      web() && new SwarmScene(web()).unit,
      new SwarmScene(web()).converge().swarm.view(),
      [],
    );
    expect(status?.containers[0]?.name).toBe('web.1@node1');
  });
});

describe('a rollout that failed', () => {
  it('is what the swarm rolled back, with the task that broke; the spec is not tried again', () => {
    const scene = new SwarmScene(web()).converge().change(web({ image: 'web:2' }));
    scene.run();
    expect(judge(scene)).toEqual([]);
    scene.swarm.rollBack('shop_web', 'starting container failed: no such file');
    const [verdict] = judge(scene);
    expect(verdict).toMatchObject({ service: 'web', reason: 'StartFailed' });
    expect(verdict?.container).toMatch(/^task:/);
    scene.failed = verdict ? [verdict] : [];
    expect(judge(scene)).toEqual([]);
    expect(scene.plan().plan.operations).toEqual([]);
    scene.change(web({ image: 'web:3' }));
    expect(scene.plan().plan.operations).toHaveLength(1);
  });

  it('is a rollback by hand only where a task broke', () => {
    const scene = new SwarmScene(web())
      .converge()
      .change(web({ image: 'web:2' }))
      .converge();
    scene.swarm.rollBack('shop_web', '');
    for (const [id, task] of scene.swarm.tasks) {
      if (task.state === 'failed') scene.swarm.tasks.delete(id);
    }
    expect(judge(scene)).toEqual([]);
    expect(scene.plan().plan.operations.map(({ reason }) => reason)).toEqual(['drift']);
  });

  it('is one that the swarm paused', () => {
    const scene = new SwarmScene(web()).converge().change(web({ image: 'web:2' }));
    scene.run();
    const service = scene.swarm.named('shop_web');
    if (service) service.update = 'paused';
    expect(judge(withTasks(scene, BROKEN))[0]?.reason).toBe('UpdatePaused');
  });

  it('is one that crashes from the first, but not for want of an image', () => {
    const scene = new SwarmScene(web());
    scene.run();
    expect(judge(withTasks(scene, BROKEN, BROKEN))).toEqual([]);
    expect(judge(withTasks(scene, BROKEN, BROKEN, BROKEN))[0]?.reason).toBe('ExitedNonZero');
    const absent = { ...BROKEN, state: 'rejected', error: 'No such image: web:1' } as const;
    expect(judge(withTasks(scene, absent, absent, absent))).toEqual([]);
  });

  it('is one that is not ready by the deadline', () => {
    const scene = new SwarmScene(web());
    scene.run();
    withTasks(scene, { state: 'starting' });
    expect(judge(scene, 599_999)).toEqual([]);
    expect(judge(scene, 600_000)[0]).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'web: 0 of 1 tasks run after 600 s',
    });
  });

  it('counts no more once the service got well after all', () => {
    const scene = new SwarmScene(web()).converge();
    const specHash = scene.plan().specHashes.get('web') ?? '';
    scene.failed = [{ service: 'web', specHash, reason: 'CrashLoop', message: '' }];
    expect(scene.plan().failed).toEqual([]);
  });
});

describe('a wait for a service', () => {
  const wait = (scene: SwarmScene, until: 'started' | 'ready' | 'completed') => {
    const [service] = scene.swarm.view().services;
    const operation = {
      kind: 'await-service',
      name: 'shop_web',
      taskHash: service?.taskHash ?? '',
      until,
      id: '',
      resource: '',
      cause: '',
      reason: 'change',
      dependsOn: [],
    } as const;
    return isServiceAwaited(operation, scene.swarm.view()).ready;
  };

  it('ends when its tasks are as awaited', () => {
    const scene = new SwarmScene(web());
    expect(wait(scene, 'ready')).toBe(false);
    scene.converge();
    expect(wait(scene, 'ready')).toBe(true);
    expect(wait(scene, 'completed')).toBe(false);
    expect(wait(new SwarmScene(job()).converge(), 'completed')).toBe(true);
    expect(wait(new SwarmScene(job()).converge(), 'ready')).toBe(true);
  });
});
