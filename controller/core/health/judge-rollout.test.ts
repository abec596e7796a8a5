import { describe, expect, it } from 'vitest';
import type { ComposeModel, ObservedContainer } from '../../../schemas/domain/index.ts';
import { aModel, INSTALLATION } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';
import { judgeRollout, type RolloutInput } from './judge-rollout.ts';

const job = {
  depends_on: { init: { condition: 'service_completed_successfully' as const, required: true } },
};

function started(model: ComposeModel = aModel({ web: { restart: 'no' } })): Scene {
  return new Scene(model).crashAfter(3);
}

function judge(scene: Scene, over: Partial<RolloutInput> = {}): readonly string[] {
  const verdicts = judgeRollout({
    installation: INSTALLATION,
    app: scene.app,
    unit: scene.unit,
    observed: scene.observed(),
    locks: scene.locks,
    failed: scene.failed,
    now: scene.engine.nowMs,
    rolloutStartedMs: scene.engine.nowMs - 1_000,
    ...over,
  });
  return verdicts.map(({ service, reason, message }) => `${service}: ${reason}: ${message}`);
}

describe('the verdict on a rollout', () => {
  it.each<[string, Partial<ObservedContainer>, readonly string[]]>([
    ['just started', {}, []],
    ['created', { state: 'created', error: 'port is already allocated' }, []],
    ['not healthy yet', { health: 'starting' }, []],
    ['unhealthy', { health: 'unhealthy' }, ['web: HealthProbeFailing: shop-web-1 is unhealthy']],
    ['one restart', { state: 'restarting', restartCount: 1 }, []],
    [
      'three restarts',
      { state: 'restarting', restartCount: 3, exitCode: 1 },
      ['web: CrashLoop: shop-web-1 keeps exiting (code 1), 3 restarts'],
    ],
    [
      'an error',
      { state: 'exited', exitCode: 1 },
      ['web: ExitedNonZero: shop-web-1 exited with code 1'],
    ],
    [
      'out of memory',
      { state: 'exited', exitCode: 137, oomKilled: true },
      ['web: OOMKilled: shop-web-1 ran out of memory'],
    ],
    ['stopped from outside', { state: 'exited', exitCode: 143 }, []],
    ['completed', { state: 'exited' }, []],
  ])('%s', (_what, over, expected) => {
    const scene = started();
    Object.assign(scene.engine.named('shop-web-1'), over);
    expect(judge(scene)).toEqual(expected);
  });

  it('is that time is up, after the deadline, for what has been started', () => {
    const scene = started();
    const late = { rolloutStartedMs: scene.engine.nowMs - 600_000 };
    Object.assign(scene.engine.named('shop-web-1'), { health: 'starting' });
    expect(judge(scene, late)).toEqual([
      'web: DeadlineExceeded: shop-web-1 is not ready after 600 s',
    ]);
    Object.assign(scene.engine.named('shop-web-1'), { state: 'created' });
    expect(judge(scene, late)).toEqual([]);
  });

  it('expects completion of what others wait to see completed', () => {
    const scene = started(aModel({ web: job, init: { image: 'init:1', restart: 'no' } }));
    scene.engine.settle();
    expect(judge(scene)).toEqual([]);
    const late = { rolloutStartedMs: scene.engine.nowMs - 600_000 };
    expect(judge(scene, late)).toEqual([
      'init: DeadlineExceeded: shop-init-1 is not completed after 600 s',
    ]);
  });

  it('is not given twice, nor on what was ready once, nor before the image is known', () => {
    const scene = started();
    const web = scene.engine.named('shop-web-1');
    Object.assign(web, { health: 'unhealthy' });
    expect(judge(scene, { readyBefore: new Set([web.id]) })).toEqual([]);
    const { specHashes } = scene.plan();
    const specHash = specHashes.get('web') ?? '';
    expect(
      judge(scene, { failed: [{ service: 'web', specHash, reason: '', message: '' }] }),
    ).toEqual([]);
    scene.engine.images.clear();
    expect(judge(scene, { locks: { 'web:1': 'web@sha256:1' } })).toEqual([]);
  });

  it('speaks only of containers of the desired spec', () => {
    const scene = started();
    scene.change(aModel({ web: { image: 'web:2' } }));
    Object.assign(scene.engine.named('shop-web-1'), { health: 'unhealthy' });
    expect(judge(scene)).toEqual([]);
  });
});
