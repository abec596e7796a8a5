import { describe, expect, it } from 'vitest';
import type { ComposeModel } from '../schemas/domain/index.ts';
import { usedNetworks, usedVolumes } from './used-objects.ts';

const MODEL: ComposeModel = {
  name: 'shop',
  services: {
    web: {
      networks: { front: null, back: {} },
      volumes: [
        { type: 'volume', source: 'data', target: '/data' },
        { type: 'volume', target: '/anonymous' },
        { type: 'bind', source: '/srv', target: '/srv' },
      ],
    },
    db: { networks: { back: null }, volumes: [{ type: 'volume', source: 'data', target: '/d' }] },
    host: { network_mode: 'host' },
  },
  networks: { default: {}, front: {}, back: {}, idle: {} },
  volumes: { data: {}, idle: {} },
  configs: {},
  secrets: {},
};

describe('objects that services use', () => {
  it('are each named once, and those that nobody uses not at all', () => {
    expect(usedNetworks(MODEL)).toEqual(['back', 'front']);
    expect(usedVolumes(MODEL)).toEqual(['data']);
  });

  it('include the default network of a service that names none', () => {
    expect(usedNetworks({ ...MODEL, services: { web: {} } })).toEqual(['default']);
  });
});
