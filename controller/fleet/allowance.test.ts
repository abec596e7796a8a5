import { describe, expect, it } from 'vitest';
import { Allowance } from './allowance.ts';

describe('an allowance', () => {
  it('gives its burst at once and then so much a second', () => {
    const allowance = new Allowance({ burst: 10, perSecond: 2 }, 0);
    expect(allowance.take(10, 0)).toBe(true);
    expect(allowance.take(1, 0)).toBe(false);
    expect(allowance.take(2, 1_000)).toBe(true);
    expect(allowance.take(1, 1_000)).toBe(false);
  });

  it('holds no more than its burst however long it rests', () => {
    const allowance = new Allowance({ burst: 3, perSecond: 1 }, 0);
    expect(allowance.take(4, 3_600_000)).toBe(false);
    expect(allowance.take(3, 3_600_000)).toBe(true);
  });

  it('gives nothing for a clock that is set back', () => {
    const allowance = new Allowance({ burst: 1, perSecond: 1 }, 10_000);
    expect(allowance.take(1, 10_000)).toBe(true);
    expect(allowance.take(1, 5_000)).toBe(false);
    expect(allowance.take(1, 6_000)).toBe(true);
  });
});
