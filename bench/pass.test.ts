import { expect, it } from 'vitest';
import { pass } from './pass.ts';

it('converges a small fleet in memory and measures passes over it', {
  timeout: 60_000,
}, async () => {
  const figures = await pass({ apps: 3, hosts: 2, repeats: 2 });
  expect(figures.map(({ limit }) => limit)).toEqual([undefined, 300, 300]);
  for (const { samples } of figures) expect(Math.min(...samples)).toBeGreaterThan(0);
});
