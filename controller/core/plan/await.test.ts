import { describe, expect, it } from 'vitest';
import type {
  AwaitOperation,
  ObservedContainer,
  OperationOf,
} from '../../../schemas/domain/index.ts';
import { APP, anObservedUnit, anOwnContainer, NO_LIMITS } from '../../testing/builders.ts';
import { isAwaited } from './await.ts';

const NOW = 100_000;

function operation(
  over: Partial<OperationOf<'await-container'>> = {},
): OperationOf<'await-container'> {
  return {
    kind: 'await-container',
    id: 'await-container shop-web-1',
    target: 'shop-web-1',
    until: 'ready',
    resource: 'shop-web-1',
    cause: '',
    reason: 'change',
    dependsOn: [],
    ...over,
  };
}

const answer = (wait: AwaitOperation, container: Partial<ObservedContainer> | undefined) =>
  isAwaited(
    wait,
    anObservedUnit({ containers: container ? [anOwnContainer('web', 1, container)] : [] }),
    NOW,
  );

describe('a wait', () => {
  it.each<[string, Partial<ObservedContainer>, boolean]>([
    ['running', { state: 'running' }, true],
    ['healthy', { health: 'healthy' }, true],
    ['starting', { health: 'starting' }, false],
    ['unhealthy', { health: 'unhealthy' }, false],
    ['created', { state: 'created' }, false],
    ['paused', { state: 'paused' }, false],
    ['restarting', { state: 'restarting' }, false],
    ['a one-shot that ended well', { state: 'exited' }, true],
    ['a one-shot that failed', { state: 'exited', exitCode: 1 }, false],
    [
      'a service that ended',
      { state: 'exited', mutable: { ...NO_LIMITS, restartPolicy: 'always' } },
      false,
    ],
  ])('for readiness: %s', (_what, container, ready) => {
    expect(answer(operation(), container)).toEqual({ ready });
  });

  it.each<[ObservedContainer['state'], number, boolean, boolean]>([
    // state, exit code, started?, completed?
    ['created', 0, false, false],
    ['running', 0, true, false],
    ['exited', 0, true, true],
    ['exited', 3, true, false],
    ['dead', 0, false, false],
  ])('for a start or completion: %s %i', (state, exitCode, started, completed) => {
    const container = { state, exitCode };
    expect(answer(operation({ until: 'started' }), container).ready).toBe(started);
    expect(answer(operation({ until: 'completed' }), container).ready).toBe(completed);
  });

  it('says when time alone will decide', () => {
    const wait = operation({ unchangedMs: 2_000 });
    expect(answer(wait, { sinceMs: NOW - 1_500 })).toEqual({ ready: false, recheckMs: 500 });
    expect(answer(wait, { sinceMs: NOW - 2_000 })).toEqual({ ready: true });
    expect(answer(wait, { health: 'starting' })).toEqual({ ready: false });
  });

  it('finds its container by id, name, and the name it has left behind', () => {
    const container = { id: 'abc', specHash: 'v1:0123456789' };
    expect(answer(operation({ target: 'abc' }), container).ready).toBe(true);
    expect(answer(operation({ target: 'shop-web-1.new-01234567' }), container).ready).toBe(true);
    expect(answer(operation({ target: 'shop-web-1.new-99999999' }), container).ready).toBe(false);
    expect(answer(operation(), undefined)).toEqual({ ready: false });
  });

  it('for another app is for others to end', () => {
    const { id, resource, cause, reason, dependsOn } = operation();
    const wait = { kind: 'await-app', app: APP, id, resource, cause, reason, dependsOn } as const;
    expect(answer(wait, {})).toEqual({ ready: false });
  });
});
