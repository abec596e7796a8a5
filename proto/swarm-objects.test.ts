import { describe, expect, it } from 'vitest';
import type { SwarmObject } from '../schemas/domain/index.ts';
import { decodeSwarmObject, encodeSwarmObject } from './swarm-objects.ts';

const OWNER = {
  installation: '0123456789abcdef',
  app: 'default/shop',
  specHash: 'v1:a',
  service: 'web',
} as never;

const OBJECTS: readonly SwarmObject[] = [
  { kind: 'swarm', id: 'c', node: 'n', leader: true },
  {
    kind: 'service',
    id: 's',
    name: 'shop_web',
    owner: OWNER,
    version: 7,
    fields: { 'ContainerSpec.Image': '"a"' },
    applied: 'v1:0123',
    taskHash: 'v1:t',
    references: ['config c'],
    update: { state: 'paused', message: 'why' },
  },
  {
    kind: 'service',
    id: 't',
    name: 'x',
    version: 1,
    fields: {},
    applied: '',
    taskHash: '',
    references: [],
  },
  { kind: 'config', id: 'c', name: 'c', labels: { a: 'b' }, created: '2026' },
  { kind: 'secret', id: 'd', name: 'd', owner: OWNER, labels: {}, created: '2026' },
  {
    kind: 'task',
    id: 't',
    service: 's',
    node: 'n',
    slot: 2,
    state: 'failed',
    wanted: 'shutdown',
    error: 'no',
    exitCode: 1,
    container: 'c',
    created: '2026',
    taskHash: 'v1:t',
  },
  {
    kind: 'node',
    id: 'n',
    name: 'one',
    role: 'manager',
    state: 'ready',
    availability: 'drain',
    engine: '20.10',
    leader: true,
  },
];

describe('objects of a swarm on the wire', () => {
  it.each(OBJECTS)('come back as they went: $kind $id', (object) => {
    expect(decodeSwarmObject(encodeSwarmObject(object))).toEqual(object);
  });

  const wire = (kind: string, value: unknown) => ({
    kind,
    id: 'x',
    json: Buffer.from(JSON.stringify(value)),
  });

  it('are nothing where nobody here knows them, or they are no objects', () => {
    expect(decodeSwarmObject(wire('stack', {}))).toBeUndefined();
    expect(decodeSwarmObject({ kind: 'task', id: '', json: Buffer.from('{') })).toBeUndefined();
  });

  it('have a stated default for every word and number that is none of ours', () => {
    const task = decodeSwarmObject(wire('task', { state: 'dancing', slot: 'x', extra: 1 }));
    expect(task).toMatchObject({ kind: 'task', state: 'orphaned', slot: 0, error: '' });
    expect(task).not.toHaveProperty('extra');
    const service = decodeSwarmObject(wire('service', { owner: 7, update: { state: 'odd' } }));
    expect(service).not.toHaveProperty('owner');
    expect(service).not.toHaveProperty('update');
    expect(decodeSwarmObject(wire('node', []))).toMatchObject({ state: 'unknown', role: 'worker' });
    const evil = decodeSwarmObject(wire('service', { applied: 'v1:\u001b[2J' }));
    expect(evil).toMatchObject({ applied: '' });
  });
});
