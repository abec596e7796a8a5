import { describe, expect, it } from 'vitest';
import { aModel } from '../../testing/builders.ts';
import { runPlan } from '../../testing/run-plan.ts';
import { Scene } from '../../testing/scene.ts';
import { renderPlan } from './render-plan.ts';

const text = (scene: Scene): string => renderPlan(scene.plan().plan, 'text');

describe('planUnit', () => {
  it('x', () => {
    const s = new Scene(
      aModel({
        web: { depends_on: { db: { condition: 'service_healthy', required: true } } },
        db: { image: 'db:1' },
      }),
    );
    console.log(text(s));
    s.converge();
    console.log(text(s));
    s.change(
      aModel({
        web: {
          image: 'web:2',
          depends_on: { db: { condition: 'service_healthy', required: true } },
        },
        db: { image: 'db:1' },
      }),
    );
    console.log(text(s));
    for (let i = 0; i < 8; i++) {
      runPlan(s.plan().plan, s.engine, { limit: 1 });
      console.log(text(s));
    }
    s.change(
      aModel({
        web: { image: 'web:3', deploy: { replicas: 3, update_config: { order: 'start-first' } } },
      }),
    );
    console.log(text(s));
    s.converge();
    s.change(
      aModel({
        web: { image: 'web:4', deploy: { replicas: 2, update_config: { order: 'start-first' } } },
      }),
    );
    console.log(text(s));
    s.fail('web');
    console.log(text(s));
    s.failed = [];
    runPlan(s.plan().plan, s.engine, { limit: 3 });
    s.fail('web');
    console.log(text(s));
    s.converge();
    console.log(text(s));
    expect(1).toBe(1);
  });
});
