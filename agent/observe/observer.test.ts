import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import type { ObservedDelta } from '../../schemas/domain/index.ts';
import { timedEngine } from '../docker/timed-engine.ts';
import { ownLabels } from '../testing/agent-fixture.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { HostObserver } from './observer.ts';

const image = 'skep-test/app:1';
const Labels = ownLabels();
const signal = new AbortController().signal;
const MINUTE = 60_000;

describe('an observer', () => {
  let engine: FakeEngine;
  let clock: DrivenClock;
  let observer: HostObserver;
  let deltas: ObservedDelta[];
  let resyncs: string[];
  const recorded = new Set<string>();

  beforeEach(() => {
    engine = new FakeEngine();
    engine.host.addImage(image);
    clock = new DrivenClock();
    deltas = [];
    resyncs = [];
    observer = new HostObserver({
      engine: timedEngine(engine, clock),
      clock,
      logger: silentLogger,
      random: () => 0.5,
      records: {
        recorded: (id) => recorded.has(id),
        adopted: () => undefined,
        told: () => undefined,
        keys: () => [...recorded],
        forget: (key) => recorded.delete(key),
      },
    });
    observer.listen({
      delta: (delta) => deltas.push(delta),
      resync: (cause) => resyncs.push(cause),
    });
    observer.start();
  });

  afterEach(() => observer.stop());

  const states = () =>
    deltas.flatMap((delta) => delta.containers.map(({ name, state }) => `${name} ${state}`));

  describe('in a snapshot', () => {
    it('shows what is there', async () => {
      engine.host.create('a', { Image: image, Labels });
      engine.host.createNetwork('n', Labels);
      engine.host.createVolume('v', {});
      const {
        containers,
        networks,
        volumes,
        images,
        engine: info,
      } = await observer.snapshot(signal);
      expect(info).toMatchObject({ apiVersion: '1.41', architecture: 'amd64' });
      expect(containers).toMatchObject([{ name: 'a', owner: { app: 'shop/web' }, image }]);
      expect(networks.find(({ name }) => name === 'n')?.owner?.app).toBe('shop/web');
      expect(volumes).toEqual([{ name: 'v', driver: 'local' }]);
      expect(images).toMatchObject([{ tags: [image], os: 'linux', architecture: 'amd64' }]);
    });

    it('tells of a stranger only name, state, ports and networks', async () => {
      const PortBindings = { '80/tcp': [{ HostPort: '8080' }] };
      const { id } = engine.host.create('theirs', { Image: image, HostConfig: { PortBindings } });
      engine.host.start(id);
      const { containers } = await observer.snapshot(signal);
      expect(containers[0]).toMatchObject({
        name: 'theirs',
        state: 'running',
        image: '',
        startedAt: '',
        ports: [{ address: '0.0.0.0', port: 8080, protocol: 'tcp' }],
        networks: [{ name: 'bridge', aliases: [], address: '' }],
      });
      expect(containers[0]?.owner).toBeUndefined();
    });

    it('marks what the journal records', async () => {
      const { id } = engine.host.create('adopted', { Image: image });
      recorded.add(id);
      expect((await observer.snapshot(signal)).containers[0]).toMatchObject({ recorded: true });
    });

    it('fails while there is no engine, and works once there is', async () => {
      await observer.snapshot(signal);
      engine.goDown();
      await clock.advance(0);
      const refused = observer.snapshot(signal).catch((error: unknown) => error);
      await clock.advance(10_000);
      expect(await refused).toMatchObject({ code: 'EngineUnreachable' });
      engine.comeUp();
      await clock.advance(10_000);
      expect((await observer.snapshot(signal)).images).toHaveLength(1);
    });
  });

  describe('after a snapshot', () => {
    beforeEach(async () => {
      await observer.snapshot(signal);
    });

    it('reports each change within the coalescing time', async () => {
      const { id } = engine.host.create('a', { Image: image, Labels });
      await clock.advance(20);
      engine.host.start(id);
      await clock.advance(20);
      engine.host.stop(id);
      await clock.advance(20);
      engine.host.remove(id);
      await clock.advance(20);
      expect(states()).toEqual(['a created', 'a running', 'a exited']);
      expect(deltas.at(-1)?.removed.containers).toEqual([id]);
    });

    it('puts what happens together into one delta with the latest state', async () => {
      for (const name of ['a', 'b', 'c']) {
        engine.host.create(name, { Image: image, Labels });
        engine.host.start(name);
      }
      engine.host.stop('c');
      await clock.advance(20);
      expect(deltas).toHaveLength(1);
      expect(states()).toEqual(['a running', 'b running', 'c exited']);
    });

    it('reports networks, volumes and images that come and go', async () => {
      const network = engine.host.createNetwork('n', Labels);
      engine.host.createVolume('v', Labels);
      const added = engine.host.addImage('b:1');
      await clock.advance(20);
      expect(deltas[0]).toMatchObject({
        networks: [{ id: network.id }],
        volumes: [{ name: 'v' }],
        images: [{ id: added.id, tags: ['b:1'] }],
      });
      engine.host.removeNetwork('n');
      engine.host.removeVolume('v');
      engine.host.removeImage('b:1');
      await clock.advance(20);
      expect(deltas[1]?.removed).toEqual({
        containers: [],
        networks: [network.id],
        volumes: ['v'],
        images: [added.id],
      });
    });

    it('reports a tag that moved', async () => {
      const moved = engine.host.addImage(image);
      await clock.advance(20);
      expect(deltas[0]?.images.find(({ id }) => id === moved.id)?.tags).toEqual([image]);
      expect(deltas[0]?.images.find(({ id }) => id !== moved.id)?.tags).toEqual([]);
    });

    it('reports networks that a container is connected to by hand', async () => {
      engine.host.create('a', { Image: image, Labels });
      engine.host.createNetwork('n', {});
      await clock.advance(20);
      engine.host.connect('n', 'a', {});
      await clock.advance(20);
      const networks = deltas.at(-1)?.containers[0]?.networks.map(({ name }) => name);
      expect(networks).toEqual(['bridge', 'n']);
    });

    it('takes a probe’s words only when the health changes', async () => {
      engine.host.create('a', { Image: image, Labels, Healthcheck: { Test: ['CMD', 'x'] } });
      engine.host.start('a');
      await clock.advance(20);
      engine.host.setHealth('a', 'unhealthy', 'refused at 1');
      await clock.advance(20);
      expect(deltas.at(-1)?.containers[0]).toMatchObject({
        health: 'unhealthy',
        healthOutput: 'refused at 1',
      });
      const before = deltas.length;
      engine.host.setHealth('a', 'unhealthy', 'refused at 2');
      await clock.advance(2 * MINUTE);
      expect(deltas).toHaveLength(before);
    });

    it('says nothing over hours in which nothing happens', async () => {
      engine.host.create('a', { Image: image, Labels });
      await clock.advance(20);
      deltas.length = 0;
      await clock.advance(120 * MINUTE);
      expect(deltas).toEqual([]);
      expect(resyncs).toEqual([]);
      expect(engine.changes).toEqual([]);
    });

    it('finds by its timer what no event told', async () => {
      engine.muteEvents();
      engine.host.create('a', { Image: image, Labels });
      await clock.advance(MINUTE);
      expect(states()).toEqual(['a created']);
    });

    it('asks for a new snapshot when the stream of events had to be opened anew', async () => {
      engine.goDown();
      engine.host.create('missed', { Image: image, Labels });
      engine.comeUp();
      await clock.advance(1000);
      expect(resyncs).toHaveLength(1);
      engine.host.create('later', { Image: image, Labels });
      await clock.advance(1000);
      expect(deltas).toEqual([]);
      const { containers } = await observer.snapshot(signal);
      expect(containers.map(({ name }) => name)).toEqual(['missed', 'later']);
      engine.host.start('later');
      await clock.advance(20);
      expect(states()).toEqual(['later running']);
    });

    it('looks again when a look failed', async () => {
      engine.faults.plan('inspectContainer', { kind: 'before', status: 500 }, 3);
      engine.host.create('a', { Image: image, Labels });
      await clock.advance(5000);
      expect(states()).toEqual(['a created']);
    });

    it('is not held up for ever by a call that hangs', async () => {
      engine.faults.plan('inspectContainer', { kind: 'hang-before' });
      engine.host.create('a', { Image: image, Labels });
      await clock.advance(20_000);
      expect(states()).toEqual(['a created']);
    });

    it('tells of others while the engine makes one look wait', async () => {
      engine.faults.plan('inspectContainer', { kind: 'hang-before' });
      engine.host.create('slow', { Image: image, Labels });
      await clock.advance(20);
      const { id } = engine.host.create('quick', { Image: image, Labels });
      await observer.refresh([{ kind: 'container', id }]);
      expect(states()).toEqual(['quick created']);
      await clock.advance(20_000);
      expect(states()).toEqual(['quick created', 'slow created']);
    });

    it('does not let an older look undo a newer one', async () => {
      const { id } = engine.host.create('a', { Image: image, Labels });
      const inspect = engine.inspectContainer.bind(engine);
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let first = true;
      engine.inspectContainer = async (target, abort) => {
        const found = await inspect(target, abort);
        const wait = first;
        first = false;
        if (wait) await held;
        return found;
      };
      const older = observer.refresh([{ kind: 'container', id }]);
      await clock.advance(0);
      engine.host.start(id);
      await observer.refresh([{ kind: 'container', id }]);
      release();
      await older;
      expect(states()).toEqual(['a running']);
    });

    it('has reported everything when it is asked to settle', async () => {
      engine.muteEvents();
      engine.host.create('a', { Image: image, Labels });
      await observer.settle(signal);
      expect(states()).toEqual(['a created']);
    });

    it('reports at once what it is told to refresh', async () => {
      const { id } = engine.host.create('a', { Image: image, Labels });
      await observer.refresh([{ kind: 'container', id }]);
      expect(states()).toEqual(['a created']);
    });

    it('reports a flood of containers without looking at each twice', async () => {
      for (let index = 0; index < 1500; index += 1) {
        engine.host.create(`a${index}`, { Image: image, Labels });
      }
      await clock.advance(20);
      await expect.poll(() => states().length).toBe(1500);
      expect(engine.calls).toBeLessThan(2000);
    });
  });
});
