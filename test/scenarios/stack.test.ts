import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TEST_IMAGE } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import {
  type OneNodeSwarm,
  objectsOf,
  oneNodeSwarm,
  type SwarmServiceJson,
  servicesOf,
  updateByHand,
} from '../support/one-node-swarm.ts';
import { describeRequests } from '../support/recorded-request.ts';
import { healthcheck, manifest, Scenario } from '../support/scenario.ts';
import type { Skep } from '../support/skep.ts';

const PASSES = 20;

interface Wanted {
  readonly env?: string;
  readonly config?: string;
  readonly command?: readonly string[];
  readonly deadlineM?: number;
}

describe('a stack on a swarm of one', () => {
  let scene: Scenario<Skep>;
  let swarm: OneNodeSwarm;

  const name = () => scene.name('shop');
  const common = { image: TEST_IMAGE, stop_grace_period: '2s' };

  /** No service needs a virtual address, which some kernels do not have. */
  const files = ({ env = '1', config = 'one', command, deadlineM = 10 }: Wanted = {}) => {
    const deploy = {
      endpoint_mode: 'dnsrr',
      update_config: { failure_action: 'rollback', monitor: '3s' },
    };
    const compose = {
      services: {
        db: { ...common, deploy, healthcheck: healthcheck('true') },
        web: {
          ...common,
          deploy: { ...deploy, replicas: 2 },
          environment: { LEVEL: env, NODE: '{{.Node.Hostname}}' },
          depends_on: { db: { condition: 'service_healthy' } },
          configs: [{ source: 'settings', target: '/settings' }],
          secrets: ['token'],
          ...(command && { command }),
        },
        job: {
          ...common,
          command: ['true'],
          deploy: { mode: 'replicated-job', restart_policy: { condition: 'none' } },
        },
      },
      configs: { settings: { file: './settings.txt' } },
      secrets: { token: { file: './token.txt' } },
    };
    return {
      'host.yaml': manifest('Host', 'local', { swarm: 'lab' }),
      'shop/stack.yaml': manifest('Stack', name(), {
        compose: './compose.yaml',
        swarm: 'lab',
        rollout: { deadline: `${deadlineM}m` },
      }),
      'shop/compose.yaml': JSON.stringify(compose),
      'shop/settings.txt': config,
      'shop/token.txt': 'hidden',
    };
  };

  const service = async (key: string): Promise<SwarmServiceJson> => {
    const found = (await servicesOf(name())).get(`${name()}_${key}`);
    if (!found) throw new Error(`no service ${key}`);
    return found;
  };

  /** The mutating calls that `act` brings about. */
  const calls = async (act: () => Promise<unknown>) => {
    const mark = scene.proxy.mark();
    await act();
    return scene.proxy.mutating(mark);
  };
  const paths = (requests: Awaited<ReturnType<typeof calls>>) =>
    requests.map(
      ({ method, path }) => `${method} ${path.replace(/^\/v[\d.]+|\?.*|[a-z0-9]{25}/g, '')}`,
    );

  beforeAll(async () => {
    swarm = await oneNodeSwarm();
    vi.stubEnv('DOCKER_HOST', swarm.dockerHost);
    scene = await Scenario.up();
  });
  afterAll(async () => {
    try {
      await scene?.destroy();
    } finally {
      vi.unstubAllEnvs();
      await swarm?.end();
    }
  });

  it('runs by a push, each service after what it depends on', async () => {
    await scene.deploy(files());
    const services = await servicesOf(name());
    expect([...services.keys()].sort()).toEqual(
      ['db', 'job', 'web'].map((key) => `${name()}_${key}`),
    );
    expect(await objectsOf(name())).toEqual({ networks: 1, configs: 1, secrets: 1 });
    const status = await scene.status('shop');
    expect(status).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    expect(status.units[0]?.host).toBe('swarm:lab');
  });

  it(`is left exactly as it is by ${PASSES} passes`, async () => {
    const before = await servicesOf(name());
    const made = await calls(async () => {
      for (let pass = 1; pass <= PASSES; pass += 1) {
        await scene.seen('shop', await scene.repo.push(files({ deadlineM: 10 + pass })));
      }
    });
    expect(made, describeRequests(made)).toEqual([]);
    // Version, previous spec, update status and the job's iteration: all as before.
    expect(await servicesOf(name())).toEqual(before);
  });

  it('is changed by exactly one update of the service that changed', async () => {
    const made = await calls(() => scene.deploy(files({ env: '2' })));
    expect(paths(made)).toEqual(['POST /services//update']);
    expect((await service('web')).Spec.TaskTemplate.ContainerSpec.Env).toContain('LEVEL=2');
  });

  it('rotates a config by a new one and one update', async () => {
    const made = await calls(() => scene.deploy(files({ env: '2', config: 'two' })));
    expect(paths(made)).toEqual(['POST /configs/create', 'POST /services//update']);
  });

  it('is put right where somebody scales or changes a service', async () => {
    const before = await service('web');
    await updateByHand(before, (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 1 } } }));
    await eventually('the replicas to be back', async () => {
      return (await service('web')).Spec.Mode.Replicated?.Replicas === 2;
    });
    await scene.reason('shop', 'AllHealthy');
  });

  it('fails where the swarm rolls back, and is not tried again', async () => {
    const sha = await scene.repo.push(files({ env: '2', config: 'two', command: ['/nothing'] }));
    const { code } = await scene.wait(sha, '90s');
    expect(code).toBe(4);
    const status = await scene.reason('shop', 'StartFailed');
    expect(status.health).toBe('Degraded');
    const version = await eventually('the rollback to be through', async () => {
      const { UpdateStatus, Version } = await service('web');
      return UpdateStatus?.State === 'rollback_completed' && Version.Index;
    });
    const made = await calls(async () => {
      const forced = files({ env: '2', config: 'two', command: ['/nothing'], deadlineM: 50 });
      await scene.seen('shop', await scene.repo.push(forced));
    });
    expect(made, describeRequests(made)).toEqual([]);
    expect((await service('web')).Version.Index).toBe(version);
  });

  it('is well again by a revert, without another update', async () => {
    const made = await calls(() => scene.deploy(files({ env: '2', config: 'two' })));
    expect(paths(made)).toEqual([]);
    expect(await scene.status('shop')).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });

  it('goes with all it has when it is no longer declared', async () => {
    const gone = { 'shop/stack.yaml': null, 'shop/compose.yaml': null };
    await scene.repo.push(gone, `remove\n\nAllow-Destroy: App/${name()}`);
    await eventually('everything to be gone', async () => {
      const { networks, configs, secrets } = await objectsOf(name());
      const services = await servicesOf(name());
      return services.size === 0 && [networks, configs, secrets].every((count) => count === 0);
    });
  });
});
