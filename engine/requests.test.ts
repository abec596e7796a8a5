import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService } from '../schemas/domain/index.ts';
import { containerRequests } from './requests.ts';

type Services = Readonly<Record<string, ComposeService>>;

const aModel = (services: Services, more: Partial<ComposeModel> = {}): ComposeModel => ({
  name: 'shop',
  services,
  networks: { default: {} },
  volumes: {},
  configs: {},
  secrets: {},
  ...more,
});

function requestsOf(services: Services, more: Partial<ComposeModel> = {}, apiVersion = '1.50') {
  const readProfile = (path: string) => (path === 'sec.json' ? '{ "a": 1 }' : undefined);
  return containerRequests({ model: aModel(services, more), apiVersion, readProfile });
}

/** `path name`, one a line. */
const shown = (...input: Parameters<typeof requestsOf>) =>
  requestsOf(...input).requests.map(({ path, query, body }) => {
    return [path, query['name'] ?? body['Name'], query['platform']].join(' ').trimEnd();
  });

const refused = (...input: Parameters<typeof requestsOf>) =>
  requestsOf(...input).refusals.map(({ path, message }) => `${path.join('.')}: ${message}`);

const bodyOf = (service: ComposeService, apiVersion = '1.50') =>
  requestsOf({ web: { image: 'a', ...service } }, {}, apiVersion).requests.at(-1)?.body;

describe('the requests for containers', () => {
  it('come as networks, volumes, then containers after what they depend on', () => {
    const services: Services = {
      app: {
        image: 'a',
        depends_on: { db: { condition: 'service_started', required: true } },
        deploy: { replicas: 2 },
        platform: 'x86_64',
      },
      db: { image: 'b', volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
    };
    expect(shown(services, { volumes: { data: {} } })).toEqual([
      '/networks/create shop_default',
      '/volumes/create shop_data',
      '/containers/create shop-db-1',
      '/containers/create shop-app-1 linux/amd64',
      '/containers/create shop-app-2 linux/amd64',
    ]);
  });

  it('leave out what is external, what nobody uses, and what has no replica', () => {
    const services: Services = {
      web: {
        image: 'a',
        networks: { proxy: null },
        volumes: [{ type: 'volume', source: 'theirs', target: '/x' }],
      },
      idle: { image: 'a', scale: 0, networks: { mine: null } },
    };
    const more = {
      networks: { default: {}, proxy: { external: true, name: 'proxy' }, mine: {} },
      volumes: { theirs: { external: true }, unused: {} },
    };
    expect(shown(services, more)).toEqual([
      '/networks/create shop_mine',
      '/containers/create shop-web-1',
    ]);
  });

  it('are for the API version of the engine', () => {
    const services: Services = { web: { image: 'a', networks: { a: null, b: null } } };
    const more = { networks: { a: {}, b: {} } };
    const endpoints = (apiVersion: string) => {
      const { requests } = requestsOf(services, more, apiVersion);
      const config = requests.at(-1)?.body['NetworkingConfig'] as { EndpointsConfig: object };
      return [Object.keys(config.EndpointsConfig), requests[0]?.body['CheckDuplicate']];
    };
    expect(endpoints('1.44')).toEqual([['shop_a', 'shop_b'], undefined]);
    expect(endpoints('1.43')).toEqual([['shop_a'], true]);
  });

  it('name the image that a build would make', () => {
    expect(requestsOf({ web: { build: {} } }).requests.at(-1)?.body['Image']).toBe('shop-web');
  });

  it('carry a seccomp profile, not its path', () => {
    expect(bodyOf({ security_opt: ['seccomp=sec.json'] })).toMatchObject({
      HostConfig: { SecurityOpt: ['seccomp={"a":1}'] },
    });
  });

  it('give a service with the API socket what Compose gives it', () => {
    const bind = ['/var/run/docker.sock:/var/run/docker.sock:rw'];
    expect(bodyOf({ use_api_socket: true })).toMatchObject({
      Env: ['DOCKER_CONFIG=/run/secrets/docker'],
      HostConfig: { Binds: bind },
    });
    const own = { DOCKER_CONFIG: '/mine' };
    expect(bodyOf({ use_api_socket: true, environment: own })).toMatchObject({
      Env: ['DOCKER_CONFIG=/mine'],
      HostConfig: { Binds: bind },
    });
  });
});

describe('what Compose would refuse', () => {
  it('is nothing in a plain model', () => {
    expect(refused({ web: { image: 'a' } })).toEqual([]);
  });

  it.each<[string, ComposeService]>([
    ['services.web.provider: the service comes from the provider', { provider: { type: 'x' } }],
    ['services.web.models: models are served by Docker Model Runner', { models: { llm: {} } }],
    ['services.web.platform: "a/b/c/d" is not a platform', { platform: 'a/b/c/d' }],
    ['services.web.container_name: 2 containers', { container_name: 'web', scale: 2 }],
    ['services.web.healthcheck.start_interval: ', { healthcheck: { start_interval: '1s' } }],
    ['services.web.security_opt.1: ', { security_opt: ['label:disable', 'seccomp=gone'] }],
    [
      'services.web.mac_address: another MAC address than on the network "default"',
      {
        mac_address: '02:42:ac:11:65:43',
        networks: { default: { mac_address: '02:42:ac:11:65:44' } },
      },
    ],
  ])('is said with its place: %s', (expected, service) => {
    const [first, ...more] = refused({ web: { image: 'a', ...service } });
    expect(first).toContain(expected);
    expect(more).toEqual([]);
  });

  it('includes configs and secrets that only a swarm has, where they are used', () => {
    const services: Services = {
      web: { image: 'a', configs: [{ source: 'a' }], secrets: [{ source: 'b' }, { source: 'c' }] },
      api: { image: 'a', configs: [{ source: 'a' }] },
    };
    const more = {
      configs: { a: { external: true }, unused: { external: true } },
      secrets: { b: { file: '/b', driver: 'x' }, c: { file: '/c', template_driver: 'golang' } },
    };
    expect(refused(services, more)).toEqual([
      'configs.a.external: external of configs is for a swarm: containers read them from files',
      'secrets.b.driver: driver of secrets is for a swarm: containers read them from files',
      'secrets.c.template_driver: template_driver of secrets is for a swarm: containers read them from files',
    ]);
  });

  it('includes a container name of two services', () => {
    const one: ComposeService = { image: 'a', container_name: 'one' };
    expect(refused({ a: one, b: one })).toEqual([
      'services.b.container_name: the container name one is that of "a" too',
    ]);
  });

  it('includes what the engine is too old for, said once for all replicas', () => {
    const mac = (last: number) => ({ mac_address: `02:42:ac:11:65:4${last}` });
    const old: Services = {
      web: {
        image: 'a',
        scale: 2,
        networks: { a: mac(1), b: mac(2) },
        healthcheck: { start_interval: '1s', start_period: '2s' },
      },
    };
    const networks = { networks: { a: {}, b: {} } };
    expect(refused(old, networks)).toEqual([]);
    expect(refused(old, networks, '1.43')).toEqual([
      'services.web.networks: a MAC address on more than one network needs Docker 25 (API 1.44)',
      'services.web: healthcheck.start_interval needs Docker 25 (API 1.44)',
    ]);
  });
});
