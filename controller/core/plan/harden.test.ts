import { describe, expect, it } from 'vitest';
import type { ComposeService } from '../../../schemas/domain/index.ts';
import { APP, aModel, anApp, aUnit, INSTALLATION } from '../../testing/builders.ts';
import {
  containerHash,
  firstContainerHash,
  hardenContainer,
  hardenObject,
  isSameSpec,
  objectHash,
} from './harden.ts';
import { hardenUnit } from './harden-unit.ts';

const owner = { installation: INSTALLATION, app: APP, projectName: 'shop' };
const base = {
  body: { Image: 'web:1', Env: ['A=1', 'B=2'], HostConfig: { Binds: ['/a:/a'] } },
  imageId: 'sha256:1',
  networks: {},
  restart: undefined,
  restartedWith: {},
};
const hash = (body: object, over: object = {}) =>
  containerHash({ ...base, body: body as never, ...over });

describe('hardening', () => {
  it("adds our labels and those Compose keeps its books with, beside the user's own", () => {
    const body = hardenContainer({ Labels: { team: 'a' } }, owner, {
      service: 'web',
      number: 2,
      specHash: 'v1:ab',
    });
    expect(body['Labels']).toEqual({
      'com.docker.compose.config-hash': 'v1:ab',
      'com.docker.compose.container-number': '2',
      'com.docker.compose.oneoff': 'False',
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': 'web',
      'skep.app': 'default/shop',
      'skep.installation': INSTALLATION,
      'skep.number': '2',
      'skep.service': 'web',
      'skep.spec-hash': 'v1:ab',
      team: 'a',
    });
  });

  it.each(['network', 'volume'] as const)('labels a %s with its key', (kind) => {
    const body = hardenObject(kind, { Name: 'shop_data' }, owner, {
      key: 'data',
      specHash: 'v1:c',
    });
    expect(body['Labels']).toEqual({
      [`com.docker.compose.${kind}`]: 'data',
      'com.docker.compose.project': 'shop',
      'skep.app': 'default/shop',
      'skep.installation': INSTALLATION,
      'skep.object': 'data',
      'skep.spec-hash': 'v1:c',
    });
  });
});

describe('the spec hash', () => {
  const plain = hash(base.body);

  it.each<[string, object]>([
    ['the order of variables', { ...base.body, Env: ['B=2', 'A=1'] }],
    ['the order of members', { HostConfig: base.body.HostConfig, Env: base.body.Env }],
    ['what the create calls the image', { ...base.body, Image: 'web@sha256:1' }],
    ['resources', { ...base.body, HostConfig: { Binds: ['/a:/a'], Memory: 1, NanoCpus: 1 } }],
    ['the restart policy', { ...base.body, HostConfig: { Binds: ['/a:/a'], RestartPolicy: {} } }],
    [
      'labels of ours',
      { ...base.body, Labels: { 'skep.app': 'x', 'com.docker.compose.oneoff': '' } },
    ],
    ['members that say nothing', { ...base.body, User: '', ExposedPorts: {}, Domainname: null }],
    [
      'where it is in its networks, which observation shows',
      {
        HostConfig: { Binds: ['/a:/a'], NetworkMode: 'back' },
        Env: base.body.Env,
        NetworkingConfig: {
          EndpointsConfig: {
            back: {
              Aliases: ['a'],
              IPAMConfig: { IPv4Address: '10.0.0.1' },
              IPAddress: '10.0.0.1',
            },
          },
        },
      },
    ],
    [
      'the other limits that change in place',
      { ...base.body, HostConfig: { Binds: ['/a:/a'], CpuQuota: 1, CpuPeriod: 2 } },
    ],
  ])('is the same whatever %s', (_what, body) => {
    expect(hash(body)).toBe(plain);
  });

  it.each<[string, object, object]>([
    ['the image', base.body, { imageId: 'sha256:2' }],
    ['a variable', { ...base.body, Env: ['A=2', 'B=2'] }, {}],
    ['a label of the user', { ...base.body, Labels: { team: 'b' } }, {}],
    ['a mount', { ...base.body, HostConfig: { Binds: ['/a:/b'] } }, {}],
    ['a mode in place of networks', { HostConfig: { Binds: ['/a:/a'], NetworkMode: 'host' } }, {}],
    ['a weight where there was none', { ...base.body, HostConfig: { BlkioWeight: 9 } }, {}],
    ['the project', base.body, { project: 'other' }],
    ['the main network, where they are ranked', base.body, { primary: 'back' }],
    [
      'options of an endpoint',
      { ...base.body, NetworkingConfig: { EndpointsConfig: { a: { DriverOpts: { b: 'c' } } } } },
      {},
    ],
    ['a cleared entrypoint', { ...base.body, Entrypoint: [] }, {}],
    ['no grace at all', { ...base.body, StopTimeout: 0 }, {}],
    ['spec.restart', base.body, { restart: 'now' }],
    ['a dependency it restarts with', base.body, { restartedWith: { db: 'v1:3' } }],
  ])('differs with %s', (_what, body, over) => {
    expect(hash(body, over)).not.toBe(plain);
  });

  it('of a network or volume leaves our labels out', () => {
    const body = { Name: 'n', Labels: { team: 'a' } };
    const ours = { Name: 'n', Labels: { team: 'a', 'skep.object': 'default' } };
    expect(objectHash(ours)).toBe(objectHash(body));
    expect(objectHash({ Name: 'n' })).not.toBe(objectHash(body));
  });

  it('still makes the hash of the first version, for what carries it', () => {
    const first = firstContainerHash({
      ...base,
      body: {
        Image: 'web:1',
        Env: ['A=1'],
        HostConfig: { Binds: ['/a:/a'], NetworkMode: 'shop_default', CpuQuota: 5 },
        NetworkingConfig: { EndpointsConfig: { shop_default: { Aliases: ['web'] } } },
      },
      networks: { shop_default: 'v1:n' },
    });
    expect(first).toBe('v1:45889f4475b308f7bbc991136cea5c022e0efc5d5993bece80d273d568362d1f');
  });

  it('of an earlier version is compared with what that version makes of the spec', () => {
    expect(isSameSpec('v1:a', 'v2:b', ['v1:a'])).toBe(true);
    expect(isSameSpec('v1:x', 'v2:b', ['v1:a'])).toBe(false);
  });

  it('of an unknown version is taken for the same, a missing one is not', () => {
    expect(isSameSpec('v1:a', 'v1:a')).toBe(true);
    expect(isSameSpec('v1:a', 'v1:b')).toBe(false);
    expect(isSameSpec('v0:a', 'v1:b')).toBe(true);
    expect(isSameSpec('', 'v1:b')).toBe(false);
    expect(isSameSpec('nonsense', 'v1:b')).toBe(false);
  });
});

describe('a hardened unit', () => {
  const image = { reference: 'web:1', id: 'sha256:1', create: 'web:1' };
  const images = new Map([['web:1', image]]);
  const hardened = (service: Partial<ComposeService>, restart?: string) => {
    const unit = aUnit(aModel({ web: service }));
    const app = anApp(unit, restart === undefined ? {} : { restart });
    return { unit, app, result: hardenUnit({ installation: INSTALLATION, app, unit, images }) };
  };

  it('is the same object for the same unit and images, and another for others', () => {
    const { unit, app, result } = hardened({});
    const again = { installation: INSTALLATION, app, unit, images };
    expect(hardenUnit(again)).toBe(result);
    const moved = new Map([['web:1', { ...image, id: 'sha256:2' }]]);
    expect(hardenUnit({ ...again, images: moved })).not.toBe(result);
    expect(hardenUnit({ ...again, app: { ...app, restart: 'x' } })).not.toBe(result);
  });

  it('gives each replica its own name and number, and all one hash', () => {
    const web = hardened({ deploy: { replicas: 2 } }).result.services.get('web');
    expect(web?.containers.map(({ name }) => name)).toEqual(['shop-web-1', 'shop-web-2']);
    const labels = web?.containers.map(({ body }) => body['Labels'] as Record<string, string>);
    expect(labels?.map((all) => all['skep.number'])).toEqual(['1', '2']);
    expect(new Set(labels?.map((all) => all['skep.spec-hash']))).toEqual(new Set([web?.specHash]));
  });

  it('knows the single host ports, and leaves ranges to the engine', () => {
    const ports = [
      { target: 80, published: '8080', protocol: 'tcp' },
      { target: 81, published: '9000-9010', protocol: 'tcp' },
      { target: 82, published: '53', protocol: 'udp', host_ip: '127.0.0.1' },
      { target: 83, protocol: 'tcp' },
    ];
    expect(hardened({ ports }).result.services.get('web')?.ports).toEqual([
      { address: '0.0.0.0', port: 8080, protocol: 'tcp' },
      { address: '127.0.0.1', port: 53, protocol: 'udp' },
    ]);
  });
});
