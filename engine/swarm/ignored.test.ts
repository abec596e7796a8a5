import { describe, expect, it } from 'vitest';
import type { ComposeModel } from '../../schemas/domain/index.ts';
import { ignoredByStackDeploy, ignoredBySwarm } from './ignored.ts';

const paths = (model: Partial<ComposeModel>) => {
  const empty = { name: 'shop', services: {}, networks: {}, volumes: {}, configs: {}, secrets: {} };
  return ignoredBySwarm({ ...empty, ...model }).map(({ path }) => path.join('.'));
};

describe('what a swarm passes over', () => {
  it('is nothing of what it knows, and nothing that says nothing', () => {
    const services = { web: { image: 'a', deploy: {}, privileged: false, tmpfs: [], ports: [] } };
    expect(paths({ services, networks: { default: { internal: true } } })).toEqual([]);
  });

  it('is not the order of services, though docker stack deploy has none', () => {
    const db = { condition: 'service_started', required: true } as const;
    const services = { web: { image: 'a', depends_on: { db } } };
    const model: ComposeModel = {
      name: 'shop',
      services,
      networks: {},
      volumes: {},
      configs: {},
      secrets: {},
    };
    expect(ignoredBySwarm(model)).toEqual([]);
    expect(ignoredByStackDeploy(model)).toEqual([
      { path: ['services', 'web', 'depends_on'], message: expect.stringContaining('depends_on') },
    ]);
  });

  it('is named key by key', () => {
    const services = {
      web: {
        privileged: true,
        network_mode: 'host',
        'x-skep': { shared: true },
        networks: { a: { ipv4_address: '10.0.0.2', aliases: ['b'] }, b: null },
        ports: [{ target: 80, host_ip: '127.0.0.1', protocol: 'tcp' }],
      },
    };
    const ipam = { config: [{ subnet: '10.0.0.0/24', gateway: '10.0.0.1' }] };
    expect(paths({ services, networks: { a: { enable_ipv6: true, ipam } } })).toEqual([
      'services.web.privileged',
      'services.web.network_mode',
      'services.web.networks.a.ipv4_address',
      'services.web.ports.0',
      'networks.a.enable_ipv6',
      'networks.a.ipam.config.0.gateway',
    ]);
  });
});
