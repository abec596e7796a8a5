import { describe, expect, it } from 'vitest';
import { PLANTED } from './planted.ts';
import { simulate } from './simulate.ts';
import { replayCommand, seedsOf, told } from './tell.ts';

describe('a failing seed', () => {
  it('says what was violated, what came before, and how to see it again', async () => {
    const wraps = PLANTED.find(({ caughtBy }) => caughtBy.includes('I4'))?.wraps;
    let seed = 1;
    let report = await simulate(seed, wraps);
    while (report.violations.length === 0) {
      seed += 1;
      report = await simulate(seed, wraps);
    }
    const text = told(report);
    expect(text).toContain(`SKEP_SEED=${seed} make simulate`);
    expect(text).toMatch(/I4: h\d: removeVolume \w+_data without prune\.volumes/);
    expect(text).toMatch(/s in-force \{"commit":\d+\}/);
  });

  it('is chosen by the variables of its command', () => {
    expect(replayCommand(7)).toBe('SKEP_SEED=7 make simulate');
    expect(seedsOf({ SKEP_SEED: '7' }, 2_000)).toEqual({ first: 7, count: 1 });
    expect(seedsOf({ SKEP_SEED: '7', SKEP_SEEDS: '9' }, 2_000)).toEqual({ first: 7, count: 9 });
    expect(seedsOf({}, 2_000)).toEqual({ first: 1, count: 2_000 });
    expect(() => seedsOf({ SKEP_SEED: 'x' }, 1)).toThrow(RangeError);
  });
});
