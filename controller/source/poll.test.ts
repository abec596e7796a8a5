import { describe, expect, it } from 'vitest';
import { nextPollMs } from './poll.ts';

describe('the time until the next poll', () => {
  it('is the interval, ten per cent more or less', () => {
    expect([0, 0.5, 1].map((random) => nextPollMs(60_000, 0, () => random))).toEqual([
      54_000, 60_000, 66_000,
    ]);
  });

  it('begins at a second after a failure and grows to the interval', () => {
    const waits = [1, 2, 3, 6, 7, 20].map((failures) => nextPollMs(60_000, failures, () => 0.5));
    expect(waits).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  });

  it('is never longer after a failure than without one', () => {
    expect(nextPollMs(500, 1, () => 0.5)).toBe(500);
  });
});
