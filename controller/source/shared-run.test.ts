import { describe, expect, it } from 'vitest';
import { SharedRun, untilAborted } from './shared-run.ts';

function countingRun() {
  const open: (() => void)[] = [];
  let runs = 0;
  const shared = new SharedRun(async () => {
    runs += 1;
    const number = runs;
    await new Promise<void>((resolve) => open.push(resolve));
    return number;
  });
  return { shared, finish: () => open.shift()?.(), runs: () => runs };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a shared run', () => {
  it('gives calls made while one runs the next one, and only one', async () => {
    const { shared, finish, runs } = countingRun();
    const first = shared.run();
    const later = Array.from({ length: 100 }, () => shared.run());
    finish();
    expect(await first).toBe(1);
    await turn();
    finish();
    expect(new Set(await Promise.all(later))).toEqual(new Set([2]));
    expect(runs()).toBe(2);
  });

  it('never runs twice at once, also for a call in the moment between two runs', async () => {
    let running = 0;
    let most = 0;
    const shared = new SharedRun(async () => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
    });
    const chain = async () => {
      for (let count = 0; count < 20; count += 1) await shared.run();
    };
    await Promise.all([chain(), chain(), chain()]);
    expect(most).toBe(1);
  });

  it('goes on after a run that failed', async () => {
    let runs = 0;
    const shared = new SharedRun(async () => {
      runs += 1;
      await turn();
      if (runs === 1) throw new Error('first');
      return runs;
    });
    const first = shared.run();
    const second = shared.run();
    await expect(first).rejects.toThrow('first');
    expect(await second).toBe(2);
    await shared.idle();
  });
});

describe('waiting until aborted', () => {
  it('ends with the reason, whatever the work does later', async () => {
    const stop = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(untilAborted(Promise.reject(new Error('late')), stop.signal)).rejects.toThrow(
      'enough',
    );
  });
});
