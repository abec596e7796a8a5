import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyForApi } from './api-body.ts';
import { containerRequest } from './container-body.ts';
import { fileSource, parseFileSource } from './files.ts';
import {
  CONTAINER_MEMBERS,
  checkContainerBody,
  checkVolumeBody,
  DEFAULT_POLICY,
  touches,
} from './policy.ts';

const deny = (...denyBinds: string[]) => ({ ...DEFAULT_POLICY, denyBinds });
const codes = (body: object, policy = DEFAULT_POLICY) =>
  checkContainerBody(body as never, policy).map(({ code }) => code);

describe('a policy', () => {
  it('lets what the builder makes pass', () => {
    const service = {
      image: 'a',
      command: ['x'],
      healthcheck: { test: ['CMD', 'x'] },
      volumes: [{ type: 'bind' as const, source: '/srv', target: '/srv' }],
      deploy: { resources: { limits: { memory: '5' } } },
      init: true,
    };
    const model = {
      name: 'p',
      services: { s: service },
      networks: {},
      volumes: {},
      configs: {},
      secrets: {},
    };
    const { body } = containerRequest({
      model,
      service: 's',
      number: 1,
      files: new Map(),
      image: 'a',
    });
    expect(checkContainerBody(body, DEFAULT_POLICY)).toEqual([]);
  });

  it('refuses every member that is not on its list', () => {
    expect(codes({ Image: 'a', HostConfig: { AutoRemove: true, Cgroup: 'x' } })).toEqual([
      'P_FIELD',
      'P_FIELD',
    ]);
    expect(codes({ StdinOnce: true })).toEqual(['P_FIELD']);
    expect(checkContainerBody({ HostConfig: { Later: [] } }, DEFAULT_POLICY)[0]).toMatchObject({
      path: 'HostConfig.Later',
    });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        const known = CONTAINER_MEMBERS.body.has(name);
        expect(codes({ [name]: null })).toEqual(known ? [] : ['P_FIELD']);
      }),
    );
  });

  it('refuses privileges unless they are allowed', () => {
    const privileged = { HostConfig: { Privileged: true, NetworkMode: 'host' } };
    expect(codes(privileged)).toEqual(['P_PRIVILEGED', 'P_PRIVILEGED']);
    expect(codes({ HostConfig: { NetworkMode: 'container:abc' } })).toEqual(['P_PRIVILEGED']);
    expect(codes(privileged, { ...DEFAULT_POLICY, allowPrivileged: true })).toEqual([]);
  });

  it.each([
    { PidMode: 'host' },
    { IpcMode: 'container:db' },
    { UTSMode: 'host' },
    { CgroupnsMode: 'host' },
    { UsernsMode: 'host' },
    { CapAdd: ['CAP_SYS_ADMIN'] },
    { Devices: [{ PathOnHost: '/dev/sda' }] },
    { DeviceCgroupRules: ['a *:* rwm'] },
    { SecurityOpt: ['apparmor=unconfined'] },
    { SecurityOpt: ['no-new-privileges:false'] },
    { MaskedPaths: [] },
    { ReadonlyPaths: [] },
    { CgroupParent: '/' },
    { Runtime: 'other' },
    { VolumesFrom: ['other'] },
  ])('refuses %j as it refuses privileges', (HostConfig) => {
    expect(codes({ HostConfig })).toEqual(['P_PRIVILEGED']);
    expect(codes({ HostConfig }, { ...DEFAULT_POLICY, allowPrivileged: true })).toEqual([]);
  });

  it('lets a container give up powers', () => {
    const HostConfig = {
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      IpcMode: 'private',
    };
    expect(codes({ HostConfig })).toEqual([]);
  });

  it.each([
    '/etc/skep',
    '/etc/skep/keys',
    '/etc',
    '/',
    '//etc//skep/',
    '/home/../etc/skep',
    '/etc/skep/.',
  ])('keeps %s from containers where /etc/skep is denied', (source) => {
    const policy = deny('/etc/skep');
    expect(codes({ HostConfig: { Binds: [`${source}:/x:ro`] } }, policy)).toEqual(['P_BIND']);
    const Mounts = [{ Type: 'bind', Source: source, Target: '/x' }];
    expect(codes({ HostConfig: { Mounts } }, policy)).toEqual(['P_BIND']);
    expect(checkVolumeBody({ DriverOpts: { device: source, o: 'bind' } }, policy)).toMatchObject([
      { code: 'P_VOLUME_DRIVER_OPTS' },
    ]);
  });

  it('leaves neighbours, volumes and repository files alone', () => {
    const Binds = ['/etc/skeptical:/a:rw', '/srv:/b:rw', 'data:/c:rw'];
    const Mounts = [
      { Type: 'bind', Source: `skep-file:${'0'.repeat(64)}:444:0:0`, Target: '/d' },
      { Type: 'volume', Source: 'etc', Target: '/e' },
    ];
    expect(codes({ HostConfig: { Binds, Mounts } }, deny('/etc/skep'))).toEqual([]);
    expect(checkVolumeBody({ DriverOpts: { device: ':/export', type: 'nfs' } }, deny('/'))).toEqual(
      [],
    );
  });

  it('sees the same in both directions', () => {
    const path = fc.array(fc.constantFrom('a', 'b', '..', '.', ''), { maxLength: 5 });
    fc.assert(
      fc.property(path, path, (a, b) => {
        const [one, other] = [`/${a.join('/')}`, `/${b.join('/')}`];
        expect(touches(one, other)).toBe(touches(other, one));
        expect(touches(one, one)).toBe(true);
        expect(touches(one, '/')).toBe(true);
      }),
    );
  });
});

describe('a body for one engine', () => {
  const body = {
    Image: 'a',
    HostConfig: {
      NetworkMode: 'n1',
      Mounts: [
        {
          Type: 'bind',
          Source: '/a',
          Target: '/a',
          BindOptions: { CreateMountpoint: true, Propagation: 'rslave' },
        },
        { Type: 'volume', Source: 'v', Target: '/b', VolumeOptions: { Subpath: 'x' } },
      ],
    },
    NetworkingConfig: { EndpointsConfig: { n0: { Aliases: ['z'] }, n1: { Aliases: ['a'] } } },
  };

  it('is the body itself from API 1.45', () => {
    expect(bodyForApi(body, '1.45')).toEqual({ body, connectLater: new Map(), unsupported: [] });
  });

  it('has one network before API 1.44', () => {
    const { body: sent, connectLater } = bodyForApi(body, '1.43');
    expect(sent['NetworkingConfig']).toEqual({ EndpointsConfig: { n1: { Aliases: ['a'] } } });
    expect(connectLater).toEqual(new Map([['n0', { Aliases: ['z'] }]]));
  });

  it('makes no mount points before API 1.42', () => {
    const { HostConfig } = bodyForApi(body, '1.41').body as typeof body;
    expect(HostConfig.Mounts[0]?.BindOptions).toEqual({ Propagation: 'rslave' });
  });

  it('has the address of its network card beside the image before API 1.44', () => {
    const NetworkingConfig = { EndpointsConfig: { n1: { MacAddress: '02:42:ac:11:00:02' } } };
    expect(bodyForApi({ ...body, NetworkingConfig }, '1.43').body).toMatchObject({
      MacAddress: '02:42:ac:11:00:02',
      NetworkingConfig: { EndpointsConfig: { n1: {} } },
    });
  });

  it('names every member that an older engine does not know', () => {
    const newer = {
      Healthcheck: { StartInterval: 1 },
      HostConfig: { Mounts: [{ Type: 'image', Target: '/i' }] },
      NetworkingConfig: {
        EndpointsConfig: {
          n: { DriverOpts: { 'com.docker.network.endpoint.ifname': 'e' } },
          m: {},
        },
      },
    };
    expect(bodyForApi(newer, '1.49').unsupported).toEqual([]);
    expect(bodyForApi(newer, '1.43').unsupported).toEqual([
      'the image at /i needs Docker 28 (API 1.48)',
      'interface_name on n needs Docker 28.1 (API 1.49)',
      'healthcheck.start_interval needs Docker 25 (API 1.44)',
    ]);
  });

  it('says what the engine would pass over in silence', () => {
    expect(bodyForApi(body, '1.44').unsupported).toEqual([
      'volume.subpath of /b needs Docker 26 (API 1.45)',
    ]);
  });
});

describe('the source of a mounted file', () => {
  it('is read back as it was written', () => {
    const file = fc.record({
      sha256: fc.string({
        unit: fc.constantFrom(...'0123456789abcdef'.split('')),
        minLength: 64,
        maxLength: 64,
      }),
      mode: fc.integer({ min: 0, max: 0o777 }),
      uid: fc.nat(4_294_967_295),
      gid: fc.nat(4_294_967_295),
    });
    fc.assert(
      fc.property(file, (written) => {
        expect(parseFileSource(fileSource(written as never))).toEqual(written);
      }),
    );
    expect(parseFileSource('/etc/passwd')).toBeUndefined();
    expect(parseFileSource('skep-file:../../etc:444:0:0')).toBeUndefined();
  });
});
