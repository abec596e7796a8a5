import { expect, it } from 'vitest';
import { pushToMutation } from './push-to-mutation.ts';

it('measures pushes to a small repository', async () => {
  const figures = await pushToMutation({ apps: 2, samples: 1, warmUp: 0 });
  const last = figures.at(-1);
  expect(last?.limit).toBe(300);
  expect(last?.samples).toHaveLength(1);
  expect(Math.min(...(last?.samples ?? []))).toBeGreaterThan(0);
});
