import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';
import { seedsOf, told } from './tell.ts';

const BATCH = 250;
const { first, count } = seedsOf(process.env, 2_000);
const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, n) => first + n * BATCH);

describe('whatever befalls controller, agents, engines, network and git', () => {
  it.each(batches)('every invariant holds, from seed %i on', async (from) => {
    const end = Math.min(from + BATCH, first + count);
    for (let seed = from; seed < end; seed += 1) {
      const report = await simulate(seed);
      expect(report.violations, told(report)).toEqual([]);
    }
  });
});

describe('a seed', () => {
  it('decides everything: the same one tells the same history', async () => {
    const [once, again] = [await simulate(7), await simulate(7)];
    expect(again.entries).toEqual(once.entries);
    expect((await simulate(8)).entries).not.toEqual(once.entries);
  });
});
