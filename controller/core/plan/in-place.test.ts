import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService } from '../../../schemas/domain/index.ts';
import { aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

const networks = {
  default: { name: 'shop_default' },
  back: { name: 'shop_back' },
};
const model = (service: Partial<ComposeService>): ComposeModel =>
  aModel({ web: service }, { networks });

/** The plan between two declarations of `web`, after which nothing may be left to do. */
function planned(from: Partial<ComposeService>, to: Partial<ComposeService>): string {
  const scene = new Scene(model(from)).converge().change(model(to));
  const before = scene.engine.named('shop-web-1').id;
  const text = scene.text();
  scene.converge();
  expect([...scene.engine.containers.keys()]).toEqual([before]);
  expect(scene.text()).toContain('no changes');
  return text;
}

describe('in place', () => {
  it('a network is joined', () => {
    const text = planned({}, { networks: { default: null, back: { aliases: ['api'] } } });
    expect(text).toMatchInlineSnapshot(`
      "default/shop on web-01: 2 operations
        web: update: not connected to network shop_back
          downtime: no, in place: connect-network
        1. create-network shop_back (does not exist)
        2. connect-network shop-web-1 shop_back (not connected to network shop_back)
      "
    `);
  });

  it('a network is left, and goes with its last user', () => {
    expect(planned({ networks: { default: null, back: null } }, {})).toMatchInlineSnapshot(`
      "default/shop on web-01: 2 operations
        web: update: not declared to be in network shop_back
          downtime: no, in place: disconnect-network
        1. disconnect-network shop-web-1 shop_back (not declared to be in network shop_back)
        2. remove-network shop_back (no longer declared)
      "
    `);
  });

  it('the main network is exchanged', () => {
    const text = planned({}, { networks: { back: null } });
    expect(text).toContain('connect-network shop-web-1 shop_back');
    expect(text).toContain('disconnect-network shop-web-1 shop_default');
  });

  it('an alias is added, or taken away', () => {
    const [none, some] = [{ default: null }, { default: { aliases: ['www'] } }];
    expect(planned({ networks: none }, { networks: some })).toContain(
      'web: update: networks.shop_default.aliases: web → web, www\n' +
        '    downtime: yes (leaves and joins network shop_default), in place: connect-network, disconnect-network',
    );
    expect(planned({ networks: some }, { networks: none })).toContain('aliases: web, www → web');
  });

  it('an address is changed', () => {
    const at = (ipv4_address: string) => ({ networks: { default: { ipv4_address } } });
    expect(planned(at('10.0.0.7'), at('10.0.0.8'))).toContain(
      'networks.shop_default.ipv4_address: 10.0.0.7 → 10.0.0.8',
    );
  });

  it('a container is renamed, under its new name in its networks too', () => {
    const text = planned({}, { container_name: 'front' });
    expect(text).toContain('rename-container shop-web-1 -> front');
    expect(text).toContain('aliases: web → front, web');
  });

  it.each<[Partial<ComposeService>, Partial<ComposeService>]>([
    [{}, { cpu_quota: 50_000, cpu_period: 100_000 }],
    [{ cpu_quota: 50_000 }, { cpu_quota: 60_000 }],
    [{ cpu_quota: 50_000 }, {}],
    [{ cpu_quota: 50_000 }, { cpu_quota: -1 }],
    [{ blkio_config: { weight: 300 } }, { blkio_config: { weight: 400 } }],
    [{}, { mem_reservation: '67108864' }],
    [{}, { memswap_limit: '-1', mem_limit: '67108864' }],
  ])('%j becomes %j', (from, to) => {
    expect(planned(from, to)).toContain('in place: update-container');
  });
});

describe('not in place', () => {
  it.each<[Partial<ComposeService>, Partial<ComposeService>]>([
    [{ cpu_period: 50_000 }, {}],
    [{ cpu_quota: 50_000 }, { cpus: 1 }],
    [{ cpus: 1 }, { cpu_quota: 50_000 }],
    [{}, { blkio_config: { weight: 400 } }],
    [{ networks: { default: null } }, { networks: { default: { priority: 1 } } }],
    [{}, { networks: undefined, network_mode: 'host' } as never],
    [{ networks: { default: null } }, { networks: { default: { driver_opts: { a: 'b' } } } }],
  ])('%j becomes %j', (from, to) => {
    const scene = new Scene(model(from)).converge().change(model(to));
    expect(scene.plan().plan.changes[0]).toMatchObject({ action: 'replace' });
    expect(scene.converge().text()).toContain('no changes');
  });
});

describe('what this host’s kernel cannot do', () => {
  it('is not asked for again and again', () => {
    const scene = new Scene(model({ mem_limit: '67108864', cpuset: '0' })).converge();
    const web = scene.engine.named('shop-web-1');
    web.mutable = { ...web.mutable, memory: 0, memorySwap: 0, cpusetCpus: '' };
    expect(scene.text()).toContain('update-container');
    const observed = scene.observed();
    const discarded = ['memory', 'memorySwap', 'memoryReservation', 'cpusetCpus'];
    const there = { ...observed, engine: { ...observed.engine, discarded } };
    expect(scene.text({ observed: there })).toContain('no changes');
  });

  it('includes a weight that the engine drops without telling', () => {
    const scene = new Scene(model({ blkio_config: { weight: 300 } })).converge();
    const web = scene.engine.named('shop-web-1');
    web.mutable = { ...web.mutable, blkioWeight: 0 };
    expect(scene.text()).toContain('no changes');
  });
});

describe('what an older agent does not tell', () => {
  it('is not taken for unset', () => {
    const scene = new Scene(
      model({ cpu_quota: 50_000, networks: { default: { ipv4_address: '10.0.0.7' } } }),
    ).converge();
    const web = scene.engine.named('shop-web-1');
    web.mutable = { ...web.mutable, cpuQuota: undefined };
    web.networks = web.networks.map((network) => ({ ...network, ipv4: undefined }));
    expect(scene.text()).toContain('no changes');
  });
});

describe('containers that carry a hash of another version', () => {
  const level = (value: string) => model({ environment: { LEVEL: value } });
  const relabelled = (specHash: (scene: Scene) => string) => {
    const scene = new Scene(level('info')).converge();
    scene.specs.clear();
    const web = scene.engine.named('shop-web-1');
    if (!web.owner) throw new Error('no owner');
    web.owner = { ...web.owner, specHash: specHash(scene) };
    return scene;
  };

  it.each(['v0:0123', 'v99:0123'])('(%s) are taken over as they are, then compared', (hash) => {
    const scene = relabelled(() => hash);
    expect(scene.text()).toContain('no changes');
    scene.change(level('debug'));
    expect(scene.text()).toContain('web: replace: environment.LEVEL: info → debug');
    scene.change(level('info'));
    expect(scene.text()).toContain('no changes');
  });

  it('are taken over anew where nobody remembers what they were', () => {
    const scene = relabelled(() => 'v0:0123').change(level('debug'));
    expect(scene.text()).toContain('no changes');
  });
});
