import { describe, expect, it } from 'vitest';
import { DrivenClock } from '../testing/driven-clock.ts';
import { Pace } from './pace.ts';

function aPace(gatherMs: number, intervalMs: number) {
  const clock = new DrivenClock();
  const start = clock.now();
  const acts: number[] = [];
  const act = () => acts.push(clock.now() - start);
  return { clock, acts, pace: new Pace({ gatherMs, intervalMs, clock, act }) };
}

describe('the pace of triggers', () => {
  it('makes one act of a burst', async () => {
    const { clock, acts, pace } = aPace(50, 1_000);
    for (let count = 0; count < 100; count += 1) pace.hit();
    await clock.advance(10_000);
    expect(acts).toEqual([50]);
  });

  it('makes at most two acts of a hundred triggers spread over a second', async () => {
    const { clock, acts, pace } = aPace(50, 1_000);
    for (let count = 0; count < 100; count += 1) {
      pace.hit();
      await clock.advance(10);
    }
    await clock.advance(10_000);
    expect(acts).toEqual([50, 1_050]);
  });

  it('always acts after the last trigger', async () => {
    const { clock, acts, pace } = aPace(0, 100);
    pace.hit();
    await clock.advance(20);
    pace.hit();
    await clock.advance(1_000);
    expect(acts).toEqual([0, 100]);
  });

  it('acts at once without a gathering time', () => {
    const { acts, pace } = aPace(0, 100);
    pace.hit();
    expect(acts).toEqual([0]);
  });

  it('leaves no timer behind when it stops', async () => {
    const { clock, acts, pace } = aPace(50, 1_000);
    pace.hit();
    pace.stop();
    await clock.advance(5_000);
    expect([acts, clock.pending]).toEqual([[], 0]);
  });
});
