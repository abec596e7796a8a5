import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppStatus } from '../../schemas/domain/index.ts';
import { TEST_IMAGE } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { engineRequest } from '../support/images.ts';
import { Lab, type LabHost } from '../support/lab.ts';
import { manifest } from '../support/manifest.ts';
import type { SwarmServiceJson } from '../support/one-node-swarm.ts';

/**
 * A swarm needs some 15 s to miss a node, and as long to elect a leader; another manager is written
 * through only once the minute of a write at the first is over.
 */
const SLOW_MS = 180_000;

interface NodeJson {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly Availability: string };
  readonly Status: { readonly State: string };
  readonly Description: { readonly Hostname: string };
  readonly ManagerStatus?: { readonly Leader?: boolean };
}

describe('a stack on a swarm of three hosts', { timeout: 2 * SLOW_MS }, () => {
  let lab: Lab;

  const common = { image: TEST_IMAGE, stop_grace_period: '1s' };
  const files = (level: string, image = TEST_IMAGE) => {
    const deploy = {
      endpoint_mode: 'dnsrr',
      replicas: 3,
      placement: { max_replicas_per_node: 2 },
      update_config: { failure_action: 'rollback', monitor: '2s', order: 'start-first' },
    };
    const compose = {
      services: {
        web: { ...common, image, deploy, environment: { LEVEL: level } },
        everywhere: { ...common, deploy: { mode: 'global', endpoint_mode: 'dnsrr' } },
      },
    };
    return {
      'shop/stack.yaml': manifest('Stack', 'shop', { compose: './compose.yaml', swarm: 'lab' }),
      'shop/compose.yaml': JSON.stringify(compose),
    };
  };

  const applied = async (sha: string) => {
    const { code, stdout, stderr } = await lab.cli('wait', '--rev', sha, '--timeout', '110s');
    expect(code, `${stdout}${stderr}${lab.log}`).toBe(0);
  };
  /** A status from before says nothing: a commit that changes nothing makes a pass of its own. */
  const passed = async (why: string) => {
    await applied(await lab.repo.push({ 'README.md': why }));
    await healthy();
  };
  const status = () => lab.get<AppStatus>('/apps/shop');
  const healthy = () =>
    eventually(
      'the stack to be healthy',
      async () => {
        const { health, sync, conditions } = await status();
        if (health === 'Healthy' && sync === 'Synced') return true;
        throw new Error(JSON.stringify(conditions));
      },
      SLOW_MS,
    );
  const replicasOf = async (name: string) => {
    const { units } = await status();
    return units[0]?.services.find(({ service }) => service === name)?.replicas;
  };
  const marks = () => lab.hosts.map(({ proxy }) => proxy.mark());
  const updatesSince = (before: readonly number[]) =>
    lab.hosts.flatMap(({ proxy }, index) => proxy.mutating(before[index]));
  const web = async (host?: LabHost) => {
    const services = await lab.ask<readonly SwarmServiceJson[]>('/services', host);
    const found = services.find(({ Spec }) => Spec.Name === 'shop_web');
    if (!found) throw new Error('no service web');
    return found;
  };
  const leader = async (): Promise<LabHost> => {
    const nodes = await lab.ask<readonly NodeJson[]>('/nodes');
    const name = nodes.find(({ ManagerStatus }) => ManagerStatus?.Leader)?.Description.Hostname;
    const found = lab.hosts.find(({ number }) => name?.endsWith(`-${number}`));
    if (!found) throw new Error(`no leader: ${name}`);
    return found;
  };
  const nodeOf = async (host: LabHost) => {
    const nodes = await lab.ask<readonly NodeJson[]>('/nodes');
    const node = nodes.find(({ Description }) => Description.Hostname.endsWith(`-${host.number}`));
    if (!node) throw new Error('no such node');
    return node;
  };
  const isInState = (host: LabHost, state: string) =>
    eventually(
      `node ${host.number} to be ${state}`,
      async () => {
        const { Status } = await nodeOf(host);
        if (Status.State === state) return true;
        throw new Error(Status.State);
      },
      SLOW_MS,
    );
  const setAvailability = async (host: LabHost, Availability: string) => {
    const node = await nodeOf(host);
    const path = `/nodes/${node.ID}/update?version=${node.Version.Index}`;
    const { status: code } = await engineRequest(lab.hosts[0]?.engine ?? '', 'POST', path, {
      ...node.Spec,
      Availability,
    });
    expect(code).toBe(200);
    expect((await nodeOf(host)).Spec.Availability).toBe(Availability);
  };
  const host = (index: number): LabHost => {
    const found = lab.hosts[index];
    if (!found) throw new Error('no such host');
    return found;
  };

  beforeAll(async () => {
    lab = await Lab.up();
  }, SLOW_MS);
  afterAll(async () => {
    await lab?.destroy();
  }, SLOW_MS);

  it('runs on all of them by a push', async () => {
    await applied(await lab.repo.push(files('1')));
    expect(await replicasOf('everywhere')).toEqual({ desired: 3, running: 3 });
  });

  it('needs nothing of us where a node is drained and comes back', async () => {
    const before = marks();
    await setAvailability(host(2), 'drain');
    await eventually(
      'its tasks to leave',
      async () => {
        const { units } = await status();
        const tasks = units
          .flatMap(({ services }) => services)
          .flatMap(({ containers }) => containers);
        return tasks.length > 0 && tasks.every(({ name }) => !name.endsWith('-3'));
      },
      SLOW_MS,
    );
    await passed('with a node drained');
    await setAvailability(host(2), 'active');
    await eventually(
      'a task to be on it again',
      async () => (await replicasOf('everywhere'))?.running === 3,
      SLOW_MS,
    );
    await passed('with it back');
    expect(updatesSince(before)).toEqual([]);
  });

  it('goes through another manager where the one it went through is cut off', async () => {
    const cut = await leader();
    const other = lab.hosts.find((one) => one !== cut);
    await lab.act('cut', cut);
    const sha = await lab.repo.push(files('2'));
    await eventually(
      'the change to be made by another manager',
      async () => {
        const { TaskTemplate } = (await web(other)).Spec;
        return TaskTemplate.ContainerSpec.Env?.includes('LEVEL=2');
      },
      SLOW_MS,
    );
    await lab.act('heal', cut);
    await applied(sha);
    await healthy();
    const before = marks();
    await passed('with all of them back');
    expect(updatesSince(before)).toEqual([]);
  });

  it('gets well again after a host’s engine is killed and comes back', async () => {
    const victim = lab.hosts.find((one) => one.number === 3) ?? host(2);
    const before = marks();
    await lab.act('kill', victim);
    await isInState(victim, 'down');
    await lab.act('start', victim);
    await isInState(victim, 'ready');
    await passed('with the host back');
    expect(updatesSince(before)).toEqual([]);
  });

  it('is not updated twice where the controller is killed in the middle', async () => {
    const before = marks();
    const sha = await lab.repo.push(files('3'));
    await eventually('the update to be under way', async () => {
      return (await web(await leader())).UpdateStatus?.State === 'updating';
    });
    await lab.controller.stop('SIGKILL');
    await lab.startController();
    await applied(sha);
    await healthy();
    expect(updatesSince(before).map(({ method }) => method)).toEqual(['POST']);
  });
});
