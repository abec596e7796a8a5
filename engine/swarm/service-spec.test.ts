import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService } from '../../schemas/domain/index.ts';
import { serviceSpec } from './service-spec.ts';

const MODEL: Omit<ComposeModel, 'services'> = {
  name: 'shop',
  networks: { a: {}, host: { external: true, name: 'host' } },
  volumes: {
    d: {},
    e: { driver: 'x', driver_opts: { o: '1' }, labels: { l: '1' } },
    theirs: { external: true, name: 'theirs' },
    c: {},
  },
  configs: { c: {}, spec: {} },
  secrets: { s: {}, z: { name: 'a' } },
};

const LABELS = { 'com.docker.stack.namespace': 'shop' };

interface Spec {
  readonly TaskTemplate: { readonly ContainerSpec: object } & Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

const specOf = (service: ComposeService): Spec =>
  serviceSpec({ ...MODEL, services: { web: { image: 'a', ...service } } }, 'web') as never;

const task = (service: ComposeService) => specOf(service).TaskTemplate;
const container = (service: ComposeService) => task(service).ContainerSpec;

/** Each as `docker stack deploy` 28.2 was seen to send it. */
describe('the request for a service', () => {
  it('says of a plain one no more than docker stack', () => {
    expect(specOf({})).toEqual({
      Name: 'shop_web',
      Labels: { 'com.docker.stack.image': 'a', ...LABELS },
      TaskTemplate: {
        ContainerSpec: { Image: 'a:latest', Labels: LABELS },
        Networks: [{ Target: 'shop_default', Aliases: ['web'] }],
      },
      Mode: { Replicated: {} },
    });
  });

  it.each<[ComposeService, object]>([
    [
      { command: ['x'], entrypoint: ['y'] },
      { Args: ['x'], Command: ['y'] },
    ],
    [{ environment: { B: null, A: '1', C: '' } }, { Env: ['A=1', 'B', 'C='] }],
    [
      { hostname: 'h', working_dir: '/w', user: '1' },
      { Hostname: 'h', Dir: '/w', User: '1' },
    ],
    [
      { tty: true, stdin_open: true, read_only: true },
      { TTY: true, OpenStdin: true, ReadOnly: true },
    ],
    [
      { init: false, stop_grace_period: '0s' },
      { Init: false, StopGracePeriod: 0 },
    ],
    [
      { stop_signal: 'SIGINT', isolation: 'default' },
      { StopSignal: 'SIGINT', Isolation: 'default' },
    ],
    [{ extra_hosts: ['a=1.2.3.4', 'b=::1'] }, { Hosts: ['1.2.3.4 a', '::1 b'] }],
    [
      { dns: ['1.1.1.1'], dns_search: ['x'], dns_opt: ['y'] },
      { DNSConfig: { Nameservers: ['1.1.1.1'], Search: ['x'], Options: ['y'] } },
    ],
    [
      { cap_add: ['kill'], cap_drop: ['ALL'] },
      { CapabilityAdd: ['CAP_KILL'], CapabilityDrop: ['ALL'] },
    ],
    [
      { ulimits: { nofile: { soft: 1, hard: 2 } }, sysctls: { a: '1' }, group_add: ['g'] },
      { Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }], Sysctls: { a: '1' }, Groups: ['g'] },
    ],
    [
      { healthcheck: { test: ['CMD', 'a'], interval: '1s', start_interval: '2s' } },
      { Healthcheck: { Test: ['CMD', 'a'], Interval: 1e9, StartInterval: 2e9 } },
    ],
    [{ healthcheck: { disable: true } }, { Healthcheck: { Test: ['NONE'] } }],
    [{ labels: { l: '1' } }, { Labels: { l: '1', ...LABELS } }],
    [
      {
        secrets: [
          { source: 's', target: '/run/secrets/s' },
          { source: 'z', target: 't', uid: '1', gid: '2', mode: '0400' },
        ],
      },
      {
        Secrets: [
          { File: { Name: 't', UID: '1', GID: '2', Mode: 0o400 }, SecretName: 'a' },
          { File: { Name: 's', UID: '0', GID: '0', Mode: 0o444 }, SecretName: 'shop_s' },
        ],
      },
    ],
    [
      { configs: [{ source: 'c', target: '/etc/c' }], credential_spec: { config: 'spec' } },
      {
        Privileges: { CredentialSpec: { Config: 'shop_spec' } },
        Configs: [
          { File: { Name: '/etc/c', UID: '0', GID: '0', Mode: 0o444 }, ConfigName: 'shop_c' },
          { Runtime: {}, ConfigName: 'shop_spec' },
        ],
      },
    ],
  ])('carries %j into the container', (service, expected) => {
    expect(container(service)).toMatchObject(expected);
  });

  it('sends every mount in full', () => {
    const volumes: ComposeService['volumes'] = [
      { type: 'volume', source: 'd', target: '/d', read_only: true, volume: { nocopy: true } },
      { type: 'volume', source: 'e', target: '/e', volume: { subpath: 's' } },
      { type: 'volume', source: 'theirs', target: '/t' },
      { type: 'volume', target: '/anonymous' },
      { type: 'bind', source: '/b', target: '/b', bind: { create_host_path: true } },
      { type: 'bind', source: '/p', target: '/p', bind: { propagation: 'slave' } },
      { type: 'tmpfs', target: '/tmp', tmpfs: { size: '10' } },
      { type: 'cluster', source: 'c', target: '/c' },
      { type: 'cluster', source: 'group:g', target: '/g' },
      { type: 'image', source: 'img', target: '/i', consistency: 'cached' },
    ];
    const driver = { Name: 'x', Options: { o: '1' } };
    expect(container({ volumes })).toMatchObject({
      Mounts: [
        {
          Type: 'volume',
          Source: 'shop_d',
          Target: '/d',
          ReadOnly: true,
          VolumeOptions: { NoCopy: true, Labels: LABELS },
        },
        {
          Type: 'volume',
          Source: 'shop_e',
          Target: '/e',
          VolumeOptions: { Subpath: 's', Labels: { l: '1', ...LABELS }, DriverConfig: driver },
        },
        { Type: 'volume', Source: 'theirs', Target: '/t' },
        { Type: 'volume', Target: '/anonymous' },
        { Type: 'bind', Source: '/b', Target: '/b' },
        { Type: 'bind', Source: '/p', Target: '/p', BindOptions: { Propagation: 'slave' } },
        { Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 10 } },
        { Type: 'cluster', Source: 'shop_c', Target: '/c', ClusterOptions: {} },
        { Type: 'cluster', Source: 'group:g', Target: '/g', ClusterOptions: {} },
        { Type: 'image', Source: 'img', Target: '/i', Consistency: 'cached' },
      ],
    });
  });

  it('gives an alias only where the network has them', () => {
    const networks = { host: null, a: { aliases: ['z'], driver_opts: { x: 'y' } } };
    expect(task({ networks })['Networks']).toEqual([
      { Target: 'host' },
      { Target: 'shop_a', Aliases: ['z', 'web'], DriverOpts: { x: 'y' } },
    ]);
    expect(task({ network_mode: 'host' })['Networks']).toEqual([
      { Target: 'shop_default', Aliases: ['web'] },
    ]);
  });

  it.each<[ComposeService, object]>([
    [
      { logging: { driver: 'syslog', options: { a: 'b' } } },
      { LogDriver: { Name: 'syslog', Options: { a: 'b' } } },
    ],
    [{ restart: 'unless-stopped' }, { RestartPolicy: { Condition: 'any' } }],
    [{ restart: 'on-failure:3' }, { RestartPolicy: { Condition: 'on-failure', MaxAttempts: 3 } }],
    [
      {
        restart: 'always',
        deploy: {
          restart_policy: { condition: 'none', delay: '1s', max_attempts: 2, window: '3s' },
        },
      },
      { RestartPolicy: { Condition: 'none', Delay: 1e9, MaxAttempts: 2, Window: 3e9 } },
    ],
    [
      {
        deploy: {
          resources: {
            limits: { cpus: '0.5', memory: '10', pids: 5 },
            reservations: {
              cpus: 0.1,
              memory: '5',
              generic_resources: [{ discrete_resource_spec: { kind: 'gpu', value: 2 } }],
            },
          },
          placement: {
            constraints: ['node.role==manager'],
            preferences: [{ spread: 'node.labels.x' }],
            max_replicas_per_node: 2,
          },
        },
      },
      {
        Resources: {
          Limits: { NanoCPUs: 5e8, MemoryBytes: 10, Pids: 5 },
          Reservations: {
            NanoCPUs: 1e8,
            MemoryBytes: 5,
            GenericResources: [{ DiscreteResourceSpec: { Kind: 'gpu', Value: 2 } }],
          },
        },
        Placement: {
          Constraints: ['node.role==manager'],
          Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.x' } }],
          MaxReplicas: 2,
        },
      },
    ],
  ])('carries %j into the task', (service, expected) => {
    expect(task(service)).toMatchObject(expected);
  });

  it('leaves restarts to the swarm where the file says no', () => {
    expect(task({ restart: 'no' })).not.toHaveProperty('RestartPolicy');
  });

  it.each<[ComposeService, object]>([
    [{ deploy: { replicas: 0 } }, { Mode: { Replicated: { Replicas: 0 } } }],
    [{ scale: 2 }, { Mode: { Replicated: { Replicas: 2 } } }],
    [{ deploy: { mode: 'global' } }, { Mode: { Global: {} } }],
    [{ deploy: { mode: 'global-job' } }, { Mode: { GlobalJob: {} } }],
    [{ deploy: { mode: 'replicated-job' } }, { Mode: { ReplicatedJob: {} } }],
    [
      { deploy: { mode: 'replicated-job', replicas: 3 } },
      { Mode: { ReplicatedJob: { MaxConcurrent: 3, TotalCompletions: 3 } } },
    ],
    [
      {
        deploy: {
          labels: { d: '2' },
          endpoint_mode: 'DNSRR',
          update_config: {
            parallelism: 0,
            delay: '1s',
            failure_action: 'rollback',
            monitor: '2s',
            max_failure_ratio: 0.5,
            order: 'start-first',
          },
          rollback_config: {},
        },
      },
      {
        Labels: { d: '2', 'com.docker.stack.image': 'a', ...LABELS },
        EndpointSpec: { Mode: 'dnsrr' },
        UpdateConfig: {
          Parallelism: 0,
          Delay: 1e9,
          FailureAction: 'rollback',
          Monitor: 2e9,
          MaxFailureRatio: 0.5,
          Order: 'start-first',
        },
        RollbackConfig: { Parallelism: 1 },
      },
    ],
  ])('carries %j', (service, expected) => {
    expect(specOf(service)).toMatchObject(expected);
  });

  it('publishes every port of a range, in order, and fills nothing in', () => {
    const ports: ComposeService['ports'] = [
      { target: 90, published: '8000-8001', protocol: 'udp', mode: 'host' },
      { target: 80, published: '80', protocol: 'tcp', mode: 'ingress' },
      { target: 5, protocol: '', mode: '' },
    ];
    expect(specOf({ ports })['EndpointSpec']).toEqual({
      Ports: [
        { TargetPort: 5 },
        { Protocol: 'tcp', TargetPort: 80, PublishedPort: 80, PublishMode: 'ingress' },
        { Protocol: 'udp', TargetPort: 90, PublishedPort: 8000, PublishMode: 'host' },
        { Protocol: 'udp', TargetPort: 90, PublishedPort: 8001, PublishMode: 'host' },
      ],
    });
  });
});
