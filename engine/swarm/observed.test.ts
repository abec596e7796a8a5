import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  baseOf,
  observedFile,
  observedNode,
  observedSelf,
  observedService,
  observedTask,
} from './observed.ts';
import { serviceFields } from './service-fields.ts';

type Json = Readonly<Record<string, unknown>>;

/** What engines 20.10, 26.1 and 28.5 answered to these very requests. */
interface Recording {
  readonly requests: Readonly<Record<string, Json>>;
  readonly services: Readonly<Record<string, Json>>;
  readonly filled: Readonly<Record<string, Json>>;
  readonly tasks: readonly Json[];
  readonly nodes: readonly Json[];
  readonly configs: readonly Json[];
  readonly network: Json;
  readonly info: Json;
}

const OWNED = {
  'skep.installation': '0123456789abcdef',
  'skep.app': 'default/shop',
  'skep.service': 'web',
  'skep.spec-hash': 'v1:a',
  'skep.applied': 'v1:b',
};

/** The same answer, had the service been made by us. */
function owned(service: Json): Json {
  const spec = service['Spec'] as Json;
  return { ...service, Spec: { ...spec, Labels: { ...(spec['Labels'] as Json), ...OWNED } } };
}

describe.each(['1.41', '1.45', '1.51'])('a swarm as API %s shows it', (version) => {
  const path = join(import.meta.dirname, '..', 'fixtures', `swarm-${version}.json`);
  const recording = JSON.parse(readFileSync(path, 'utf8')) as Recording;
  const networkName = (target: string) =>
    target === recording.network['Id'] ? 'shop_default' : target;
  const context = { salt: OWNED['skep.installation'], networkName };
  const service = (name: string) =>
    observedService(owned(recording.services[name] ?? {}), networkName);

  it.each(['plain', 'job'])('has in %s what was asked for, and not a field more', (name) => {
    expect(service(name).fields).toEqual(serviceFields(recording.requests[name] ?? {}, context));
  });

  it('has in an updated one what was asked for, but for the config that was rotated', () => {
    const asked = serviceFields(recording.requests['full'] ?? {}, context);
    expect(service('full').fields).toEqual({
      ...asked,
      'ContainerSpec.Configs./c': '["shop_c-2","0","0",256]',
    });
  });

  it.each(['plain', 'full'])('is the same where the engine fills %s in', (name) => {
    const filled = observedService(owned(recording.filled[name] ?? {}), networkName);
    expect(filled).toEqual(service(name));
    expect(baseOf(filled.fields)).toBe(baseOf(service(name).fields));
  });

  it('tells whose it is, and what the spec and the one before it refer to', () => {
    const full = service('full');
    expect(full).toMatchObject({
      name: 'shop_full',
      owner: { app: 'default/shop', service: 'web', specHash: 'v1:a' },
      applied: 'v1:b',
      references: ['config shop_c-1', 'config shop_c-2', 'network shop_default', 'secret shop_s-1'],
      update: { state: 'updating' },
    });
    expect(service('plain').update).toBeUndefined();
  });

  it('tells of a stranger only its name and what it refers to', () => {
    const stranger = observedService(recording.services['full'] ?? {}, networkName);
    expect(stranger).toMatchObject({ name: 'shop_full', fields: {}, applied: '' });
    expect(stranger.owner).toBeUndefined();
    expect(stranger.references).toContain('secret shop_s-1');
  });

  it('never tells an environment value or a config’s content', () => {
    const told = JSON.stringify(service('full'));
    expect(told).not.toContain('two words');
    const config = observedFile('config', recording.configs[0] ?? {});
    expect(JSON.stringify(config)).not.toContain('eA==');
  });

  it('says that an update was rolled back, and by which template which task failed', () => {
    expect(service('bad').update?.state).toBe('rollback_completed');
    expect(service('bad').taskHash).toBe('v1:good');
    const tasks = recording.tasks.map(observedTask);
    const failed = tasks.filter(({ state }) => state === 'failed');
    expect(failed.map(({ taskHash }) => taskHash)).toContain('v1:worse');
    expect(failed[0]?.error).toContain('/nothing');
    expect(tasks.some(({ state, taskHash }) => state === 'running' && taskHash === 'v1:good')).toBe(
      true,
    );
  });

  it('has nodes, one of which leads', () => {
    const nodes = recording.nodes.map(observedNode);
    expect(nodes[0]).toMatchObject({ role: 'manager', state: 'ready', availability: 'active' });
    const self = observedSelf(recording.info, nodes);
    expect(self).toMatchObject({ kind: 'swarm', node: nodes[0]?.id, leader: true });
    expect(observedSelf({ Swarm: { ControlAvailable: false } }, nodes)).toBeUndefined();
    expect(observedSelf(recording.info, [])).toBeUndefined();
  });
});

describe('an answer with nothing in it', () => {
  it('is read all the same', () => {
    expect(observedService({}, String)).toMatchObject({ kind: 'service', name: '', version: 0 });
    expect(observedTask({})).toMatchObject({ kind: 'task', state: 'orphaned', slot: 0 });
    expect(observedNode({})).toMatchObject({ kind: 'node', state: 'unknown', role: 'worker' });
    expect(observedFile('secret', {})).toMatchObject({ kind: 'secret', name: '', labels: {} });
  });
});
