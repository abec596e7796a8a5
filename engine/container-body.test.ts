import { describe, expect, it } from 'vitest';
import {
  type ComposeModel,
  type ComposeService,
  type RepositoryFile,
  sha256,
} from '../schemas/domain/index.ts';
import { containerRequest } from './container-body.ts';
import { mountedFiles } from './mounted-files.ts';
import { networkRequest } from './network-body.ts';
import { volumeRequest } from './volume-body.ts';

function model(service: Partial<ComposeService>, more: Partial<ComposeModel> = {}): ComposeModel {
  return {
    name: 'shop',
    services: { web: { image: 'a:1', ...service } },
    networks: { default: {} },
    volumes: {},
    configs: {},
    secrets: {},
    ...more,
  };
}

const file = (text: string, executable = false): RepositoryFile => ({
  sha256: sha256(text),
  size: text.length,
  executable,
});

function body(service: Partial<ComposeService>, more: Partial<ComposeModel> = {}, files = {}) {
  const input = { model: model(service, more), files: new Map(Object.entries(files)) as never };
  return containerRequest({ ...input, service: 'web', number: 1, image: 'a:1' }).body;
}

describe('the request for a container', () => {
  it('of a plain service says no more than Compose', () => {
    const request = containerRequest({
      model: model({}),
      service: 'web',
      number: 2,
      files: new Map(),
      image: 'sha256:abc',
    });
    expect(request).toEqual({
      name: 'shop-web-2',
      body: {
        AttachStdout: true,
        AttachStderr: true,
        Image: 'sha256:abc',
        HostConfig: { NetworkMode: 'shop_default' },
        NetworkingConfig: {
          EndpointsConfig: { shop_default: { Aliases: ['shop-web-2', 'web'] } },
        },
      },
    });
  });

  it('keeps an empty command apart from none', () => {
    expect(body({ command: [], entrypoint: [] })).toMatchObject({ Cmd: [], Entrypoint: [] });
    expect(body({ command: null, entrypoint: null })).not.toHaveProperty('Cmd');
  });

  it('takes a variable without a value away', () => {
    expect(body({ environment: { A: '', B: null, C: 'c=d' } })).toMatchObject({
      Env: ['A=', 'B', 'C=c=d'],
    });
  });

  it('gives times in the engine’s units', () => {
    expect(
      body({
        stop_grace_period: '1m30s',
        healthcheck: { test: ['CMD', 'x'], interval: '1.5s', timeout: '500ms', retries: 3 },
      }),
    ).toMatchObject({
      StopTimeout: 90,
      Healthcheck: { Test: ['CMD', 'x'], Interval: 1.5e9, Timeout: 5e8, Retries: 3 },
    });
    expect(body({ stop_grace_period: '0s' })).toMatchObject({ StopTimeout: 0 });
    expect(body({ healthcheck: { disable: true } })).toMatchObject({
      Healthcheck: { Test: ['NONE'] },
    });
  });

  it('binds ports as they are written', () => {
    const ports = [
      { target: 80, published: '8080', protocol: 'tcp' },
      { target: 80, published: '9000-9005', protocol: 'tcp', host_ip: '127.0.0.1' },
      { target: 53, protocol: 'udp' },
    ];
    const request = body({ ports, expose: ['7000'] });
    expect(request['ExposedPorts']).toEqual({ '7000': {}, '80/tcp': {}, '53/udp': {} });
    expect(request['HostConfig']).toMatchObject({
      PortBindings: {
        '80/tcp': [{ HostPort: '8080' }, { HostIp: '127.0.0.1', HostPort: '9000-9005' }],
        '53/udp': [{}],
      },
    });
  });

  it('mounts as text what text can say, the rest as mounts', () => {
    const request = body(
      {
        volumes: [
          { type: 'volume', source: 'data', target: '/a' },
          { type: 'volume', source: 'data', target: '/b', volume: { nocopy: true } },
          { type: 'volume', target: '/anonymous' },
          {
            type: 'bind',
            source: '/srv',
            target: '/c',
            read_only: true,
            bind: { create_host_path: true },
          },
          { type: 'bind', source: '/srv', target: '/d', bind: { create_host_path: false } },
          {
            type: 'bind',
            source: '/srv',
            target: '/e',
            bind: { create_host_path: true, selinux: 'z' },
          },
          { type: 'tmpfs', target: '/f', tmpfs: { size: '1024', mode: 0o700 } },
        ],
      },
      { volumes: { data: {} } },
    );
    expect(request['HostConfig']).toMatchObject({
      Binds: ['shop_data:/a:rw', '/srv:/c:ro', '/srv:/e:rw,z'],
      Mounts: [
        { Type: 'volume', Source: 'shop_data', Target: '/b', VolumeOptions: { NoCopy: true } },
        { Type: 'volume', Target: '/anonymous' },
        { Type: 'bind', Source: '/srv', Target: '/d' },
        { Type: 'tmpfs', Target: '/f', TmpfsOptions: { SizeBytes: 1024, Mode: 0o700 } },
      ],
    });
  });

  it('puts the network of the highest priority first and names all of them', () => {
    const request = body(
      {
        networks: {
          a: null,
          b: { priority: 10, aliases: ['api'], ipv4_address: '10.0.0.5' },
          c: null,
        },
      },
      { networks: { a: {}, b: { name: 'real-b' }, c: { external: true } } },
    );
    expect(request['HostConfig']).toMatchObject({ NetworkMode: 'real-b' });
    expect(request['NetworkingConfig']).toEqual({
      EndpointsConfig: {
        'real-b': {
          IPAMConfig: { IPv4Address: '10.0.0.5' },
          IPAddress: '10.0.0.5',
          Aliases: ['shop-web-1', 'web', 'api'],
        },
        shop_a: { Aliases: ['shop-web-1', 'web'] },
        c: { Aliases: ['shop-web-1', 'web'] },
      },
    });
  });

  it('says limits and restart policy', () => {
    const limits = { cpus: '0.1', memory: '1024', pids: 5 };
    const deploy = { resources: { limits, reservations: { memory: '512' } } };
    expect(body({ deploy, restart: 'on-failure:3' })['HostConfig']).toMatchObject({
      NanoCpus: 100_000_000,
      Memory: 1024,
      MemoryReservation: 512,
      PidsLimit: 5,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    });
  });

  it('is the same for equal models', () => {
    const service = { environment: { B: '1', A: '2' }, networks: { default: null } };
    expect(JSON.stringify(body(service))).toBe(JSON.stringify(body(structuredClone(service))));
  });

  it('cannot be made for a service that is not there', () => {
    const input = { model: model({}), files: new Map(), number: 1, image: 'a' };
    expect(() => containerRequest({ ...input, service: 'db' })).toThrow('no service "db"');
  });
});

describe('files of the repository', () => {
  const configs = {
    main: { file: 'repo:/app/main.conf' },
    inline: { content: 'x' },
    host: { file: '/etc/host.conf' },
  };
  const secrets = { key: { file: 'repo:/app/key' } };
  const files = {
    'repo:/app/main.conf': file('main'),
    'repo:/app/key': file('key'),
    'repo:/app/run.sh': file('run', true),
    'repo:/app/conf.d/a.conf': file('a'),
    'repo:/app/conf.d/sub/b.conf': file('b'),
    'config:inline': file('x'),
  };
  const service: Partial<ComposeService> = {
    configs: [
      { source: 'main' },
      { source: 'inline', target: '/etc/inline', uid: '1000', gid: '33', mode: '0440' },
      { source: 'host' },
    ],
    secrets: [{ source: 'key' }, { source: 'key', target: 'other', mode: 0o400 }],
    volumes: [
      { type: 'bind', source: 'repo:/app/run.sh', target: '/run.sh' },
      { type: 'bind', source: 'repo:/app/conf.d', target: '/etc/conf.d/' },
    ],
  };

  it('are mounted read-only by content, mode and owner', () => {
    const { HostConfig } = body(service, { configs, secrets }, files) as {
      HostConfig: { Mounts: object[] };
    };
    const source = (text: string, rest: string) => `skep-file:${sha256(text)}:${rest}`;
    const mounts = [
      ['/etc/host.conf', '/host'],
      [expect.stringMatching(/^skep-tree:[0-9a-f]{64}$/), '/etc/conf.d'],
      [source('x', '440:1000:33'), '/etc/inline'],
      [source('main', '444:0:0'), '/main'],
      [source('run', '755:0:0'), '/run.sh'],
      [source('key', '444:0:0'), '/run/secrets/key'],
      [source('key', '400:0:0'), '/run/secrets/other'],
    ].map(([Source, Target]) => ({ Type: 'bind', Source, Target, ReadOnly: true }));
    expect(HostConfig).toEqual({ NetworkMode: 'shop_default', Mounts: mounts });
  });

  it('are listed for whoever has to bring them there', () => {
    const input = { model: model(service, { configs, secrets }), service: 'web' };
    const listed = mountedFiles({ ...input, files: new Map(Object.entries(files)) });
    expect(
      listed.map(({ target, mode, uid, gid, size }) => [target, mode, uid, gid, size]),
    ).toEqual([
      ['/etc/conf.d/a.conf', 0o644, 0, 0, 1],
      ['/etc/conf.d/sub/b.conf', 0o644, 0, 0, 1],
      ['/etc/inline', 0o440, 1000, 33, 1],
      ['/main', 0o444, 0, 0, 4],
      ['/run.sh', 0o755, 0, 0, 3],
      ['/run/secrets/key', 0o444, 0, 0, 3],
      ['/run/secrets/other', 0o400, 0, 0, 3],
    ]);
  });

  it('never become special programs', () => {
    const configs = { main: { file: 'repo:/a' } };
    const use = { configs: [{ source: 'main', mode: 0o4755 }] };
    const input = { model: model(use, { configs }), service: 'web' };
    const [mounted] = mountedFiles({ ...input, files: new Map([['repo:/a', file('a')]]) });
    expect(mounted?.mode).toBe(0o755);
  });
});

describe('the request for a network', () => {
  it('says what the model says', () => {
    const back = {
      driver: 'bridge',
      driver_opts: { mtu: '1400' },
      internal: true,
      attachable: true,
      enable_ipv6: true,
      labels: { a: 'b' },
      ipam: { config: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1', ip_range: '10.9.0.0/25' }] },
    };
    expect(networkRequest(model({}, { networks: { back } }), 'back')).toEqual({
      name: 'shop_back',
      body: {
        Name: 'shop_back',
        CheckDuplicate: true,
        Driver: 'bridge',
        Options: { mtu: '1400' },
        IPAM: { Config: [{ Subnet: '10.9.0.0/24', IPRange: '10.9.0.0/25', Gateway: '10.9.0.1' }] },
        Internal: true,
        Attachable: true,
        EnableIPv6: true,
        Labels: { a: 'b' },
      },
    });
  });

  it('of somebody else is its name alone', () => {
    const networks = { shared: { external: true }, named: { external: true, name: 'real' } };
    expect(networkRequest(model({}, { networks }), 'shared').name).toBe('shared');
    expect(networkRequest(model({}, { networks }), 'named').body).toEqual({ Name: 'real' });
  });
});

describe('the request for a volume', () => {
  it('says what the model says', () => {
    const data = { driver: 'local', driver_opts: { type: 'nfs' }, labels: { a: 'b' } };
    const volumes = { data, shared: { external: true } };
    expect(volumeRequest(model({}, { volumes }), 'data')).toEqual({
      name: 'shop_data',
      body: { Name: 'shop_data', Driver: 'local', DriverOpts: { type: 'nfs' }, Labels: { a: 'b' } },
    });
    expect(volumeRequest(model({}, { volumes }), 'shared').body).toEqual({ Name: 'shared' });
  });
});
