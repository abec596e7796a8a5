import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Daemons } from '../support/daemons.ts';
import { type EngineFault, on } from '../support/engine-fault.ts';
import { eventually } from '../support/eventually.ts';
import { describeRequests } from '../support/recorded-request.ts';
import { healthcheck, Scenario } from '../support/scenario.ts';

const START = /^\/containers\/[^/]+\/start$/;
const STOP = /^\/containers\/[^/]+\/stop$/;
const RENAME = /^\/containers\/[^/]+\/rename$/;
const CONTAINER = /^\/containers\/[^/]+$/;

describe('a crash in the middle of a rollout', () => {
  let scene: Scenario<Daemons>;
  let round = 0;

  beforeAll(async () => {
    scene = await Scenario.daemons();
    await scene.deploy(shop('start'));
  });
  afterEach(() => scene?.proxy.clearFaults());
  afterAll(() => scene?.destroy());

  const shop = (value: string) => {
    const monitor = { deploy: { update_config: { monitor: '500ms' } } };
    const services = {
      web: { environment: { VALUE: value }, ...monitor },
      beside: { ...monitor },
    };
    return scene.app('shop', { services });
  };

  /** Pushes a change and waits until the engine has been asked for `path`, which meets `fault`. */
  const interrupted = async (method: string, path: string | RegExp, fault: EngineFault) => {
    round += 1;
    const value = `round-${round}`;
    const before = await scene.container('shop', 'beside');
    const mark = scene.proxy.mark();
    const matches = on(method, path);
    scene.proxy.inject({ fault, matches });
    const sha = await scene.repo.push(shop(value));
    await eventually(`${method} ${path}`, () => scene.proxy.requests(mark).some(matches));
    const converged = async () => {
      await scene.applied(sha);
      const containers = await scene.containers('shop');
      const names = ['beside', 'web'].map((service) => `${scene.name('shop')}-${service}-1`);
      expect([...containers.keys()].sort()).toEqual(names);
      expect(await scene.container('shop', 'beside')).toEqual(before);
      const web = await scene.container('shop', 'web');
      expect(web.env).toContain(`VALUE=${value}`);
      expect(web.state).toBe('running');
      return scene.proxy.mutating(mark);
    };
    return { converged };
  };

  /** So often was one thing asked of the engine that the engine also did. */
  const times = (
    requests: ReturnType<typeof scene.proxy.mutating>,
    method: string,
    path: string | RegExp,
  ) => requests.filter((request) => on(method, path)(request) && request.status !== 304).length;

  describe('of the controller, by kill -9', () => {
    it.each([
      ['creates', 'POST', '/containers/create'],
      ['stops', 'POST', STOP],
      ['starts', 'POST', START],
    ])('while the agent %s a container, ends as if nothing had been', async (_, method, path) => {
      const delay = { kind: 'delay', ms: 1_000 } as const;
      const { converged } = await interrupted(method, path, delay);
      await scene.skep.controller.stop('SIGKILL');
      await scene.skep.startController();
      const calls = await converged();
      expect(times(calls, 'POST', '/containers/create'), describeRequests(calls)).toBe(1);
      expect(times(calls, 'POST', START), describeRequests(calls)).toBe(1);
    });

    it('while a container is waited for, judges it all the same', async () => {
      const failing = { healthcheck: { ...healthcheck('false'), retries: 6 } };
      const before = await scene.containers('shop');
      const files = scene.app('shop', {
        services: { web: { environment: { VALUE: 'ill' }, ...failing }, beside: {} },
      });
      const mark = scene.proxy.mark();
      const sha = await scene.repo.push({ ...files });
      await eventually('the start', () => scene.proxy.requests(mark).some(on('POST', START)));
      await scene.skep.controller.stop('SIGKILL');
      await scene.skep.startController();
      expect((await scene.wait(sha)).code).toBe(4);
      const after = await scene.containers('shop');
      expect([...after.values()].map(({ id }) => id)).toEqual(
        [...before.values()].map(({ id }) => id),
      );
      expect([...after.values()].every(({ state }) => state === 'running')).toBe(true);
    });
  });

  describe('of the agent, by kill -9', () => {
    it.each([
      ['after a rename that it did not hear of', 'POST', RENAME],
      ['after a create that it did not hear of', 'POST', '/containers/create'],
      ['after a stop that it did not hear of', 'POST', STOP],
      ['after a start that it did not hear of', 'POST', START],
      ['after a removal that it did not hear of', 'DELETE', CONTAINER],
    ])('%s, converges without a duplicate or a needless restart', async (_, method, path) => {
      const { converged } = await interrupted(method, path, { kind: 'hang', when: 'after' });
      await scene.skep.agent.stop('SIGKILL');
      scene.proxy.clearFaults();
      scene.skep.agent.start();
      const calls = await converged();
      expect(times(calls, 'POST', '/containers/create'), describeRequests(calls)).toBe(1);
      expect(times(calls, 'POST', START), describeRequests(calls)).toBe(1);
    });

    it('before the engine heard of a create, converges too', async () => {
      const fault = { kind: 'hang', when: 'before' } as const;
      const { converged } = await interrupted('POST', '/containers/create', fault);
      await scene.skep.agent.stop('SIGKILL');
      scene.proxy.clearFaults();
      scene.skep.agent.start();
      const calls = await converged();
      expect(times(calls, 'POST', START), describeRequests(calls)).toBe(1);
    });
  });
});
