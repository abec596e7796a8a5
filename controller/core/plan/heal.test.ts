import { describe, expect, it } from 'vitest';
import type { ComposeService } from '../../../schemas/domain/index.ts';
import { aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

const NOTHING = 'default/shop on web-01: no changes\n';
const MIB = 1_048_576;

const limited = (memory: number) => ({
  deploy: { resources: { limits: { memory: String(memory * MIB) } } },
});

function converged(over: Partial<ComposeService> = {}): Scene {
  return new Scene(aModel({ web: over })).converge();
}

describe('what befalls a container from outside', () => {
  it('removed: created again', () => {
    const scene = converged();
    scene.engine.containers.clear();
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 2 operations
        web: create: container shop-web-1 is missing
          downtime: no
        1. create-container shop-web-1 (container shop-web-1 is missing)
        2. start-container shop-web-1 (container shop-web-1 is missing)
      "
    `);
    expect(scene.plan().plan.operations[0]?.reason).toBe('drift');
  });

  it.each<[string, number, boolean, boolean]>([
    // policy, exit code, out of memory, started again?
    ['always', 0, false, true],
    ['always', 1, false, true],
    ['unless-stopped', 137, false, true],
    ['no', 0, false, false],
    ['no', 1, false, false],
    ['no', 137, false, true],
    ['no', 143, false, true],
    ['no', 137, true, false],
    ['on-failure', 0, false, false],
    ['on-failure', 2, false, false],
    ['on-failure:3', 143, false, true],
  ])('%s, exited with %i, out of memory: %s -> started again: %s', (restart, code, oom, again) => {
    const scene = converged({ restart });
    Object.assign(scene.engine.named('shop-web-1'), {
      state: 'exited',
      exitCode: code,
      oomKilled: oom,
    });
    const cause = `exited (${code})${code > 2 ? ' from outside' : ''}`;
    const started = `  web: start: ${cause}\n    downtime: no\n  1. start-container shop-web-1 (${cause})\n`;
    expect(scene.text()).toBe(again ? `default/shop on web-01: 1 operation\n${started}` : NOTHING);
  });

  it('created but never started: started', () => {
    const scene = converged();
    Object.assign(scene.engine.named('shop-web-1'), { state: 'created' });
    expect(scene.text()).toContain('1. start-container shop-web-1 (created, but not started)');
  });

  it('paused: unpaused', () => {
    const scene = converged();
    Object.assign(scene.engine.named('shop-web-1'), { state: 'paused' });
    expect(scene.text()).toContain('1. unpause-container shop-web-1 (paused from outside)');
  });

  it('dead: removed and created again', () => {
    const scene = converged();
    Object.assign(scene.engine.named('shop-web-1'), { state: 'dead' });
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 3 operations
        web: create: container shop-web-1 is dead
          downtime: no
        1. remove-container shop-web-1 (container shop-web-1 is dead)
        2. create-container shop-web-1 (container shop-web-1 is dead)
        3. start-container shop-web-1 (container shop-web-1 is dead)
      "
    `);
  });

  it('being removed: waited for', () => {
    const scene = converged();
    Object.assign(scene.engine.named('shop-web-1'), { state: 'removing' });
    expect(scene.text()).toContain('create-container shop-web-1');
    expect(scene.text()).not.toContain('rename-container');
  });

  it('renamed: gets its name back', () => {
    const scene = converged();
    Object.assign(scene.engine.named('shop-web-1'), { name: 'mine' });
    expect(scene.text()).toContain('1. rename-container mine -> shop-web-1 (has another name)');
  });

  it('names swapped: both get theirs back, by way of a third', () => {
    const scene = converged({ deploy: { replicas: 2 } });
    const [one, two] = [scene.engine.named('shop-web-1'), scene.engine.named('shop-web-2')];
    [one.name, two.name] = [two.name, one.name];
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 3 operations
        web: update: has another name
          downtime: no, in place: rename-container
        1. rename-container shop-web-1 -> shop-web-1.old-* (has another name)
        2. rename-container shop-web-2 -> shop-web-1 (has another name)
        3. rename-container shop-web-1.old-* -> shop-web-2 (has another name)
      "
    `);
    scene.converge();
    expect([one.name, two.name]).toEqual(['shop-web-1', 'shop-web-2']);
  });

  it('disconnected: connected again', () => {
    const scene = converged();
    Object.assign(scene.engine.named('shop-web-1'), { networks: [] });
    expect(scene.text()).toContain(
      '1. connect-network shop-web-1 shop_default (not connected to network shop_default)',
    );
  });

  it('connected to more than declared: disconnected', () => {
    const scene = converged();
    const web = scene.engine.named('shop-web-1');
    web.networks = [...web.networks, { name: 'bridge', id: 'b', aliases: [], address: '' }];
    expect(scene.text()).toContain(
      '1. disconnect-network shop-web-1 bridge (not declared to be in network bridge)',
    );
  });

  it.each(['host', 'none', 'bridge', 'default'])(
    'is in no network but that of its mode (%s): left as it is',
    (mode) => {
      const scene = new Scene(aModel({ web: { image: 'web:1', network_mode: mode } })).converge();
      const own = { name: mode === 'default' ? 'bridge' : mode, id: 'n', aliases: [], address: '' };
      scene.engine.named('shop-web-1').networks = [own];
      expect(scene.text()).toBe(NOTHING);
      scene.engine.named('shop-web-1').networks = [own, { ...own, name: 'other', id: 'o' }];
      expect(scene.text()).toContain('disconnect-network shop-web-1 other');
    },
  );

  it('connected without its names: connected anew', () => {
    const scene = converged();
    const web = scene.engine.named('shop-web-1');
    web.networks = web.networks.map((network) => ({ ...network, aliases: ['shop-web-1'] }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 2 operations
        web: update: networks.shop_default.aliases: unset → web
          downtime: yes (leaves and joins network shop_default), in place: connect-network, disconnect-network
        1. disconnect-network shop-web-1 shop_default (networks.shop_default.aliases: unset → web)
        2. connect-network shop-web-1 shop_default (networks.shop_default.aliases: unset → web)
      "
    `);
  });

  it('stopped, and its network removed: made anew and connected before the start', () => {
    const scene = converged();
    Object.assign(scene.engine.named('shop-web-1'), { state: 'exited', exitCode: 137 });
    scene.engine.networks.clear();
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 4 operations
        web: start: exited (137) from outside
          downtime: no
        1. create-network shop_default (does not exist)
        2. disconnect-network shop-web-1 shop_default (network shop_default was made anew)
        3. connect-network shop-web-1 shop_default (network shop_default was made anew)
        4. start-container shop-web-1 (exited (137) from outside)
      "
    `);
    expect(scene.converge().engine.named('shop-web-1').state).toBe('running');
  });

  it('resources or restart policy changed: changed back in place', () => {
    const scene = converged(limited(64));
    const web = scene.engine.named('shop-web-1');
    web.mutable = { ...web.mutable, memory: 0, restartPolicy: 'no' };
    expect(scene.text()).toContain(
      '1. update-container shop-web-1 (mem_limit: unset → 64m; restart: no → unless-stopped)',
    );
    expect(scene.converge().text()).toBe(NOTHING);
  });

  it('copied under another name, with our labels: the copy goes', () => {
    const scene = converged();
    const copy = { ...scene.engine.named('shop-web-1'), id: 'ff', name: 'copy', sinceMs: 2e9 };
    scene.engine.addContainer(copy);
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 2 operations
        web: update: one too many of number 1
          downtime: no
        1. stop-container copy (one too many of number 1)
        2. remove-container copy (one too many of number 1)
      "
    `);
  });

  it('without its number: goes, since its place cannot be told', () => {
    const scene = converged();
    const web = scene.engine.named('shop-web-1');
    const { number: _, ...owner } = web.owner ?? ({} as never);
    scene.engine.addContainer({ ...web, id: 'ff', name: 'lost', owner });
    expect(scene.text()).toContain('remove-container lost (has no number)');
  });

  it('is all done at once, in the order of dependencies', () => {
    const scene = new Scene(
      aModel({
        web: { depends_on: { db: { condition: 'service_healthy', required: true } } },
        db: { image: 'db:1', healthcheck: { test: ['CMD', 'true'] } },
      }),
    ).converge();
    for (const container of scene.engine.containers.values()) {
      Object.assign(container, { state: 'exited', exitCode: 137 });
    }
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 3 operations
        db: start: exited (137) from outside
          downtime: no
        web: start: exited (137) from outside
          downtime: no
        1. start-container shop-db-1 (exited (137) from outside)
        2. await-container shop-db-1 ready (until it is ready)
        3. start-container shop-web-1 (exited (137) from outside)
      "
    `);
  });

  it('does not wait for other apps', () => {
    const scene = converged();
    scene.engine.containers.clear();
    scene.waitingOn = ['default/base' as never];
    expect(scene.text()).not.toContain('await-app');
  });
});

describe('resources', () => {
  it('grow in place', () => {
    const scene = converged(limited(64)).change(aModel({ web: limited(128) }));
    expect(scene.text()).toMatchInlineSnapshot(`
      "default/shop on web-01: 1 operation
        web: update: mem_limit: 64m → 128m
          downtime: no, in place: update-container
        1. update-container shop-web-1 (mem_limit: 64m → 128m)
      "
    `);
    expect(scene.converge().text()).toBe(NOTHING);
  });

  it('go away only with the container', () => {
    const scene = converged(limited(64)).change(aModel({ web: {} }));
    expect(scene.text()).toContain(
      'web: replace: mem_limit: 64m → unset (cannot be taken away in place)',
    );
    expect(scene.converge().text()).toBe(NOTHING);
  });
});
