import { describe, expect, it } from 'vitest';
import {
  type ActiveOperation,
  type HostName,
  type Operation,
  type Outcome,
  type Plan,
  toAppId,
  toHostName,
  toUnitKey,
} from '../../schemas/domain/index.ts';
import { drain } from '../testing/driven-clock.ts';
import { executePlan } from './execute-plan.ts';

const app = toAppId('default', 'shop');
const host: HostName = toHostName('web-01');

function operation(id: string, dependsOn: string[] = []): Operation {
  const base = { id, resource: id, cause: 'test', reason: 'change' as const, dependsOn };
  return id.startsWith('await')
    ? { ...base, kind: 'await-container', target: id, until: 'ready' }
    : { ...base, kind: 'start-container', target: id };
}

function planOf(...operations: Operation[]): Plan {
  const unit = toUnitKey(app, host);
  return {
    unit,
    host,
    app,
    operations,
    changes: [],
    blockers: [],
    provisional: false,
    leftBehind: [],
    adoptions: [],
  };
}

const done: Outcome = { status: 'done', durationMs: 1 };
const failed: Outcome = {
  status: 'failed',
  durationMs: 1,
  error: { code: 'StartFailed', fault: 'spec', message: 'no such file' },
};

function setup(plan: Plan, answer: (id: string) => Outcome = () => done, concurrency = 8) {
  const order: string[] = [];
  const ready = new Set<string>();
  let poke = () => {};
  let running = 0;
  let most = 0;
  const abort = new AbortController();
  const execution = executePlan(plan, {
    concurrency,
    perform: async (op: ActiveOperation) => {
      order.push(op.id);
      running += 1;
      most = Math.max(most, running);
      await drain();
      running -= 1;
      return answer(op.id);
    },
    awaited: (op) => ({ ready: ready.has(op.id), recheckMs: 500 }),
    onPoke: (listener) => {
      poke = listener;
    },
    onOutcome: () => {},
    signal: abort.signal,
  });
  return { execution, order, ready, poke: () => poke(), abort, most: () => most };
}

describe('executePlan', () => {
  it('carries out operations in the order of their dependencies', async () => {
    const { execution, order } = setup(
      planOf(operation('c', ['b']), operation('b', ['a']), operation('a')),
    );
    expect((await execution).complete).toBe(true);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('runs independent operations together, at most as many as allowed', async () => {
    const many = Array.from({ length: 20 }, (_, index) => operation(`op${index}`));
    const { execution, most } = setup(planOf(...many), () => done, 8);
    await execution;
    expect(most()).toBe(8);
  });

  it('skips what depends on a failure and goes on beside it', async () => {
    const plan = planOf(operation('a'), operation('b', ['a']), operation('c'));
    const { execution, order } = setup(plan, (id) => (id === 'a' ? failed : done));
    const result = await execution;
    expect(order).toEqual(['a', 'c']);
    expect(result.complete).toBe(false);
    expect(result.failed.map(({ operation: op }) => op.id)).toEqual(['a']);
  });

  it('ends at a wait that is not over, and says when to look again', async () => {
    const plan = planOf(operation('a'), operation('await a', ['a']), operation('b', ['await a']));
    const result = await setup(plan).execution;
    expect(result.waiting.map((op) => op.id)).toEqual(['await a']);
    expect(result.recheckMs).toBe(500);
    expect(result.complete).toBe(false);
  });

  it('goes past a wait that is over by then', async () => {
    const plan = planOf(operation('a'), operation('await a', ['a']), operation('b', ['await a']));
    const { execution, ready, order } = setup(plan);
    ready.add('await a');
    expect((await execution).complete).toBe(true);
    expect(order).toEqual(['a', 'b']);
  });

  it('looks at waits again when poked while something else runs', async () => {
    const plan = planOf(operation('await a'), operation('b', ['await a']), operation('slow'));
    const { execution, ready, poke, order } = setup(plan);
    ready.add('await a');
    poke();
    await execution;
    expect(order).toEqual(['slow', 'b']);
  });

  it('starts nothing new once superseded, and waits for what runs', async () => {
    const plan = planOf(operation('a'), operation('b', ['a']));
    const { execution, abort, order } = setup(plan);
    abort.abort();
    const result = await execution;
    expect(order).toEqual(['a']);
    expect(result.superseded).toBe(true);
    expect(result.records).toHaveLength(1);
  });
});
