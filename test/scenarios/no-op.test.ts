import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemons } from '../support/daemons.ts';
import { on } from '../support/engine-fault.ts';
import { eventually } from '../support/eventually.ts';
import { describeRequests } from '../support/recorded-request.ts';
import { manifest, Scenario } from '../support/scenario.ts';
import { freePort } from '../support/tcp-proxy.ts';
import { EVERY_FILE, everyFeature } from './every-feature.ts';

const PASSES = 20;

describe('a converged app that uses every feature', () => {
  let scene: Scenario<Daemons>;
  let port: number;
  let existing: string;
  let converged: number;

  /** A deadline is looked at and replaces nothing: each of these commits is one forced pass. */
  const files = (deadlineM: number) => {
    const every = everyFeature(port);
    return {
      ...scene.app('every', { ...every, spec: { rollout: { deadline: `${deadlineM}m` } } }),
      ...EVERY_FILE,
    };
  };

  const unchanged = async (act: () => Promise<void>) => {
    const before = await scene.containers('every');
    const mark = scene.proxy.mark();
    await act();
    const calls = scene.proxy.mutating(mark);
    expect(calls, describeRequests(calls)).toEqual([]);
    expect(await scene.containers('every')).toEqual(before);
  };

  /** Lists everything anew, as after a gap in the engine's events. */
  const lookedAnew = async (mark: number) => {
    const listed = on('GET', '/containers/json');
    await eventually('a look at everything', () => scene.proxy.requests(mark).some(listed));
    await scene.reason('every', 'AllHealthy');
  };

  beforeAll(async () => {
    scene = await Scenario.daemons();
    await scene.skep.writePolicy(JSON.stringify({ allowPrivileged: true }));
    const privileges = ['privileged', 'bind:/'];
    await scene.repo.push({ 'project.yaml': manifest('Project', 'default', { privileges }) });
    port = await freePort();
    existing = `existing-${port}`;
    await scene.docker.createVolume({ Name: existing });
    await scene.deploy(files(10));
    converged = scene.proxy.mark();
  });
  afterAll(async () => {
    await scene?.destroy();
    await scene?.docker.getVolume(existing).remove();
  });

  it('runs as it is declared', async () => {
    const status = await scene.status('every');
    expect(status).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    const states = [...(await scene.containers('every')).values()].map(({ state }) => state);
    expect(states.filter((state) => state === 'running')).toHaveLength(13);
    expect(states.filter((state) => state === 'exited')).toHaveLength(1);
  });

  it(`is left alone by ${PASSES} passes`, async () => {
    await unchanged(async () => {
      for (let pass = 1; pass <= PASSES; pass += 1) {
        await scene.seen('every', await scene.repo.push(files(10 + pass)));
      }
    });
  });

  it('is left alone when the stream of events breaks', async () => {
    await unchanged(async () => {
      const mark = scene.proxy.mark();
      scene.proxy.cutConnections();
      await lookedAnew(mark);
    });
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'is left alone by a restart of the agent (%s)',
    async (signal) => {
      await unchanged(async () => {
        await scene.skep.agent.stop(signal);
        await scene.reason('every', 'HostOffline');
        const mark = scene.proxy.mark();
        scene.skep.agent.start();
        await lookedAnew(mark);
      });
    },
  );

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'is left alone by a restart of the controller (%s)',
    async (signal) => {
      await unchanged(async () => {
        await scene.skep.controller.stop(signal);
        const mark = scene.proxy.mark();
        await scene.skep.startController();
        await lookedAnew(mark);
        await scene.seen('every', await scene.repo.push(files(signal === 'SIGKILL' ? 98 : 99)));
      });
    },
  );

  it('has seen no mutating call in all of this', () => {
    const calls = scene.proxy.mutating(converged);
    expect(calls, describeRequests(calls)).toEqual([]);
  });
});
