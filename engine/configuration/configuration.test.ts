import { describe, expect, it } from 'vitest';
import { differences, digestsOf } from './compare.ts';
import { askedConfiguration, presentConfiguration } from './configuration.ts';
import { networkFields, presentNetwork, presentVolume, volumeFields } from './object-fields.ts';

const ID = 'abcdef012345'.padEnd(64, '0');
const SALT = 'salt';
const IMAGE = {
  Config: {
    Cmd: ['serve'],
    Entrypoint: ['/entry'],
    Env: ['PATH=/bin', 'LANG=C'],
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    Labels: { maker: 'us' },
    WorkingDir: '/srv',
    User: 'web',
    StopSignal: 'SIGQUIT',
    Healthcheck: { Test: ['CMD', 'true'], Interval: 5 },
  },
};

/** What an engine shows of a container that was asked for nothing but its image. */
const PLAIN = {
  Config: {
    ...IMAGE.Config,
    Hostname: 'abcdef012345',
    AttachStdout: true,
    Image: 'web:1',
    OnBuild: null,
  },
  HostConfig: {
    NetworkMode: 'p_default',
    ShmSize: 67_108_864,
    IpcMode: 'private',
    CgroupnsMode: 'host',
    Runtime: 'runc',
    LogConfig: { Type: 'json-file', Config: { 'max-size': '5m' } },
    MaskedPaths: ['/proc/kcore'],
    PortBindings: {},
    OomKillDisable: null,
    MemorySwappiness: null,
    ConsoleSize: [0, 0],
    CapAdd: null,
  },
};

interface Given {
  readonly config?: object;
  readonly host?: object;
  readonly networks?: object;
}

function present({ config = {}, host = {}, networks = {} }: Given, image: object = IMAGE) {
  const inspect = {
    Id: ID,
    Config: { ...PLAIN.Config, ...config },
    HostConfig: { ...PLAIN.HostConfig, ...host },
    NetworkSettings: { Networks: networks },
  };
  return digestsOf(presentConfiguration(inspect, { ...image }), SALT);
}

const compared = (asked: object, given: Given) =>
  differences(
    askedConfiguration({ HostConfig: { NetworkMode: 'p_default' }, ...asked }),
    present(given),
  );

describe('a container that came of a request', () => {
  it('is the same where only the image and the engine filled in', () => {
    expect(compared({}, {})).toEqual([]);
  });

  it.each<[string, object, Given]>([
    ['environment', { Env: ['A=1'] }, { config: { Env: ['A=1', 'PATH=/bin', 'LANG=C'] } }],
    ['an image variable said again', { Env: ['LANG=C'] }, {}],
    ['a variable taken away', { Env: ['LANG'] }, { config: { Env: ['PATH=/bin'] } }],
    [
      'an entrypoint that drops the command',
      { Entrypoint: ['/x'] },
      { config: { Entrypoint: ['/x'], Cmd: null } },
    ],
    ['a command of its own', { Cmd: ['a', 'b'] }, { config: { Cmd: ['a', 'b'] } }],
    [
      'labels of programs',
      {},
      { config: { Labels: { maker: 'us', 'com.docker.compose.project': 'p', 'skep.x': '1' } } },
    ],
    [
      'ports',
      host({ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }),
      { host: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } } },
    ],
    [
      'capabilities in another spelling',
      host({ CapAdd: ['CAP_SYS_TIME', 'CAP_NET_ADMIN'] }),
      { host: { CapAdd: ['net_admin', 'SYS_TIME'] } },
    ],
    [
      'a volume, in short syntax and in long',
      host({ Mounts: [{ Type: 'volume', Source: 'p_data', Target: '/data' }] }),
      { host: { Binds: ['p_data:/data:rw'] }, config: { Volumes: { '/data': {} } } },
    ],
    [
      'a bind whose folder ends in a slash',
      host({ Binds: ['/srv/a:/a:ro'] }),
      { host: { Mounts: [{ Type: 'bind', Source: '/srv/a/', Target: '/a/', ReadOnly: true }] } },
    ],
    [
      "an anonymous volume's data carried on",
      {},
      { host: { Binds: [`${'a1'.repeat(32)}:/data:rw`] } },
    ],
    ['the default bridge', host({ NetworkMode: 'bridge' }), { host: { NetworkMode: 'default' } }],
    [
      'the host as its name',
      host({ NetworkMode: 'host' }),
      { config: { Hostname: 'box' }, host: { NetworkMode: 'host' } },
    ],
    [
      'a fixed address',
      {
        NetworkingConfig: {
          EndpointsConfig: {
            n: { IPAMConfig: { IPv4Address: '10.0.0.9' }, IPAddress: '10.0.0.9' },
          },
        },
      },
      {
        networks: {
          n: { IPAMConfig: { IPv4Address: '10.0.0.9' }, MacAddress: '02:42:0a:00:00:09' },
        },
      },
    ],
    [
      'what seeing the host brings along',
      host({ Privileged: true }),
      { host: { Privileged: true, SecurityOpt: ['label=disable'], MaskedPaths: [] } },
    ],
    [
      'a port without its protocol',
      { ExposedPorts: { 9000: {} } },
      { config: { ExposedPorts: { '80/tcp': {}, '9000/tcp': {} } } },
    ],
    ['no init, said aloud', host({ Init: false }), {}],
    [
      'devices',
      host({ Devices: [{ PathOnHost: '/dev/a', PathInContainer: '/dev/a' }] }),
      {
        host: {
          Devices: [{ PathOnHost: '/dev/a', PathInContainer: '/dev/a', CgroupPermissions: 'rwm' }],
        },
      },
    ],
  ])('is the same: %s', (_what, asked, given) => {
    expect(compared(asked, given)).toEqual([]);
  });

  it.each<[readonly string[], object, Given]>([
    [['environment.A'], { Env: ['A=1'] }, {}],
    [['environment.A'], { Env: ['A=1'] }, { config: { Env: ['A=2', 'PATH=/bin', 'LANG=C'] } }],
    [['environment.B'], {}, { config: { Env: ['B=2', 'PATH=/bin', 'LANG=C'] } }],
    [['environment.LANG'], { Env: ['LANG'] }, {}],
    [['command'], { Cmd: ['x'] }, {}],
    [['command'], {}, { config: { Cmd: ['x'] } }],
    [['command', 'entrypoint'], { Entrypoint: ['/x'] }, {}],
    [['user'], {}, { config: { User: 'root' } }],
    [['labels.tier'], { Labels: { tier: 'a' } }, {}],
    [['labels.maker'], {}, { config: { Labels: { maker: 'them' } } }],
    [['expose.81/tcp'], { ExposedPorts: { '81/tcp': {} } }, {}],
    [['healthcheck.interval'], { Healthcheck: { Interval: 7 } }, {}],
    [['healthcheck.test'], {}, { config: { Healthcheck: { Test: ['NONE'], Interval: 5 } } }],
    [['stop_grace_period'], { StopTimeout: 0 }, {}],
    [['stop_grace_period'], {}, { config: { StopTimeout: 3 } }],
    [['hostname'], {}, { config: { Hostname: 'named' } }],
    [
      ['ports.80/tcp'],
      host({ PortBindings: { '80/tcp': [{ HostPort: '1' }] } }),
      { host: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '1' }] } } },
    ],
    [['volumes./a'], host({ Binds: ['/srv/a:/a:rw'] }), { host: { Binds: ['/srv/a:/a:ro'] } }],
    [['volumes./a'], {}, { host: { Binds: ['/srv/a:/a:ro'] } }],
    [['privileged'], {}, { host: { Privileged: true } }],
    [['security_opt.systempaths'], {}, { host: { MaskedPaths: [] } }],
    [['network_mode'], {}, { host: { NetworkMode: 'host' } }],
    [['--rm'], {}, { host: { AutoRemove: true } }],
    [['logging'], host({ LogConfig: { Type: 'local' } }), {}],
    [['tmpfs./t'], host({ Tmpfs: { '/t': 'size=1' } }), {}],
    [
      ['networks.n.ipv4_address'],
      {},
      { networks: { n: { IPAMConfig: { IPv4Address: '10.0.0.9' } } } },
    ],
  ])('differs in %j', (names, asked, given) => {
    expect(compared(asked, given)).toEqual(names);
  });

  it('tells no value, and other digests under another salt', () => {
    const inspect = { Id: ID, Config: { Env: ['PASSWORD=hunter2'] }, HostConfig: {} };
    const config = presentConfiguration(inspect, undefined);
    const told = digestsOf(config, 'one');
    expect(JSON.stringify(told)).not.toContain('hunter2');
    expect(told.fields['environment.PASSWORD']).toMatch(/^[0-9a-f]{32}$/);
    expect(digestsOf(config, 'two').fields['environment.PASSWORD']).not.toBe(
      told.fields['environment.PASSWORD'],
    );
  });

  function host(members: object) {
    return { HostConfig: { NetworkMode: 'p_default', ...members } };
  }
});

describe('a network and a volume', () => {
  const pool = { Subnet: '10.9.0.0/24' };

  it.each<[object, object, readonly string[]]>([
    [
      {},
      { Driver: 'bridge', IPAM: { Driver: 'default', Config: [{ ...pool, Gateway: '10.9.0.1' }] } },
      [],
    ],
    [{ IPAM: { Config: [pool] } }, { IPAM: { Config: [{ ...pool, Gateway: '10.9.0.1' }] } }, []],
    [
      { IPAM: { Config: [pool] } },
      { IPAM: { Config: [{ Subnet: '10.8.0.0/24' }] } },
      ['ipam.10.9.0.0/24'],
    ],
    [{ Internal: true }, { Internal: false }, ['internal']],
    [{}, { Driver: 'bridge', Attachable: true }, []],
    [{ Labels: { a: '1' } }, { Labels: { 'com.docker.compose.network': 'x' } }, ['labels.a']],
    [{ Driver: 'overlay' }, { Driver: 'bridge' }, ['driver']],
  ])('compares networks: %j, %j', (asked, there, names) => {
    const told = digestsOf(presentNetwork({ ...there }), SALT);
    expect(differences(networkFields({ ...asked }), told)).toEqual(names);
  });

  it.each<[object, object, readonly string[]]>([
    [{}, { Driver: 'local', Options: null, Mountpoint: '/x' }, []],
    [{ DriverOpts: { type: 'nfs' } }, { Options: { type: 'nfs' } }, []],
    [{}, { Options: { type: 'nfs' } }, ['driver_opts']],
    [{}, { Labels: { keep: 'yes' } }, ['labels.keep']],
  ])('compares volumes: %j, %j', (asked, there, names) => {
    const told = digestsOf(presentVolume({ ...there }), SALT);
    expect(differences(volumeFields({ ...asked }), told)).toEqual(names);
  });
});
