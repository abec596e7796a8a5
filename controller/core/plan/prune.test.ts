import { describe, expect, it } from 'vitest';
import { aContainer, aModel } from '../../testing/builders.ts';
import { runPlan } from '../../testing/run-plan.ts';
import { Scene } from '../../testing/scene.ts';

const shop = aModel(
  {
    web: { networks: { default: null, back: null } },
    db: {
      image: 'db:1',
      networks: { back: null },
      volumes: [{ type: 'volume', source: 'data', target: '/data' }],
      stop_grace_period: '1m30s',
    },
  },
  {
    networks: { default: { name: 'shop_default' }, back: { name: 'shop_back' } },
    volumes: { data: {} },
  },
);

describe('a service that is no longer declared', () => {
  it('goes after the rest is through, with the network only it used; its data stays', () => {
    const scene = new Scene(shop).converge().change(aModel({ web: { image: 'web:2' } }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 9 operations
        web: replace: image: web:1 → web:2; networks.shop_back: shop-web-1, web → unset
          downtime: yes (update order is stop-first)
        db: remove: no longer declared
          downtime: no
        1. rename-container shop-web-1 -> shop-web-1.old-* (image: web:1 → web:2; networks.shop_back: shop-web-1, web → unset)
        2. create-container shop-web-1 (image: web:1 → web:2; networks.shop_back: shop-web-1, web → unset)
        3. stop-container shop-web-1.old-* (image: web:1 → web:2; networks.shop_back: shop-web-1, web → unset)
        4. start-container shop-web-1 (image: web:1 → web:2; networks.shop_back: shop-web-1, web → unset)
        5. await-container shop-web-1 ready (until it is ready)
        6. remove-container shop-web-1.old-* (image: web:1 → web:2; networks.shop_back: shop-web-1, web → unset)
        7. stop-container shop-db-1 (service db is no longer declared)
        8. remove-container shop-db-1 (service db is no longer declared)
        9. remove-network shop_back (no longer declared)
        data left behind: volume shop_data
      "
    `);
  });

  it('gets the time it was created with to stop', () => {
    const scene = new Scene(shop).converge();
    scene.engine.named('shop-db-1').stopTimeoutS = 90;
    scene.change(aModel({ web: {} }));
    const stop = scene
      .plan()
      .plan.operations.find(
        ({ resource, kind }) => kind === 'stop-container' && resource === 'shop-db-1',
      );
    expect(stop).toMatchObject({ timeoutS: 90 });
  });

  it('keeps its network while a container that stays is on it', () => {
    const scene = new Scene(shop).converge();
    scene.change(aModel({ web: { image: 'web:2' }, db: { image: 'db:1' } })).fail('web');
    const removed = scene.plan().plan.operations.filter(({ kind }) => kind === 'remove-network');
    expect(removed).toEqual([]);
  });
});

describe('an app that is no longer declared', () => {
  const orphan = { app: undefined, unit: undefined } as never;

  it('goes: containers in the reverse order of their names, then networks; data stays', () => {
    const scene = new Scene(shop).converge();
    expect(scene.text(orphan)).toMatchInlineSnapshot(`
      "default/shop on web-01: 6 operations
        db: remove: the app is no longer declared here
          downtime: no
        web: remove: the app is no longer declared here
          downtime: no
        1. stop-container shop-web-1 (the app is no longer declared here)
        2. remove-container shop-web-1 (the app is no longer declared here)
        3. stop-container shop-db-1 (the app is no longer declared here)
        4. remove-container shop-db-1 (the app is no longer declared here)
        5. remove-network shop_back (no longer declared)
        6. remove-network shop_default (no longer declared)
        data left behind: volume shop_data
      "
    `);
    runPlan(scene.plan(orphan).plan, scene.engine);
    expect(scene.text(orphan)).toMatchInlineSnapshot(`
      "default/shop on web-01: no changes
        data left behind: volume shop_data
      "
    `);
  });

  it('takes its data along only where it said so', () => {
    const scene = new Scene(shop).converge();
    const { plan } = scene.plan({ ...(orphan as object), pruneVolumes: true });
    runPlan(plan, scene.engine);
    expect([
      scene.engine.containers.size,
      scene.engine.networks.size,
      scene.engine.volumes.size,
    ]).toEqual([0, 0, 0]);
  });

  it('leaves a network that a stranger uses', () => {
    const scene = new Scene(shop).converge();
    const id = scene.engine.networks.get('shop_back')?.id ?? '';
    scene.engine.addContainer(
      aContainer({ networks: [{ name: 'shop_back', id, aliases: [], address: '' }] }),
    );
    expect(scene.text(orphan)).toContain(
      'blocked: Pruning: network shop_back stays: unmanaged container other is connected to it',
    );
    expect(scene.text(orphan)).not.toContain('remove-network shop_back');
  });
});
