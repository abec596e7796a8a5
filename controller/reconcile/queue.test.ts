import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import { DrivenClock, drain } from '../testing/driven-clock.ts';
import { KeyedQueue, type PassEnd, type Running } from './queue.ts';

function setup(run: (key: string, running: Running) => Promise<PassEnd>, groupLimit = 2) {
  const clock = new DrivenClock();
  const queue = new KeyedQueue<string>({
    run,
    groupOf: (key) => key.split('@')[1] ?? '',
    groupLimit,
    backoff: { firstMs: 10_000, maxMs: 600_000, factor: 2 },
    clock,
    logger: silentLogger,
  });
  return { clock, queue };
}

const deferred = () => {
  let resolve: (end: PassEnd) => void = () => {};
  const promise = new Promise<PassEnd>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

describe('KeyedQueue', () => {
  it('runs a key once however often it is added before it runs', async () => {
    const first = deferred();
    let runs = 0;
    const { queue } = setup(() => {
      runs += 1;
      return runs === 1 ? first.promise : Promise.resolve({ kind: 'done' });
    });
    for (let i = 0; i < 100; i += 1) queue.add('a@h', 'observed');
    expect(runs).toBe(1);
    first.resolve({ kind: 'done' });
    await drain();
    expect(runs).toBe(2);
  });

  it('never runs one key twice at the same time', async () => {
    let inside = 0;
    let most = 0;
    const ends = [deferred(), deferred()];
    let call = 0;
    const { queue } = setup(async () => {
      inside += 1;
      most = Math.max(most, inside);
      const end = await (ends[call++]?.promise ?? Promise.resolve({ kind: 'done' as const }));
      inside -= 1;
      return end;
    });
    queue.add('a@h', 'observed');
    queue.add('a@h', 'observed');
    ends[0]?.resolve({ kind: 'done' });
    await drain();
    ends[1]?.resolve({ kind: 'done' });
    await drain();
    expect(most).toBe(1);
    expect(call).toBe(2);
  });

  it('lets a busy group delay nobody but itself', async () => {
    const never = deferred();
    const seen: string[] = [];
    const { queue } = setup((key) => {
      seen.push(key);
      return key.endsWith('@slow') ? never.promise : Promise.resolve({ kind: 'done' });
    });
    for (const key of ['a@slow', 'b@slow', 'c@slow', 'd@fast']) queue.add(key, 'observed');
    await drain();
    expect(seen).toEqual(['a@slow', 'b@slow', 'd@fast']);
  });

  it('backs off from 10 s, doubling, after failures', async () => {
    const at: number[] = [];
    const clockAt: DrivenClock[] = [];
    const { clock, queue } = setup(async () => {
      at.push(clockAt[0]?.now() ?? 0);
      return { kind: 'failed' };
    });
    clockAt.push(clock);
    const start = clock.now();
    queue.add('a@h', 'desired');
    await clock.advance(71_000);
    expect(at.map((ms) => ms - start)).toEqual([0, 10_000, 30_000, 70_000]);
  });

  it('shortens a backoff for an observed change, but never into a hot loop', async () => {
    let runs = 0;
    const { clock, queue } = setup(async () => {
      runs += 1;
      return { kind: 'failed' };
    });
    queue.add('a@h', 'desired');
    await clock.advance(0);
    for (let i = 0; i < 100; i += 1) {
      queue.add('a@h', 'observed');
      await clock.advance(100);
    }
    expect(runs).toBeGreaterThan(1);
    expect(runs).toBeLessThanOrEqual(5);
  });

  it('runs at once and forgets its failures when git asks for something new', async () => {
    let runs = 0;
    const { clock, queue } = setup(async () => {
      runs += 1;
      return { kind: 'failed' };
    });
    queue.add('a@h', 'desired');
    await clock.advance(0);
    queue.add('a@h', 'desired');
    await clock.advance(0);
    expect(runs).toBe(2);
    await clock.advance(10_000);
    expect(runs).toBe(3);
  });

  it('preempts the running pass for a new desired state', async () => {
    const aborted: boolean[] = [];
    const { queue } = setup(
      (_key, running) =>
        new Promise((resolve) => {
          if (aborted.length > 0) return resolve({ kind: 'done' });
          running.signal.addEventListener('abort', () => {
            aborted.push(true);
            resolve({ kind: 'stalled' });
          });
        }),
    );
    queue.add('a@h', 'desired');
    queue.add('a@h', 'desired');
    await drain();
    expect(aborted).toEqual([true]);
  });

  it('pokes a running pass when something it looks at changes', async () => {
    const end = deferred();
    let pokes = 0;
    const { queue } = setup((_key, running) => {
      running.onPoke(() => {
        pokes += 1;
      });
      return end.promise;
    });
    queue.add('a@h', 'observed');
    queue.add('a@h', 'observed');
    expect(pokes).toBe(1);
    end.resolve({ kind: 'done' });
  });

  it('treats a pass that throws as failed and goes on', async () => {
    let runs = 0;
    const { clock, queue } = setup(async () => {
      runs += 1;
      if (runs === 1) throw new Error('bug');
      return { kind: 'done' };
    });
    queue.add('a@h', 'observed');
    await clock.advance(10_000);
    expect(runs).toBe(2);
    expect(queue.size).toBe(0);
  });

  it('stops: aborts what runs, starts nothing new, keeps no timer', async () => {
    let runs = 0;
    const { clock, queue } = setup(
      (_key, running) =>
        new Promise((resolve) => {
          runs += 1;
          running.signal.addEventListener('abort', () => resolve({ kind: 'done' }));
        }),
    );
    queue.add('a@h', 'observed');
    await queue.stop(1_000);
    queue.add('b@h', 'observed');
    await drain();
    expect(runs).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
