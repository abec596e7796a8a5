import { expect, it } from 'vitest';
import { load } from './load.ts';

it('loads a small repository cold, unchanged and changed', async () => {
  const figures = await load({ manifests: 6, hosts: 2, cold: 2, repeats: 2 });
  expect(figures.map(({ limit }) => limit)).toEqual([3_000, undefined, 50, undefined]);
  for (const { samples } of figures) {
    expect(samples).toHaveLength(2);
    expect(Math.min(...samples)).toBeGreaterThan(0);
  }
});
