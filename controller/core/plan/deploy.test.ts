import { describe, expect, it } from 'vitest';
import { toAppId } from '../../../schemas/domain/index.ts';
import { aModel, anImage } from '../../testing/builders.ts';
import { runPlan } from '../../testing/run-plan.ts';
import { Scene } from '../../testing/scene.ts';

const onDb = (condition: 'service_started' | 'service_healthy', restart = false) => ({
  depends_on: { db: { condition, required: true, restart } },
});

describe('a first deployment', () => {
  it('makes networks and volumes, then services in the order of their dependencies', () => {
    const model = aModel(
      {
        web: { ...onDb('service_healthy'), healthcheck: { test: ['CMD', 'true'] } },
        db: { image: 'db:1', volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
      },
      { volumes: { data: {} } },
    );
    expect(new Scene(model).text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 7 operations
        db: create: not deployed yet
          downtime: no
        web: create: not deployed yet
          downtime: no
        1. create-network shop_default (does not exist)
        2. create-volume shop_data (does not exist)
        3. create-container shop-db-1 (not deployed yet)
        4. start-container shop-db-1 (not deployed yet)
        5. await-container shop-db-1 ready (until it is ready)
        6. create-container shop-web-1 (not deployed yet)
        7. start-container shop-web-1 (not deployed yet)
      "
    `);
  });

  it('pulls what is missing first, and says that the rest is planned again', () => {
    const scene = new Scene(aModel({ web: {}, db: { image: 'db:1' } }));
    scene.engine.images.clear();
    scene.engine.addImages('db:1');
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 6 operations, planned again after the pulls
        db: create: not deployed yet
          downtime: no
        web: create: not deployed yet
          downtime: no
        1. pull-image web:1 (image is not on the host)
        2. create-network shop_default (does not exist)
        3. create-container shop-db-1 (not deployed yet)
        4. start-container shop-db-1 (not deployed yet)
        5. create-container shop-web-1 (not deployed yet)
        6. start-container shop-web-1 (not deployed yet)
      "
    `);
    runPlan(scene.plan().plan, scene.engine);
    expect(scene.text()).not.toContain('pull-image');
  });

  it('puts the files a service mounts before its container', () => {
    const model = aModel({
      web: { volumes: [{ type: 'bind', source: 'repo:/conf', target: '/conf', read_only: true }] },
    });
    const scene = new Scene(model);
    const file = { sha256: 'f'.repeat(64) as never, size: 3, executable: false };
    scene.unit = { ...scene.unit, files: new Map([['repo:/conf', file]]) };
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 4 operations
        web: create: not deployed yet
          downtime: no
        1. put-file conf (mounted by web)
        2. create-network shop_default (does not exist)
        3. create-container shop-web-1 (not deployed yet)
        4. start-container shop-web-1 (not deployed yet)
      "
    `);
  });

  it('tells nothing of the content of a secret', () => {
    const model = {
      ...aModel({ web: { secrets: [{ source: 'token' }] } }),
      secrets: { token: {} },
    };
    const scene = new Scene(model);
    const sha256 = 'a1b2c3'.padEnd(64, '0') as never;
    const file = { sha256, size: 6, executable: false };
    scene.unit = { ...scene.unit, files: new Map([['secret:token', file]]) };
    const { plan } = scene.plan();
    const put = plan.operations.find(({ kind }) => kind === 'put-file');
    expect(put).toMatchObject({ id: 'put-file secret token', cause: 'mounted by web', sha256 });
    expect(scene.text()).not.toContain('a1b2c3');
    expect(JSON.stringify(plan.changes)).not.toContain('a1b2c3');
  });

  it('waits for apps it depends on, but prepares everything meanwhile', () => {
    const scene = new Scene();
    scene.waitingOn = [toAppId('default', 'base')];
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 4 operations
        web: create: not deployed yet
          downtime: no
        1. await-app default/base (until that app is ready)
        2. create-network shop_default (does not exist)
        3. create-container shop-web-1 (not deployed yet)
        4. start-container shop-web-1 (not deployed yet)
      "
    `);
  });

  it('goes on waiting for them once everything is prepared', () => {
    const scene = new Scene().crashAfter(2);
    scene.waitingOn = [toAppId('default', 'base')];
    expect(scene.plan().plan.operations.map(({ id }) => id)).toEqual([
      'await-app default/base',
      'start-container shop-web-1',
    ]);
  });

  it('waits for the completion of a one-shot service, once', () => {
    const model = aModel({
      web: {
        depends_on: { init: { condition: 'service_completed_successfully', required: true } },
      },
      init: { image: 'init:1', restart: 'no' },
    });
    const scene = new Scene(model);
    scene.engine.behaviours.set('init:1', 'completes');
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 6 operations
        init: create: not deployed yet
          downtime: no
        web: create: not deployed yet
          downtime: no
        1. create-network shop_default (does not exist)
        2. create-container shop-init-1 (not deployed yet)
        3. start-container shop-init-1 (not deployed yet)
        4. await-container shop-init-1 completed (until it has completed)
        5. create-container shop-web-1 (not deployed yet)
        6. start-container shop-web-1 (not deployed yet)
      "
    `);
    scene.converge();
    scene.engine.containers.delete(scene.engine.named('shop-web-1').id);
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 2 operations
        web: create: container shop-web-1 is missing
          downtime: no
        1. create-container shop-web-1 (container shop-web-1 is missing)
        2. start-container shop-web-1 (container shop-web-1 is missing)
      "
    `);
  });

  it('goes on without an optional dependency that is not there', () => {
    const model = aModel({
      web: { depends_on: { cache: { condition: 'service_healthy', required: false } } },
    });
    expect(new Scene(model).text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 3 operations
        web: create: not deployed yet
          downtime: no
        1. create-network shop_default (does not exist)
        2. create-container shop-web-1 (not deployed yet)
        3. start-container shop-web-1 (not deployed yet)
      "
    `);
  });

  it('starts nothing twice once everything is there', () => {
    expect(new Scene(aModel({ web: onDb('service_healthy'), db: {} })).converge().text()).toBe(
      'default/shop on web-01: no changes\n',
    );
  });
});

describe('image locks', () => {
  it('records a digest of the same repository, else the id', () => {
    const scene = new Scene(aModel({ web: { image: 'team/web:1' }, db: { image: 'db:1' } }));
    const image = anImage('team/web:1', { digests: ['other@sha256:1', 'team/web@sha256:2'] });
    scene.engine.images.set('team/web:1', image);
    expect(scene.plan().locks).toEqual({
      'team/web:1': 'team/web@sha256:2',
      'db:1': anImage('db:1').id,
    });
    expect(scene.plan().locks).toEqual({});
  });

  it('keeps the locked image when the tag moves, and takes the new one for new content', () => {
    const scene = new Scene().converge();
    const old = anImage('web:1', { tags: [] });
    scene.engine.images.set('old', old);
    scene.engine.images.set('web:1', anImage('web:1', { id: 'sha256:moved' }));
    expect(scene.text()).toContain('no changes');
    scene.locks = {};
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 6 operations
        web: replace: image: web:1 (af3c9d2388b9) → web:1 (moved)
          downtime: yes (update order is stop-first)
        1. rename-container shop-web-1 -> shop-web-1.old-* (image: web:1 (af3c9d2388b9) → web:1 (moved))
        2. create-container shop-web-1 (image: web:1 (af3c9d2388b9) → web:1 (moved))
        3. stop-container shop-web-1.old-* (image: web:1 (af3c9d2388b9) → web:1 (moved))
        4. start-container shop-web-1 (image: web:1 (af3c9d2388b9) → web:1 (moved))
        5. await-container shop-web-1 ready (until it is ready)
        6. remove-container shop-web-1.old-* (image: web:1 (af3c9d2388b9) → web:1 (moved))
      "
    `);
  });

  it('creates from the lock where the tag means another image by now', () => {
    const scene = new Scene();
    scene.locks = { 'web:1': 'sha256:locked' };
    scene.engine.images.set('locked', anImage('locked', { id: 'sha256:locked', tags: [] }));
    const create = scene.plan().plan.operations.find(({ kind }) => kind === 'create-container');
    expect(create).toMatchObject({ body: { Image: 'sha256:locked' } });
  });

  it('pulls a locked digest again when it is gone, and looks up anew what cannot be pulled', () => {
    const scene = new Scene();
    scene.engine.images.clear();
    scene.locks = { 'web:1': 'web@sha256:1' };
    expect(scene.text()).toContain('1. pull-image web:1 (web@sha256:1)');
    scene.locks = { 'web:1': 'sha256:gone' };
    expect(scene.text()).toContain('1. pull-image web:1 (image');
  });

  it('pulls nothing while a container of the locked image runs', () => {
    const scene = new Scene().converge();
    scene.engine.images.clear();
    expect(scene.text()).toContain('no changes');
  });
});
