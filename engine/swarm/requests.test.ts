import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService } from '../../schemas/domain/index.ts';
import { stackRequests } from './requests.ts';

type Services = Readonly<Record<string, ComposeService>>;

function requestsOf(services: Services, more: Partial<ComposeModel> = {}) {
  const empty = { networks: {}, volumes: {}, configs: {}, secrets: {} };
  const readFile = (path: string) =>
    path === '/f' ? new TextEncoder().encode('hello') : undefined;
  return stackRequests({ model: { name: 'shop', ...empty, services, ...more }, readFile });
}

const refused = (...input: Parameters<typeof requestsOf>) =>
  requestsOf(...input).refusals.map(({ path, message }) => `${path.join('.')}: ${message}`);

const LABELS = { 'com.docker.stack.namespace': 'shop' };

describe('the requests for a swarm', () => {
  it('come as networks, configs, secrets, then services; volumes are the nodes’ own', () => {
    const services: Services = {
      app: { image: 'a', depends_on: { db: { condition: 'service_started', required: true } } },
      db: { image: 'b', networks: { back: null, outside: null } },
    };
    const { requests, refusals } = requestsOf(services, {
      networks: { back: { internal: true }, outside: { external: true }, idle: {} },
      volumes: { data: {} },
      configs: { c: { file: '/f', template_driver: 'golang' } },
      secrets: { s: { content: 'hello' }, gone: { external: true }, d: { driver: 'x' } },
    });
    expect(refusals).toEqual([]);
    expect(requests.map(({ path, body }) => [path, body['Name'] as string])).toEqual([
      ['/networks/create', 'shop_back'],
      ['/networks/create', 'shop_default'],
      ['/configs/create', 'shop_c'],
      ['/secrets/create', 'shop_d'],
      ['/secrets/create', 'shop_s'],
      ['/services/create', 'shop_db'],
      ['/services/create', 'shop_app'],
    ]);
    expect(requests.slice(0, 5).map(({ body }) => body)).toEqual([
      { Name: 'shop_back', Driver: 'overlay', Internal: true, Labels: LABELS },
      { Name: 'shop_default', Driver: 'overlay', Labels: LABELS },
      {
        Name: 'shop_c',
        Labels: LABELS,
        Data: 'aGVsbG8=',
        Templating: { Name: 'golang' },
      },
      { Name: 'shop_d', Labels: LABELS, Driver: { Name: 'x' } },
      { Name: 'shop_s', Labels: LABELS, Data: 'aGVsbG8=' },
    ]);
  });

  it('say of a network what a swarm needs to know', () => {
    const network = {
      driver: 'weave',
      driver_opts: { x: 'y' },
      ipam: { driver: 'q', config: [{ subnet: '10.0.0.0/24', gateway: '10.0.0.1' }] },
      attachable: true,
      labels: { n: '1' },
    };
    const { requests } = requestsOf({ web: { image: 'a' } }, { networks: { default: network } });
    expect(requests[0]?.body).toEqual({
      Name: 'shop_default',
      Driver: 'weave',
      Options: { x: 'y' },
      IPAM: { Driver: 'q', Config: [{ Subnet: '10.0.0.0/24' }] },
      Attachable: true,
      Labels: { n: '1', ...LABELS },
    });
  });
});

describe('what docker stack deploy would refuse', () => {
  it('is nothing in a plain model', () => {
    const services: Services = {
      web: { image: 'a', restart: 'on-failure:3' },
      job: { image: 'a', deploy: { mode: 'global-job' }, restart: 'no' },
      old: { image: 'a', deploy: { restart_policy: {} }, restart: 'odd' },
    };
    expect(refused(services)).toEqual([]);
  });

  it.each<[string, ComposeService]>([
    ['services.web: a service of a swarm needs an image', { image: '', build: {} }],
    ['services.web.image: "NGINX" is not an image reference', { image: 'NGINX' }],
    ['services.web.deploy.mode: there is no mode', { deploy: { mode: 'odd' } }],
    ['services.web.deploy.replicas: a global service', { deploy: { mode: 'global', replicas: 2 } }],
    ['services.web.restart: there is no restart policy "odd"', { restart: 'odd' }],
    [
      'services.web.deploy.resources.limits.cpus: ',
      { deploy: { resources: { limits: { cpus: '0.1234567891' } } } },
    ],
    ['services.web.healthcheck.test: ', { healthcheck: { disable: true, test: ['CMD', 'a'] } }],
    ['services.web.credential_spec: ', { credential_spec: { file: 'a', registry: 'b' } }],
    ['services.web.credential_spec.config: ', { credential_spec: { config: 'none' } }],
    [
      'services.web.volumes.0: the volume "gone" is not declared',
      { volumes: [{ type: 'volume', source: 'gone', target: '/x' }] },
    ],
    [
      'services.web.volumes.0: a cluster volume needs a source',
      { volumes: [{ type: 'cluster', target: '/x' }] },
    ],
    [
      'services.web.volumes.0: a tmpfs has no source',
      { volumes: [{ type: 'tmpfs', source: 'a', target: '/x' }] },
    ],
    [
      'services.web.volumes.0: a mount of type bind needs a source',
      { volumes: [{ type: 'bind', target: '/x' }] },
    ],
  ])('is said with its place: %s', (expected, service) => {
    const [first, ...more] = refused({ web: { image: 'a', ...service } });
    expect(first).toContain(expected);
    expect(more).toEqual([]);
  });

  it('includes contents that are not there', () => {
    const configs = { a: { file: '/gone' }, b: { environment: 'TOKEN' } };
    expect(refused({ web: { image: 'a' } }, { configs })).toEqual([
      'configs.a.file: /gone is not there',
      'configs.b.environment: the value of TOKEN is not in the file',
    ]);
  });
});
