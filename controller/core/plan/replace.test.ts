import { describe, expect, it } from 'vitest';
import type { ComposeService } from '../../../schemas/domain/index.ts';
import { aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

const startFirst = { update_config: { order: 'start-first' } };
const web = (over: Partial<ComposeService> = {}) => aModel({ web: over });

describe('replacing a container', () => {
  it('stop-first: keeps the old one aside until the new one is ready', () => {
    const scene = new Scene(web()).converge().change(web({ image: 'web:2' }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 6 operations
        web: replace: image: web:1 → web:2
          downtime: yes (update order is stop-first)
        1. rename-container shop-web-1 -> shop-web-1.old-* (image: web:1 → web:2)
        2. create-container shop-web-1 (image: web:1 → web:2)
        3. stop-container shop-web-1.old-* (image: web:1 → web:2)
        4. start-container shop-web-1 (image: web:1 → web:2)
        5. await-container shop-web-1 ready (until it is ready)
        6. remove-container shop-web-1.old-* (image: web:1 → web:2)
      "
    `);
  });

  it('start-first: the old one serves until the new one is ready', () => {
    const scene = new Scene(web()).converge();
    scene.change(web({ image: 'web:2', deploy: startFirst }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 6 operations
        web: replace: image: web:1 → web:2
          downtime: no
        1. create-container shop-web-1.new-* (image: web:1 → web:2)
        2. start-container shop-web-1.new-* (image: web:1 → web:2)
        3. await-container shop-web-1 ready (until it is ready)
        4. stop-container shop-web-1 (image: web:1 → web:2)
        5. remove-container shop-web-1 (image: web:1 → web:2)
        6. rename-container shop-web-1.new-* -> shop-web-1 (image: web:1 → web:2)
      "
    `);
  });

  it.each<[string, Partial<ComposeService>]>([
    ['host port 8080', { ports: [{ target: 80, published: '8080', protocol: 'tcp' }] }],
    [
      'volume shop_data has a single writer',
      { volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
    ],
    [
      'bind /srv has a single writer',
      { volumes: [{ type: 'bind', source: '/srv', target: '/srv' }] },
    ],
    ['fixed address', { networks: { default: { ipv4_address: '10.0.0.9' } } }],
    ['update order is stop-first', { deploy: {} }],
  ])('is away for a moment: %s', (reason, over) => {
    const volumes = { volumes: { data: { name: 'shop_data' } } };
    const model = (image: string) =>
      aModel({ web: { deploy: startFirst, ...over, image } }, volumes);
    const scene = new Scene(model('web:1')).converge().change(model('web:2'));
    expect(scene.text()).toContain(`downtime: yes (${reason})`);
  });

  it.each<[string, Partial<ComposeService>]>([
    [
      'a shared volume',
      {
        volumes: [{ type: 'volume', source: 'data', target: '/data' }],
        'x-skep': { shared: true },
      },
    ],
    [
      'a read-only volume',
      {
        volumes: [{ type: 'volume', source: 'data', target: '/data', read_only: true }],
      },
    ],
    [
      'a repository file',
      {
        volumes: [{ type: 'bind', source: 'repo:/conf', target: '/conf' }],
      },
    ],
    ['a port the engine picks', { ports: [{ target: 80, protocol: 'tcp' }] }],
  ])('is not away with %s', (_what, over) => {
    const volumes = { volumes: { data: { name: 'shop_data' } } };
    const model = (image: string) =>
      aModel({ web: { deploy: startFirst, ...over, image } }, volumes);
    const scene = new Scene(model('web:1')).converge().change(model('web:2'));
    expect(scene.text()).toContain('downtime: no');
  });

  it('plans the rest of a stop-first replacement after each operation', () => {
    const scene = new Scene(web()).converge().change(web({ environment: { A: '1' } }));
    const rest: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      rest.push(operations(scene));
      scene.crashAfter(1);
    }
    expect(rest.join('\n')).toMatchInlineSnapshot(`
      "6: rename-container shop-web-1 -> shop-web-1.old-*, create-container shop-web-1, stop-container shop-web-1.old-*, start-container shop-web-1, await-container shop-web-1 ready, remove-container shop-web-1.old-*
      5: create-container shop-web-1, stop-container shop-web-1.old-*, start-container shop-web-1, await-container shop-web-1 ready, remove-container shop-web-1.old-*
      4: stop-container shop-web-1.old-*, start-container shop-web-1, await-container shop-web-1 ready, remove-container shop-web-1.old-*
      3: start-container shop-web-1, await-container shop-web-1 ready, remove-container shop-web-1.old-*
      2: await-container shop-web-1 ready, remove-container shop-web-1.old-*
      1: remove-container shop-web-1.old-*
      0: "
    `);
  });

  it('plans the rest of a start-first replacement after each operation', () => {
    const changed = web({ environment: { A: '1' }, deploy: startFirst });
    const scene = new Scene(web()).converge().change(changed);
    const rest: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      rest.push(operations(scene));
      scene.crashAfter(1);
    }
    expect(rest.join('\n')).toMatchInlineSnapshot(`
      "6: create-container shop-web-1.new-*, start-container shop-web-1.new-*, await-container shop-web-1 ready, stop-container shop-web-1, remove-container shop-web-1, rename-container shop-web-1.new-* -> shop-web-1
      5: start-container shop-web-1.new-*, await-container shop-web-1 ready, stop-container shop-web-1, remove-container shop-web-1, rename-container shop-web-1.new-* -> shop-web-1
      4: await-container shop-web-1 ready, stop-container shop-web-1, remove-container shop-web-1, rename-container shop-web-1.new-* -> shop-web-1
      3: stop-container shop-web-1, remove-container shop-web-1, rename-container shop-web-1.new-* -> shop-web-1
      2: remove-container shop-web-1, rename-container shop-web-1.new-* -> shop-web-1
      1: rename-container shop-web-1.new-* -> shop-web-1
      0: "
    `);
  });

  it('goes back when git does, in the middle of the rollout', () => {
    const scene = new Scene(web())
      .converge()
      .change(web({ image: 'web:2' }))
      .crashAfter(4);
    expect(scene.change(web()).text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 5 operations
        web: replace: image: web:2 → web:1
          downtime: yes (update order is stop-first)
        1. stop-container shop-web-1 (its successor takes over)
        2. start-container shop-web-1.old-* (was set aside)
        3. await-container shop-web-1 ready (until it is ready)
        4. remove-container shop-web-1 (its successor takes over)
        5. rename-container shop-web-1.old-* -> shop-web-1 (its predecessor is gone)
      "
    `);
    expect(scene.converge().engine.containers.size).toBe(1);
  });

  it('keeps the one that is known to work when a third version comes before the second is ready', () => {
    const scene = new Scene(web())
      .converge()
      .change(web({ image: 'web:2' }))
      .crashAfter(4);
    expect(scene.change(web({ image: 'web:3' })).text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 6 operations
        web: replace: image: web:1 → web:3
          downtime: yes (update order is stop-first)
        1. stop-container shop-web-1 (image: web:1 → web:3)
        2. remove-container shop-web-1 (image: web:1 → web:3)
        3. create-container shop-web-1 (image: web:1 → web:3)
        4. start-container shop-web-1 (image: web:1 → web:3)
        5. await-container shop-web-1 ready (until it is ready)
        6. remove-container shop-web-1.old-* (image: web:1 → web:3)
      "
    `);
  });

  it('waits for a dependency that changes too before the old one stops', () => {
    const dependent = (version: number) =>
      aModel({
        web: {
          image: `web:${version}`,
          depends_on: { db: { condition: 'service_healthy', required: true } },
        },
        db: { image: `db:${version}` },
      });
    expect(new Scene(dependent(1)).converge().change(dependent(2)).text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 12 operations
        db: replace: image: db:1 → db:2
          downtime: yes (update order is stop-first)
        web: replace: image: web:1 → web:2
          downtime: yes (update order is stop-first)
        1. rename-container shop-db-1 -> shop-db-1.old-* (image: db:1 → db:2)
        2. create-container shop-db-1 (image: db:1 → db:2)
        3. stop-container shop-db-1.old-* (image: db:1 → db:2)
        4. start-container shop-db-1 (image: db:1 → db:2)
        5. await-container shop-db-1 ready (until it is ready)
        6. remove-container shop-db-1.old-* (image: db:1 → db:2)
        7. rename-container shop-web-1 -> shop-web-1.old-* (image: web:1 → web:2)
        8. create-container shop-web-1 (image: web:1 → web:2)
        9. stop-container shop-web-1.old-* (image: web:1 → web:2)
        10. start-container shop-web-1 (image: web:1 → web:2)
        11. await-container shop-web-1 ready (until it is ready)
        12. remove-container shop-web-1.old-* (image: web:1 → web:2)
      "
    `);
  });

  it('replaces the dependants of a dependency with restart: true', () => {
    const model = (version: number) =>
      aModel({
        web: {
          depends_on: { db: { condition: 'service_started', required: true, restart: true } },
        },
        api: { depends_on: { db: { condition: 'service_started', required: true } } },
        db: { image: `db:${version}` },
      });
    const scene = new Scene(model(1)).converge().change(model(2));
    expect(scene.text()).toContain('web: replace: db, which it depends on, is replaced');
    expect(scene.text()).not.toContain('api: replace');
  });

  it('replaces everything when spec.restart changes', () => {
    const scene = new Scene(web()).converge().change(web(), { restart: 'now' });
    expect(scene.text()).toContain('web: replace: spec.restart: unset → now');
  });

  it('sets the old one aside also under the name of another project', () => {
    const named = (name: string) => aModel({ web: { restart: 'no' } }, { name });
    const scene = new Scene(named('shop')).converge().change(named('store'));
    scene.engine.stopCode = 0;
    scene.crashAfter(5).fail('web');
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 4 operations
        web: roll back: HealthProbeFailing: web is unhealthy
          downtime: no
        1. stop-container store-web-1 (HealthProbeFailing: web is unhealthy)
        2. remove-container store-web-1 (HealthProbeFailing: web is unhealthy)
        3. start-container store-web-1.old-* (was set aside)
        4. rename-container store-web-1.old-* -> store-web-1 (goes on serving)
      "
    `);
  });

  it('removes a completed one-shot before the next run, which is tried only once', () => {
    const job = (version: number) => aModel({ job: { image: `job:${version}`, restart: 'no' } });
    const scene = new Scene(job(1));
    scene.engine.behaviours.set('job:1', 'completes');
    scene.engine.behaviours.set('job:2', 'exits');
    scene.converge().change(job(2));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 3 operations
        job: replace: image: job:1 → job:2
          downtime: no
        1. remove-container shop-job-1 (image: job:1 → job:2)
        2. create-container shop-job-1 (image: job:1 → job:2)
        3. start-container shop-job-1 (image: job:1 → job:2)
      "
    `);
    scene.crashAfter(9).engine.settle();
    expect(scene.text()).toContain('no changes');
  });
});

describe('several replicas', () => {
  it('are replaced one after the other', () => {
    const three = (image: string) => web({ image, deploy: { replicas: 3 } });
    const scene = new Scene(three('web:1')).converge().change(three('web:2'));
    const { operations: all } = scene.plan().plan;
    const second = all.find(({ id }) => id === 'rename-container shop-web-2');
    expect(second?.dependsOn).toContain('await-container shop-web-1');
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 18 operations
        web: replace: image: web:1 → web:2
          downtime: no
        1. rename-container shop-web-1 -> shop-web-1.old-* (image: web:1 → web:2)
        2. create-container shop-web-1 (image: web:1 → web:2)
        3. stop-container shop-web-1.old-* (image: web:1 → web:2)
        4. start-container shop-web-1 (image: web:1 → web:2)
        5. await-container shop-web-1 ready (until it is ready)
        6. remove-container shop-web-1.old-* (image: web:1 → web:2)
        7. rename-container shop-web-2 -> shop-web-2.old-* (image: web:1 → web:2)
        8. create-container shop-web-2 (image: web:1 → web:2)
        9. stop-container shop-web-2.old-* (image: web:1 → web:2)
        10. start-container shop-web-2 (image: web:1 → web:2)
        11. await-container shop-web-2 ready (until it is ready)
        12. remove-container shop-web-2.old-* (image: web:1 → web:2)
        13. rename-container shop-web-3 -> shop-web-3.old-* (image: web:1 → web:2)
        14. create-container shop-web-3 (image: web:1 → web:2)
        15. stop-container shop-web-3.old-* (image: web:1 → web:2)
        16. start-container shop-web-3 (image: web:1 → web:2)
        17. await-container shop-web-3 ready (until it is ready)
        18. remove-container shop-web-3.old-* (image: web:1 → web:2)
      "
    `);
  });

  it('are replaced in groups where the author says so', () => {
    const all = (image: string) =>
      web({ image, deploy: { replicas: 2, update_config: { parallelism: 0 } } });
    const scene = new Scene(all('web:1')).converge().change(all('web:2'));
    expect(scene.text()).toContain('downtime: yes (update order is stop-first)');
    const waits = scene.plan().plan.operations.filter(({ kind }) => kind === 'await-container');
    expect(waits.map(({ dependsOn }) => dependsOn)).toEqual([
      ['start-container shop-web-1'],
      ['start-container shop-web-2'],
    ]);
  });

  it('wait for the delay between two', () => {
    const two = (image: string) =>
      web({ image, deploy: { replicas: 2, update_config: { delay: '5s' } } });
    const scene = new Scene(two('web:1')).converge().change(two('web:2'));
    const wait = scene.plan().plan.operations.find(({ kind }) => kind === 'await-container');
    expect(wait).toMatchObject({ unchangedMs: 5_000 });
  });

  it('grow by what is missing and shrink from the highest number', () => {
    const scaled = (replicas: number) => web({ deploy: { replicas } });
    const scene = new Scene(scaled(1)).converge().change(scaled(3));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 4 operations
        web: scale: scaled to 3
          downtime: no
        1. create-container shop-web-2 (scaled to 3)
        2. start-container shop-web-2 (scaled to 3)
        3. create-container shop-web-3 (scaled to 3)
        4. start-container shop-web-3 (scaled to 3)
      "
    `);
    scene.converge().change(scaled(1));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 4 operations
        web: scale: scaled to 1
          downtime: no
        1. stop-container shop-web-3 (scaled to 1)
        2. remove-container shop-web-3 (scaled to 1)
        3. stop-container shop-web-2 (scaled to 1)
        4. remove-container shop-web-2 (scaled to 1)
      "
    `);
    scene.converge().change(scaled(0));
    expect(scene.text()).toContain('web: remove: scaled to 0');
    expect(scene.converge().engine.containers.size).toBe(0);
  });
});

function operations(scene: Scene): string {
  const lines = scene.text().split('\n');
  const numbered = lines.flatMap((line) => /^ {2}\d+\. ([^(]+) \(/.exec(line)?.[1] ?? []);
  return `${numbered.length}: ${numbered.join(', ')}`;
}
