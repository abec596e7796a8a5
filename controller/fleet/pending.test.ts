import { describe, expect, it } from 'vitest';
import { DrivenClock } from '../testing/driven-clock.ts';
import { Pending } from './pending.ts';

describe('what a session waits for', () => {
  it('is answered once, and leaves no timer behind', async () => {
    const clock = new DrivenClock();
    const pending = new Pending<string>(clock, 10);
    const answer = pending.wait('a', 1_000, () => 'late');
    pending.settle('a', 'first');
    pending.settle('a', 'second');
    expect(await answer).toBe('first');
    expect(clock.pending).toBe(0);
    expect(pending.size).toBe(0);
  });

  it('is late at its deadline', async () => {
    const clock = new DrivenClock();
    const pending = new Pending<string>(clock, 10);
    const answer = pending.wait('a', 1_000, () => 'late');
    await clock.advance(1_000);
    expect(await answer).toBe('late');
  });

  it('is refused beyond its bound and for an id that waits already', () => {
    const pending = new Pending<string>(new DrivenClock(), 2);
    expect(pending.wait('a', 1, () => '')).toBeDefined();
    expect(pending.wait('a', 1, () => '')).toBeUndefined();
    expect(pending.wait('b', 1, () => '')).toBeDefined();
    expect(pending.wait('c', 1, () => '')).toBeUndefined();
  });

  it('is answered alike when the session ends', async () => {
    const pending = new Pending<string>(new DrivenClock(), 10);
    const both = ['a', 'b'].map(async (id) => await pending.wait(id, 1, () => ''));
    pending.settleAll('lost');
    expect(await Promise.all(both)).toEqual(['lost', 'lost']);
  });
});
