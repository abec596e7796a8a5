import { describe, expect, it } from 'vitest';
import { PLANTED } from './planted.ts';
import { simulate } from './simulate.ts';

/** An invariant that nobody has seen fail is not a test: each bug shows within so many seeds. */
const SEEDS = 400;

describe('a planted bug is caught', () => {
  it.each(PLANTED)('$bug', async ({ wraps, caughtBy }) => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { violations } = await simulate(seed, wraps);
      for (const { id } of violations) seen.add(id);
      if (caughtBy.some((id) => seen.has(id))) return;
    }
    expect.fail(`not caught by ${caughtBy.join(' or ')} within ${SEEDS} seeds`);
  });
});
