import { describe, expect, it } from 'vitest';
import type { ComposeModel } from '../schemas/domain/index.ts';
import { containerName, imageName, networkKeys, networkName, volumeName } from './names.ts';

const MODEL: ComposeModel = {
  name: 'shop',
  services: {
    web: { image: 'web:1', networks: { a: null, b: { priority: 10 } } },
    host: { image: 'a:1', network_mode: 'host' },
    built: { build: { context: '/src' }, container_name: 'mine' },
  },
  networks: { a: {}, b: { name: 'bee' }, c: { external: true } },
  volumes: { data: {} },
  configs: {},
  secrets: {},
};

describe('names at the engine', () => {
  it('are made of project and key where nobody names the object', () => {
    expect(networkName(MODEL, 'a')).toBe('shop_a');
    expect(networkName(MODEL, 'b')).toBe('bee');
    expect(networkName(MODEL, 'c')).toBe('c');
    expect(volumeName(MODEL, 'data')).toBe('shop_data');
    expect(containerName(MODEL, 'web', 2)).toBe('shop-web-2');
    expect(containerName(MODEL, 'built', 1)).toBe('mine');
  });

  it('give a service that is only built the image its build would make', () => {
    expect(imageName(MODEL, 'web')).toBe('web:1');
    expect(imageName(MODEL, 'built')).toBe('shop-built');
  });

  it('put the network of the highest priority first', () => {
    expect(networkKeys(MODEL, 'web')).toEqual(['b', 'a']);
  });

  it('put a service with a network mode on no network', () => {
    expect(networkKeys(MODEL, 'host')).toEqual([]);
  });
});
