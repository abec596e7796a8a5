import { describe, expect, it } from 'vitest';
import type { ComposeService } from '../../../schemas/domain/index.ts';
import { aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

const NOTHING = 'no changes';
const startFirst = { update_config: { order: 'start-first' } };
const web = (over: Partial<ComposeService> = {}) => aModel({ web: over });

describe('a spec that ran and failed', () => {
  it('stop-first: the new one is removed, the old one starts again under its name', () => {
    const scene = new Scene(web())
      .converge()
      .change(web({ image: 'web:2' }))
      .crashAfter(4);
    scene.fail('web');
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 4 operations
        web: roll back: HealthProbeFailing: web is unhealthy
          downtime: no
        1. stop-container shop-web-1 (HealthProbeFailing: web is unhealthy)
        2. remove-container shop-web-1 (HealthProbeFailing: web is unhealthy)
        3. start-container shop-web-1.old-* (was set aside)
        4. rename-container shop-web-1.old-* -> shop-web-1 (goes on serving)
      "
    `);
    scene.crashAfter(9).engine.settle();
    expect(scene.text()).toContain(NOTHING);
    expect(scene.engine.named('shop-web-1')).toMatchObject({ image: 'web:1', state: 'running' });
  });

  it('stop-first: goes back from every point a crash leaves it at', () => {
    for (let crash = 0; crash < 7; crash += 1) {
      for (let again = 0; again < 5; again += 1) {
        const scene = new Scene(web()).converge().change(web({ image: 'web:2' }));
        scene.crashAfter(crash).fail('web');
        scene.crashAfter(again).crashAfter(9).engine.settle();
        expect(scene.text()).toContain(NOTHING);
        const version = crash < 6 ? 'web:1' : 'web:2';
        expect(scene.engine.named('shop-web-1')).toMatchObject({
          image: version,
          state: 'running',
        });
        expect(scene.engine.containers.size).toBe(1);
      }
    }
  });

  it('start-first: the new one is removed, the old one was never touched', () => {
    const changed = web({ image: 'web:2', deploy: startFirst });
    const scene = new Scene(web()).converge().change(changed).crashAfter(2).fail('web');
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 2 operations
        web: roll back: HealthProbeFailing: web is unhealthy
          downtime: no
        1. stop-container shop-web-1.new-* (HealthProbeFailing: web is unhealthy)
        2. remove-container shop-web-1.new-* (HealthProbeFailing: web is unhealthy)
      "
    `);
  });

  it('is not tried again while neither it nor git changes', () => {
    const scene = new Scene(web())
      .converge()
      .change(web({ image: 'web:2' }))
      .fail('web');
    expect(scene.text()).toContain(NOTHING);
    scene.change(web({ image: 'web:3' }));
    expect(scene.text()).toContain('web: replace: image: web:1 → web:3');
  });

  it('stays as it is where there is nothing to go back to', () => {
    const scene = new Scene(web()).crashAfter(3);
    scene.fail('web');
    Object.assign(scene.engine.named('shop-web-1'), { state: 'exited', exitCode: 1 });
    expect(scene.text()).toContain(NOTHING);
    scene.engine.containers.clear();
    expect(scene.text()).toContain(NOTHING);
  });

  it('is forgotten once it is well after all', () => {
    const model = aModel({
      web: { depends_on: { db: { condition: 'service_started', required: true } } },
      db: { image: 'db:1' },
    });
    const scene = new Scene(model).crashAfter(3).fail('db', 'DeadlineExceeded');
    expect(scene.text()).not.toContain('start-container shop-web-1');
    scene.engine.settle();
    expect(scene.text()).toContain('start-container shop-web-1');
  });

  it('holds what depends on it, and what depends on that', () => {
    const model = (version: number) =>
      aModel({
        web: {
          image: `web:${version}`,
          depends_on: { api: { condition: 'service_started', required: true } },
        },
        api: {
          image: `api:${version}`,
          depends_on: { db: { condition: 'service_healthy', required: true } },
        },
        db: { image: `db:${version}` },
      });
    const scene = new Scene(model(1)).converge().change(model(2)).fail('db');
    expect(scene.text()).toContain(NOTHING);
    Object.assign(scene.engine.named('shop-web-1'), { state: 'exited', exitCode: 137 });
    expect(scene.text()).toContain('1. start-container shop-web-1 (exited (137) from outside)');
  });

  it('does not hold what can do without it', () => {
    const model = (version: number) =>
      aModel({
        web: {
          image: `web:${version}`,
          depends_on: { db: { condition: 'service_healthy', required: false } },
        },
        db: { image: `db:${version}` },
      });
    const scene = new Scene(model(1)).converge().change(model(2)).fail('db');
    expect(scene.text()).toContain('web: replace');
  });

  it('takes the dependants that were on their way back as well', () => {
    const model = (version: number) =>
      aModel({
        web: {
          image: `web:${version}`,
          depends_on: { db: { condition: 'service_healthy', required: true } },
        },
        db: { image: 'db:1', environment: { VERSION: String(version) } },
      });
    const scene = new Scene(model(1)).converge().change(model(2)).crashAfter(9);
    // The database was ready, its predecessor is gone, and then it fails.
    Object.assign(scene.engine.named('shop-db-1'), { state: 'exited', exitCode: 1 });
    scene.engine.named('shop-db-1').mutable = {
      ...scene.engine.named('shop-db-1').mutable,
      restartPolicy: 'no',
    };
    scene.fail('db', 'ExitedNonZero');
    scene.crashAfter(20).engine.settle();
    expect(scene.engine.named('shop-web-1')).toMatchObject({ image: 'web:1', state: 'running' });
  });

  it('of several replicas takes back only those that are not through', () => {
    const three = (image: string) => web({ image, deploy: { replicas: 3 } });
    const scene = new Scene(three('web:1')).converge().change(three('web:2')).crashAfter(10);
    scene.fail('web').crashAfter(20).engine.settle();
    expect(scene.text()).toContain(NOTHING);
    const images = [1, 2, 3].map((number) => scene.engine.named(`shop-web-${number}`).image);
    expect(images).toEqual(['web:2', 'web:1', 'web:1']);
  });
});
