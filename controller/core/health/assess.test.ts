import { describe, expect, it } from 'vitest';
import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import {
  aModel,
  anObservedUnit,
  anOwnContainer,
  aService,
  aUnit,
  NO_LIMITS,
} from '../../testing/builders.ts';
import { assessService, type ServiceInput } from './assess-service.ts';
import { assessUnit } from './assess-unit.ts';

const NOW = 1_000_000;
const HASH = 'v1:new';
const mark = { service: 'web', specHash: HASH, reason: 'CrashLoop', message: 'it keeps exiting' };

type Over = Partial<ObservedContainer> & { readonly specHash?: string };

const container = (over: Over = {}, number = 1): ObservedContainer =>
  anOwnContainer('web', number, { specHash: HASH, ...over });

function verdict(containers: readonly ObservedContainer[], over: Partial<ServiceInput> = {}) {
  const spec = over.spec ?? aService({ restart: 'no' });
  const status = assessService({
    service: 'web',
    spec,
    containers,
    specHash: HASH,
    now: NOW,
    ...over,
  });
  return `${status.health} ${status.reason}: ${status.message}`;
}

describe('the health of a service', () => {
  it.each<[string, Over, string]>([
    ['running', {}, 'Healthy AllHealthy: '],
    ['healthy', { health: 'healthy' }, 'Healthy AllHealthy: '],
    ['just started', { sinceMs: NOW - 500 }, 'Progressing Starting: shop-web-1 has just started'],
    [
      'not healthy yet',
      { health: 'starting' },
      'Progressing Starting: shop-web-1 is not healthy yet',
    ],
    [
      'unhealthy',
      { health: 'unhealthy', healthOutput: 'connection refused\n' },
      'Degraded HealthProbeFailing: shop-web-1 is unhealthy: connection refused',
    ],
    [
      'unhealthy, in silence',
      { health: 'unhealthy' },
      'Degraded HealthProbeFailing: shop-web-1 is unhealthy',
    ],
    [
      'running, but not with its new files',
      { files: { record: {}, error: 'nginx -t in shop-web-1 ended with code 1: emerg' } },
      'Degraded ReloadFailed: nginx -t in shop-web-1 ended with code 1: emerg',
    ],
    [
      'created',
      { state: 'created' },
      'Progressing Starting: shop-web-1 is created, but not started',
    ],
    ['paused', { state: 'paused' }, 'Degraded Paused: shop-web-1 is paused'],
    [
      'restarting once',
      { state: 'restarting', restartCount: 1 },
      'Progressing Starting: shop-web-1 restarts',
    ],
    [
      'restarting for ever',
      { state: 'restarting', restartCount: 4, exitCode: 1 },
      'Degraded CrashLoop: shop-web-1 keeps exiting (code 1), 4 restarts',
    ],
    [
      'up between two restarts',
      { restartCount: 3, sinceMs: NOW - 100 },
      'Degraded CrashLoop: shop-web-1 keeps exiting (code 0), 3 restarts',
    ],
    [
      'restarting for want of memory',
      { state: 'restarting', restartCount: 4, oomKilled: true },
      'Degraded OOMKilled: shop-web-1 ran out of memory, 4 restarts',
    ],
    ['completed', { state: 'exited' }, 'Healthy Completed: shop-web-1 has completed'],
    [
      'exited with an error',
      { state: 'exited', exitCode: 3 },
      'Degraded ExitedNonZero: shop-web-1 exited with code 3',
    ],
    [
      'out of memory',
      { state: 'exited', exitCode: 137, oomKilled: true },
      'Degraded OOMKilled: shop-web-1 ran out of memory',
    ],
    [
      'stopped from outside',
      { state: 'exited', exitCode: 143 },
      'Degraded Stopped: shop-web-1 is stopped (exit code 143)',
    ],
    [
      'never came up',
      { state: 'exited', exitCode: 127, error: 'no such file' },
      'Degraded StartFailed: shop-web-1 did not start: no such file',
    ],
    ['dead', { state: 'dead' }, 'Degraded Stopped: shop-web-1 is dead'],
    ['going', { state: 'removing' }, 'Missing Starting: no container yet'],
  ])('%s', (_what, over, expected) => {
    expect(verdict([container(over)])).toBe(expected);
  });

  it('is that of the worst replica, and of those that are missing', () => {
    const spec = aService({ deploy: { replicas: 2 } });
    const one = container();
    const two = container({ name: 'shop-web-2', health: 'unhealthy' }, 2);
    expect(verdict([one, two], { spec })).toContain('Degraded HealthProbeFailing: shop-web-2');
    expect(verdict([one], { spec })).toBe('Progressing RollingOut: 1 of 2 replicas');
    expect(verdict([], { spec })).toBe('Missing Starting: no container yet');
    expect(verdict([], { spec: aService({ deploy: { replicas: 0 } }) })).toBe(
      'Healthy AllHealthy: ',
    );
  });

  it('looks at new containers once there are any, else at the old ones that serve', () => {
    const old = container({ specHash: 'v1:old', health: 'healthy' });
    const fresh = container({ name: 'shop-web-1.new-1', health: 'starting' });
    expect(verdict([old, fresh])).toContain('Progressing Starting: shop-web-1.new-1');
    expect(verdict([old])).toBe('Healthy AllHealthy: ');
  });

  it('tells what failed, and whether the version before it serves', () => {
    const old = container({ specHash: 'v1:old' });
    const loops = container({ state: 'restarting', restartCount: 9 });
    expect(verdict([old], { failed: mark })).toBe(
      'Degraded RolledBack: CrashLoop: it keeps exiting; the version before it serves',
    );
    expect(verdict([loops], { failed: mark })).toBe('Degraded CrashLoop: it keeps exiting');
    expect(verdict([], { failed: { ...mark, reason: 'Odd' } })).toContain('Degraded EngineError');
    expect(verdict([container()], { failed: mark })).toBe('Healthy AllHealthy: ');
  });
});

describe('the health of a unit', () => {
  const unit = aUnit(aModel({ web: { restart: 'no' }, db: { image: 'db:1' } }));
  const assess = (containers: readonly ObservedContainer[]) =>
    assessUnit({
      unit,
      observed: anObservedUnit({ containers }),
      specHashes: new Map([['web', HASH]]),
      failed: [mark],
      completed: [],
      now: NOW,
    });

  it('is that of its services, and says when to look again', () => {
    const db = anOwnContainer('db', 1, { sinceMs: NOW - 500, mutable: NO_LIMITS });
    const { services, recheckMs } = assess([container({ sinceMs: NOW - 1_000 }), db]);
    expect(services.map(({ service, health }) => [service, health])).toEqual([
      ['db', 'Progressing'],
      ['web', 'Degraded'],
    ]);
    expect(recheckMs).toBe(1_000);
  });

  it('needs no other look where only an event can change it', () => {
    expect(assess([container({ health: 'starting' })]).recheckMs).toBeUndefined();
  });
});
