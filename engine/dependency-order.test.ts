import { describe, expect, it } from 'vitest';
import type { ComposeService } from '../schemas/domain/index.ts';
import { dependencyOrder } from './dependency-order.ts';

const waits = (...names: readonly string[]): ComposeService => ({
  depends_on: Object.fromEntries(
    names.map((name) => [name, { condition: 'service_started', required: true }] as const),
  ),
});

describe('the order of services', () => {
  it('is by name where nothing else says so', () => {
    expect(dependencyOrder({ b: {}, a: {}, c: {} })).toEqual(['a', 'b', 'c']);
  });

  it('puts what a service waits for before it', () => {
    expect(dependencyOrder({ a: waits('c'), b: {}, c: waits('d'), d: {} })).toEqual([
      'd',
      'c',
      'a',
      'b',
    ]);
  });

  it.each<[string, ComposeService]>([
    ['a shared network', { network_mode: 'service:z' }],
    ['shared IPC', { ipc: 'service:z' }],
    ['shared processes', { pid: 'service:z' }],
    ['a link', { links: ['z:alias'] }],
    ['volumes of another', { volumes_from: ['z:ro'] }],
  ])('counts %s as a dependency', (_, service) => {
    expect(dependencyOrder({ a: service, z: {} })).toEqual(['z', 'a']);
  });

  it('knows a container from a service', () => {
    const service = { volumes_from: ['container:z'], network_mode: 'container:z' };
    expect(dependencyOrder({ a: service, container: {}, z: {} })).toEqual(['a', 'container', 'z']);
  });

  it('ends on a cycle, and on a name that is not there', () => {
    expect(dependencyOrder({ a: waits('b'), b: waits('a', 'gone') })).toEqual(['b', 'a']);
  });
});
