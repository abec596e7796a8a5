import { describe, expect, it } from 'vitest';
import type { MutableConfig } from '../../schemas/domain/index.ts';
import { mutableOf } from '../normalise.ts';
import { presentConfiguration } from './configuration.ts';
import { writtenService } from './to-compose.ts';

function written(config: object, host: object = {}) {
  const inspect = {
    Id: 'a'.repeat(64),
    Config: config,
    HostConfig: { NetworkMode: 'p_default', ...host },
  };
  const { service, unwritable } = writtenService(
    presentConfiguration(inspect, { Config: {} }),
    'web:1',
    mutableOf(host),
  );
  const { image, ...rest } = service;
  expect(image).toBe('web:1');
  return { rest, unwritable };
}

describe('a container as a service of a Compose file', () => {
  it.each<[string, object, object, object]>([
    ['nothing', {}, {}, {}],
    [
      'ports, of the host and of other containers',
      { ExposedPorts: { '80/tcp': {}, '81/udp': {}, '90/tcp': {} } },
      {
        PortBindings: {
          '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }, { HostPort: '8081' }],
          '81/udp': [{ HostIp: '::1', HostPort: '0' }],
        },
      },
      { ports: ['127.0.0.1:8080:80', '8081:80', '[::1]::81/udp'], expose: ['90'] },
    ],
    [
      'mounts in short and long syntax',
      { Volumes: { '/anonymous': {} } },
      {
        Binds: ['/srv:/srv:ro,z', 'data:/data:nocopy'],
        Mounts: [
          { Type: 'bind', Source: '/x', Target: '/x', BindOptions: { Propagation: 'rshared' } },
          { Type: 'bind', Source: '/y', Target: '/y', BindOptions: { NonRecursive: true } },
          { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o1777 } },
          { Type: 'volume', Source: 'v', Target: '/v', VolumeOptions: { Subpath: 'a' } },
        ],
        Tmpfs: { '/run': 'size=1m,mode=755', '/tmp': '' },
      },
      {
        volumes: [
          '/anonymous',
          '/srv:/srv:ro,z',
          'data:/data:nocopy',
          { type: 'bind', source: '/x', target: '/x', bind: { propagation: 'rshared' } },
          { type: 'bind', source: '/y', target: '/y', bind: { recursive: 'disabled' } },
          { type: 'tmpfs', target: '/t', tmpfs: { size: '1m', mode: 0o1777 } },
          { type: 'volume', source: 'v', target: '/v', volume: { subpath: 'a' } },
        ],
        tmpfs: ['/run:mode=755,size=1m', '/tmp'],
      },
    ],
    [
      'limits and the restart policy',
      {},
      {
        NanoCpus: 5e8,
        Memory: 64 * 1_048_576,
        MemorySwap: 100_000_001,
        MemoryReservation: 1025,
        PidsLimit: 5,
        CpuShares: 7,
        CpusetCpus: '0-1',
        CpuPeriod: 5,
        CpuQuota: 6,
        CpuRealtimePeriod: 8,
        CpuRealtimeRuntime: 9,
        RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      },
      {
        restart: 'on-failure:3',
        cpus: 0.5,
        mem_limit: '64m',
        memswap_limit: 100_000_001,
        mem_reservation: 1025,
        pids_limit: 5,
        cpu_shares: 7,
        cpuset: '0-1',
        cpu_period: 5,
        cpu_quota: 6,
        cpu_rt_period: 8,
        cpu_rt_runtime: 9,
      },
    ],
    [
      'devices, ulimits and block IO',
      {},
      {
        Devices: [
          { PathOnHost: '/dev/a', PathInContainer: '/dev/a', CgroupPermissions: 'rwm' },
          { PathOnHost: '/dev/b', PathInContainer: '/dev/c', CgroupPermissions: 'r' },
        ],
        DeviceRequests: [{ Driver: 'nvidia', Count: 1, Capabilities: [['gpu']] }],
        Ulimits: [
          { Name: 'core', Soft: 0, Hard: 0 },
          { Name: 'nofile', Soft: 1, Hard: 2 },
        ],
        BlkioWeight: 300,
        BlkioDeviceReadBps: [{ Path: '/dev/a', Rate: 5 }],
        CpuPercent: 50,
      },
      {
        devices: ['/dev/a:/dev/a', '/dev/b:/dev/c:r'],
        deploy: {
          resources: {
            reservations: { devices: [{ driver: 'nvidia', count: 1, capabilities: ['gpu'] }] },
          },
        },
        ulimits: { core: 0, nofile: { soft: 1, hard: 2 } },
        blkio_config: { weight: 300, device_read_bps: [{ path: '/dev/a', rate: 5 }] },
        cpu_percent: 0.5,
      },
    ],
    [
      'a health check, times of it and of the stop',
      {
        Healthcheck: { Test: ['CMD', 'x'], Interval: 90e9, Timeout: 1_500_000, Retries: 2 },
        StopTimeout: 0,
        StopSignal: 'SIGINT',
      },
      {},
      {
        healthcheck: { test: ['CMD', 'x'], interval: '1m30s', timeout: '1ms500us', retries: 2 },
        stop_grace_period: '0s',
        stop_signal: 'SIGINT',
      },
    ],
    [
      'isolation and names of others',
      { Hostname: 'h', User: 'u' },
      {
        CapAdd: ['NET_ADMIN'],
        SecurityOpt: ['no-new-privileges:true'],
        MaskedPaths: [],
        IpcMode: 'host',
        VolumesFrom: ['abc:ro'],
        LogConfig: { Type: 'local', Config: {} },
        NetworkMode: 'bridge',
        Links: ['/db:/web/database'],
      },
      {
        hostname: 'h',
        user: 'u',
        network_mode: 'bridge',
        cap_add: ['CAP_NET_ADMIN'],
        security_opt: ['no-new-privileges', 'systempaths=unconfined'],
        ipc: 'host',
        volumes_from: ['container:abc:ro'],
        external_links: ['db:database'],
      },
    ],
  ])('writes %s', (_what, config, host, service) => {
    expect(written(config, host)).toEqual({ rest: service, unwritable: [] });
  });

  it('says which fields have no word in Compose', () => {
    const { unwritable } = written({}, { AutoRemove: true, PublishAllPorts: true });
    expect(unwritable).toEqual(['--rm', '--publish-all']);
  });

  it('writes what people look for first', () => {
    const mutable: MutableConfig = { ...mutableOf({}), restartPolicy: 'always' };
    const config = { User: 'u', Cmd: ['a'], Env: ['A=1'], Labels: { l: '1' } };
    const present = presentConfiguration({ Id: 'a', Config: config, HostConfig: {} }, undefined);
    const { service } = writtenService(present, 'web:1', mutable);
    expect(Object.keys(service)).toEqual([
      ...['image', 'command', 'environment', 'network_mode', 'restart'],
      ...['labels', 'user'],
    ]);
  });
});
