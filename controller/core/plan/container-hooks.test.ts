import { describe, expect, it } from 'vitest';
import type { ComposeService, OperationOf } from '../../../schemas/domain/index.ts';
import { aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

const SEED = { command: ['./seed'] };
const DRAIN = { command: ['./drain'], user: 'root' };

const scene = (web: Partial<ComposeService>) => new Scene(aModel({ web }));
const changed = (before: Partial<ComposeService>, after: Partial<ComposeService>) =>
  scene(before)
    .converge()
    .change(aModel({ web: after }));

function hooksOf(of: Scene, kind: 'start-container' | 'stop-container') {
  const found = of
    .plan()
    .plan.operations.filter((one): one is OperationOf<typeof kind> => one.kind === kind);
  return found.map(({ hooks }) => hooks);
}

describe('post_start and pre_stop of a service', () => {
  it('run with every start and stop of its containers', () => {
    const first = scene({ post_start: [SEED], pre_stop: [DRAIN] });
    expect(hooksOf(first, 'start-container')).toEqual([[{ argv: ['./seed'] }]]);
    const next = changed(
      { post_start: [SEED], pre_stop: [DRAIN] },
      { post_start: [SEED], pre_stop: [DRAIN], hostname: 'h' },
    );
    expect(hooksOf(next, 'start-container')).toEqual([[{ argv: ['./seed'] }]]);
    expect(hooksOf(next, 'stop-container')).toEqual([[{ argv: ['./drain'], user: 'root' }]]);
  });

  it('run also where a container is only started again', () => {
    const stopped = scene({ post_start: [SEED] }).converge();
    Object.assign(stopped.engine.named('shop-web-1'), { state: 'exited', exitCode: 1 });
    expect(hooksOf(stopped, 'start-container')).toEqual([[{ argv: ['./seed'] }]]);
  });

  it('are in no operation of a service without any', () => {
    const [start] = scene({})
      .plan()
      .plan.operations.filter(({ kind }) => kind === 'start-container');
    expect(start).not.toHaveProperty('hooks');
  });

  it('replace the container where what runs after its start has changed', () => {
    const text = changed({ post_start: [SEED] }, { post_start: [DRAIN] }).text();
    expect(text).toContain('web: replace: post_start');
  });

  it('leave it alone where only what runs before its stop has changed', () => {
    expect(changed({ pre_stop: [SEED] }, { pre_stop: [DRAIN] }).text()).toContain('no changes');
  });
});
