import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService } from '../schemas/domain/index.ts';
import { containerRequest } from './container-body.ts';

/** Each row is what Compose 2.40.3 was seen to send. */
function host(
  web: ComposeService,
  more: Readonly<Record<string, ComposeService>> = {},
  number = 1,
) {
  const body = request(web, more, number);
  return body['HostConfig'];
}

function request(
  web: ComposeService,
  more: Readonly<Record<string, ComposeService>> = {},
  number = 1,
) {
  const model: ComposeModel = {
    name: 'p',
    services: { web, ...more },
    networks: { default: {} },
    volumes: { v: {} },
    configs: {},
    secrets: {},
  };
  return containerRequest({ model, service: 'web', number, files: new Map(), image: 'a' }).body;
}

describe('a property of a service', () => {
  it.each<[ComposeService, object]>([
    [
      { cap_add: ['sys_time', 'net_admin', 'CAP_NET_ADMIN'], cap_drop: ['ALL'] },
      { CapAdd: ['CAP_NET_ADMIN', 'CAP_SYS_TIME'], CapDrop: ['ALL'] },
    ],
    [
      { cgroup: 'host', cgroup_parent: '/c' },
      { CgroupnsMode: 'host', CgroupParent: '/c' },
    ],
    [
      { ipc: 'host', pid: 'host', uts: 'host' },
      { IpcMode: 'host', PidMode: 'host', UTSMode: 'host' },
    ],
    [
      { userns_mode: 'host', isolation: 'default' },
      { UsernsMode: 'host', Isolation: 'default' },
    ],
    [
      { runtime: 'runsc', shm_size: '64' },
      { Runtime: 'runsc', ShmSize: 64 },
    ],
    [
      { sysctls: { a: '1' }, group_add: ['5'] },
      { Sysctls: { a: '1' }, GroupAdd: ['5'] },
    ],
    [{ tmpfs: ['/a', '/b:size=1,mode=7'] }, { Tmpfs: { '/a': '', '/b': 'size=1,mode=7' } }],
    [
      { ulimits: { n: { soft: 1, hard: 2 }, core: -1 } },
      {
        Ulimits: [
          { Name: 'core', Hard: -1, Soft: -1 },
          { Name: 'n', Hard: 2, Soft: 1 },
        ],
      },
    ],
    [
      { security_opt: ['label:disable', 'systempaths=unconfined'] },
      { SecurityOpt: ['label:disable'], MaskedPaths: [], ReadonlyPaths: [] },
    ],
    [{ storage_opt: { size: '1G' } }, { StorageOpt: { size: '1G' } }],
    [
      { mem_swappiness: '60', memswap_limit: '-1' },
      { MemorySwappiness: 60, MemorySwap: -1 },
    ],
    [
      { mem_limit: '9', mem_reservation: '8' },
      { Memory: 9, MemoryReservation: 8 },
    ],
    [
      { cpus: 0.5, cpu_shares: 7, cpuset: '0' },
      { NanoCpus: 5e8, CpuShares: 7, CpusetCpus: '0' },
    ],
    [
      { cpu_count: 2, cpu_percent: 50 },
      { CpuCount: 2, CpuPercent: 5000 },
    ],
    [
      { cpu_period: 1, cpu_quota: 2 },
      { CpuPeriod: 1, CpuQuota: 2 },
    ],
    [
      { cpu_rt_period: 1, cpu_rt_runtime: 2 },
      { CpuRealtimePeriod: 1, CpuRealtimeRuntime: 2 },
    ],
    [
      { oom_kill_disable: true, oom_score_adj: -5 },
      { OomKillDisable: true, OomScoreAdj: -5 },
    ],
    [{ pids_limit: 7 }, { PidsLimit: 7 }],
    [{ pids_limit: -1 }, { PidsLimit: -1 }],
    [
      { blkio_config: { weight: 3, device_read_bps: [{ Path: '/d', Rate: '12' }] } },
      { BlkioWeight: 3, BlkioDeviceReadBps: [{ Path: '/d', Rate: 12 }] },
    ],
    [{ device_cgroup_rules: ['c 1:3 mr'] }, { DeviceCgroupRules: ['c 1:3 mr'] }],
    [
      { devices: [{ source: '/d', target: '/e', permissions: 'r' }] },
      { Devices: [{ PathOnHost: '/d', PathInContainer: '/e', CgroupPermissions: 'r' }] },
    ],
    [
      {
        devices: [{ source: 'v.com/c=d', target: 'v.com/c=d' }],
        gpus: [{ count: -1 }],
        deploy: { resources: { reservations: { devices: [{ capabilities: ['gpu'], count: 2 }] } } },
      },
      {
        DeviceRequests: [
          { Count: 2, Capabilities: [['gpu']] },
          { Driver: 'cdi', DeviceIDs: ['v.com/c=d'] },
          { Count: -1, Capabilities: [['gpu']] },
        ],
      },
    ],
    [
      { dns: ['1.1.1.1'], dns_opt: ['o'] },
      { Dns: ['1.1.1.1'], DnsOptions: ['o'] },
    ],
    [
      { dns_search: ['d'], annotations: { a: 'b' } },
      { DnsSearch: ['d'], Annotations: { a: 'b' } },
    ],
    [
      { logging: { driver: 'local', options: { a: 'b' } } },
      { LogConfig: { Type: 'local', Config: { a: 'b' } } },
    ],
    [{ init: false }, { Init: false }],
    [
      {
        restart: 'always',
        deploy: { restart_policy: { condition: 'on-failure', max_attempts: 3 } },
      },
      { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } },
    ],
    [{ deploy: { restart_policy: { condition: 'any' } } }, { RestartPolicy: { Name: 'always' } }],
    [{ deploy: { restart_policy: { condition: 'none' } } }, { RestartPolicy: { Name: 'no' } }],
    [
      { volumes: [{ type: 'image', source: 'i', target: '/i', image: { subpath: 's' } }] },
      {
        Mounts: [{ Type: 'image', Source: 'i', Target: '/i', ImageOptions: { Subpath: 's' } }],
      },
    ],
    [
      { volumes: [{ type: 'volume', source: 'v', target: '/l', volume: { labels: { a: 'b' } } }] },
      {
        Mounts: [
          { Type: 'volume', Source: 'p_v', Target: '/l', VolumeOptions: { Labels: { a: 'b' } } },
        ],
      },
    ],
    [
      { volumes: [{ type: 'bind', source: '/b', target: '/r', bind: { recursive: 'disabled' } }] },
      {
        Mounts: [{ Type: 'bind', Source: '/b', Target: '/r', BindOptions: { NonRecursive: true } }],
      },
    ],
  ])('%j is sent as Compose sends it', (service, members) => {
    expect(host(service)).toMatchObject(members);
  });

  it('that names another service names its first container', () => {
    const service = { network_mode: 'service:db', ipc: 'service:db', pid: 'container:x' };
    const body = request({ ...service, volumes_from: ['db:ro', 'container:o:ro'] }, { db: {} });
    expect(body).not.toHaveProperty('NetworkingConfig');
    expect(body['HostConfig']).toMatchObject({
      NetworkMode: 'container:p-db-1',
      IpcMode: 'container:p-db-1',
      PidMode: 'container:x',
      VolumesFrom: ['p-db-1', 'o'],
    });
  });

  it('links every container of a service under three names', () => {
    const names = ['p-db-1:d', 'p-db-1:db-2', 'p-db-1:p-db-2', 'out:out', 'a:b'];
    const service = { links: ['db:d'], external_links: ['out', 'a:b'] };
    expect(host(service, { db: {} }, 2)).toMatchObject({ Links: names });
    expect(host({ links: ['db'] }, { db: { scale: 0 } })).not.toHaveProperty('Links');
  });

  it('of a network is sent with the network', () => {
    const body = request({
      mac_address: '02:00:00:00:00:01',
      networks: {
        default: {
          gw_priority: 3,
          interface_name: 'e',
          driver_opts: { x: 'y' },
          ipv6_address: 'fd00::2',
          link_local_ips: ['169.254.1.1'],
        },
        other: null,
      },
    });
    expect(body['NetworkingConfig']).toEqual({
      EndpointsConfig: {
        p_default: {
          Aliases: ['p-web-1', 'web'],
          DriverOpts: { x: 'y', 'com.docker.network.endpoint.ifname': 'e' },
          GwPriority: 3,
          IPAMConfig: { IPv6Address: 'fd00::2', LinkLocalIPs: ['169.254.1.1'] },
          IPv6Gateway: 'fd00::2',
          MacAddress: '02:00:00:00:00:01',
        },
        p_other: { Aliases: ['p-web-1', 'web'] },
      },
    });
  });
});
