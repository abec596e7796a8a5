import { describe, expect, it } from 'vitest';
import type { ComposeNetwork, ComposeVolume } from '../../../schemas/domain/index.ts';
import { aContainer, aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

const net = (network: ComposeNetwork) =>
  aModel({ web: {}, db: { image: 'db:1' } }, { networks: { default: network } });

const data = (volume: ComposeVolume, image = 'web:1') =>
  aModel(
    { web: { image, volumes: [{ type: 'volume', source: 'data', target: '/data' }] } },
    { volumes: { data: volume } },
  );

const withPort = (service: string | undefined, others: readonly string[] = ['web']) =>
  aModel(
    Object.fromEntries(
      [...others, ...(service ? [service] : [])].map((name) => [
        name,
        name === service
          ? { image: `${name}:1`, ports: [{ target: 80, published: '8080', protocol: 'tcp' }] }
          : { image: `${name}:1` },
      ]),
    ),
  );

describe('networks', () => {
  it('are made anew when they changed, with everything on them', () => {
    const scene = new Scene(net({ name: 'shop_default' })).converge();
    scene.change(net({ name: 'shop_default', internal: true }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 14 operations
        db: replace: network shop_default changed
          downtime: yes (network shop_default is made anew)
        web: replace: network shop_default changed
          downtime: yes (network shop_default is made anew)
        1. rename-container shop-db-1 -> shop-db-1.old-* (network shop_default changed)
        2. stop-container shop-db-1.old-* (network shop_default changed)
        3. rename-container shop-web-1 -> shop-web-1.old-* (network shop_default changed)
        4. stop-container shop-web-1.old-* (network shop_default changed)
        5. remove-network shop_default (network shop_default changed)
        6. create-network shop_default (network shop_default changed)
        7. create-container shop-db-1 (network shop_default changed)
        8. start-container shop-db-1 (network shop_default changed)
        9. await-container shop-db-1 ready (until it is ready)
        10. remove-container shop-db-1.old-* (network shop_default changed)
        11. create-container shop-web-1 (network shop_default changed)
        12. start-container shop-web-1 (network shop_default changed)
        13. await-container shop-web-1 ready (until it is ready)
        14. remove-container shop-web-1.old-* (network shop_default changed)
      "
    `);
    expect(scene.converge().engine.containers.size).toBe(2);
  });

  it('can be made anew from every point a crash leaves them at', () => {
    for (let crash = 0; crash < 22; crash += 1) {
      const scene = new Scene(net({ name: 'shop_default' })).converge();
      scene.change(net({ name: 'shop_default', internal: true }));
      scene.crashAfter(crash).converge();
      expect(scene.engine.named('shop-web-1').state).toBe('running');
    }
  });

  it('take the old container along when the new one fails', () => {
    const scene = new Scene(net({ name: 'shop_default' })).converge();
    scene.change(net({ name: 'shop_default', internal: true })).crashAfter(11);
    scene.fail('db').crashAfter(30).engine.settle();
    expect(scene.text()).toContain('no changes');
    expect(scene.engine.named('shop-db-1').state).toBe('running');
    expect(scene.engine.named('shop-web-1').state).toBe('running');
  });

  it('stay while a stranger is connected', () => {
    const scene = new Scene(net({ name: 'shop_default' })).converge();
    const id = scene.engine.networks.get('shop_default')?.id ?? '';
    scene.engine.addContainer(
      aContainer({ networks: [{ name: 'shop_default', id, aliases: [], address: '' }] }),
    );
    scene.change(net({ name: 'shop_default', internal: true }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: no changes, blocked
        blocked: db: NameTaken: network shop_default has to be made anew, but unmanaged container other is connected to it
        blocked: web: NameTaken: network shop_default has to be made anew, but unmanaged container other is connected to it
      "
    `);
  });

  it('are not made for a service with a network mode', () => {
    const scene = new Scene(aModel({ web: { image: 'web:1', network_mode: 'host' } }));
    expect(scene.text()).not.toContain('create-network');
    expect(scene.converge().engine.networks.size).toBe(0);
    expect(scene.engine.named('shop-web-1').state).toBe('running');
  });

  it('that are external must be there', () => {
    const scene = new Scene(net({ name: 'proxy', external: true }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: no changes, blocked
        blocked: db: NetworkNotFound: external network proxy is not on the host; create it there
        blocked: web: NetworkNotFound: external network proxy is not on the host; create it there
      "
    `);
    scene.engine.networks.set('proxy', {
      id: 'p',
      name: 'proxy',
      driver: 'bridge',
      scope: 'local',
    });
    expect(scene.text()).toContain('1. create-container shop-db-1');
  });

  it('of strangers are never taken over', () => {
    const scene = new Scene();
    scene.engine.networks.set('shop_default', {
      id: 'p',
      name: 'shop_default',
      driver: 'bridge',
      scope: 'local',
    });
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: no changes, blocked
        blocked: web: NameTaken: network shop_default exists and is unmanaged; declare it external to use it, or take it over with spec.adopt: true
      "
    `);
  });
});

describe('volumes', () => {
  it('are left alone when their settings changed, and the rest goes on', () => {
    const scene = new Scene(data({})).converge();
    scene.change(data({ driver_opts: { type: 'nfs' } }, 'web:2'));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 6 operations, blocked
        web: replace: image: web:1 → web:2
          downtime: yes (volume shop_data has a single writer)
        1. rename-container shop-web-1 -> shop-web-1.old-* (image: web:1 → web:2)
        2. create-container shop-web-1 (image: web:1 → web:2)
        3. stop-container shop-web-1.old-* (image: web:1 → web:2)
        4. start-container shop-web-1 (image: web:1 → web:2)
        5. await-container shop-web-1 ready (until it is ready)
        6. remove-container shop-web-1.old-* (image: web:1 → web:2)
        blocked: VolumeDiverged: volume shop_data was made with other settings than data has now; its data is left alone: give the volume a new name, or move the data and remove it
      "
    `);
  });

  it('that are external must be there', () => {
    const scene = new Scene(data({ name: 'shared', external: true }));
    expect(scene.text()).toContain(
      'blocked: web: VolumeNotFound: external volume shared is not on the host; create it there',
    );
    expect(scene.text()).not.toContain('create-container');
  });

  it('of strangers are never written to', () => {
    const scene = new Scene(data({}));
    scene.engine.volumes.set('shop_data', { name: 'shop_data', driver: 'local' });
    expect(scene.text()).toContain(
      'blocked: web: NameTaken: volume shop_data exists and is unmanaged',
    );
    expect(scene.text()).not.toContain('create-container');
  });

  it('that lose their service stay behind, and are named', () => {
    const scene = new Scene(data({})).converge().change(aModel({ web: {} }));
    expect(scene.text()).toContain('data left behind: volume shop_data');
    expect(scene.converge().engine.volumes.has('shop_data')).toBe(true);
  });

  it('go only where the app says so', () => {
    const scene = new Scene(data({}))
      .converge()
      .change(aModel({ web: {} }), { pruneVolumes: true });
    expect(scene.text()).toContain('remove-volume shop_data');
    expect(scene.text()).not.toContain('left behind');
    expect(scene.converge().engine.volumes.size).toBe(0);
  });
});

describe('names and host ports', () => {
  it('of a stranger block the service, and nothing else', () => {
    const scene = new Scene(aModel({ web: {}, db: { image: 'db:1' } }));
    scene.engine.addContainer(aContainer({ name: 'shop-web-1' }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 3 operations, blocked
        db: create: not deployed yet
          downtime: no
        1. create-network shop_default (does not exist)
        2. create-container shop-db-1 (not deployed yet)
        3. start-container shop-db-1 (not deployed yet)
        blocked: web: NameTaken: container name shop-web-1 is held by unmanaged container shop-web-1; remove or rename that one, or take it over with spec.adopt: true
      "
    `);
  });

  it('held by a stranger: the old container goes on serving', () => {
    const scene = new Scene(aModel({ web: {} })).converge().change(withPort('web', []));
    scene.engine.addContainer(
      aContainer({ ports: [{ address: '0.0.0.0', port: 8080, protocol: 'tcp' }] }),
    );
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: no changes, blocked
        blocked: web: PortConflict: host port 8080/tcp is held by unmanaged container other
      "
    `);
  });

  it('do not matter once the container holds them itself', () => {
    expect(new Scene(withPort('web', [])).converge().text()).toContain('no changes');
  });

  it('that move between services: the old holder stops first', () => {
    const scene = new Scene(withPort('web', ['api'])).converge().change(withPort('api', ['web']));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 12 operations
        api: replace: ports.80/tcp: unset → 8080
          downtime: yes (host port 8080)
        web: replace: ports.80/tcp: 8080 → unset
          downtime: yes (host port 8080 moves to api)
        1. rename-container shop-web-1 -> shop-web-1.old-* (host port 8080 moves to api)
        2. stop-container shop-web-1.old-* (host port 8080 moves to api)
        3. rename-container shop-api-1 -> shop-api-1.old-* (ports.80/tcp: unset → 8080)
        4. create-container shop-api-1 (ports.80/tcp: unset → 8080)
        5. stop-container shop-api-1.old-* (ports.80/tcp: unset → 8080)
        6. start-container shop-api-1 (ports.80/tcp: unset → 8080)
        7. await-container shop-api-1 ready (until it is ready)
        8. remove-container shop-api-1.old-* (ports.80/tcp: unset → 8080)
        9. create-container shop-web-1 (ports.80/tcp: 8080 → unset)
        10. start-container shop-web-1 (ports.80/tcp: 8080 → unset)
        11. await-container shop-web-1 ready (until it is ready)
        12. remove-container shop-web-1.old-* (ports.80/tcp: 8080 → unset)
      "
    `);
    scene.converge();
    expect(scene.engine.named('shop-api-1').ports).toHaveLength(1);
  });

  it('that move to a service while their holder cannot go on are not to be had', () => {
    const scene = new Scene(withPort('web', ['api'])).converge().change(withPort('api', ['web']));
    scene.fail('web');
    expect(scene.plan().plan.blockers).toMatchObject([{ reason: 'PortConflict', service: 'api' }]);
  });

  it('of a service that gets a new key are let go of by the old one', () => {
    const model = (name: string) =>
      aModel({
        [name]: {
          image: 'web:1',
          container_name: 'shop',
          volumes: [{ type: 'bind', source: '/srv', target: '/srv' }],
        },
      });
    const scene = new Scene(model('old')).converge().change(model('new'));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 5 operations
        new: create: not deployed yet
          downtime: no
        old: remove: no longer declared
          downtime: no
        1. stop-container shop (new may take over its data)
        2. rename-container shop -> shop.old-* (not deployed yet)
        3. create-container shop (not deployed yet)
        4. start-container shop (not deployed yet)
        5. remove-container shop.old-* (service old is no longer declared)
      "
    `);
    expect(scene.converge().engine.named('shop').owner?.service).toBe('new');
  });
});
