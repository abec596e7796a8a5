import { expect, it } from 'vitest';
import { idle } from './idle.ts';

it('measures a controller with one connected agent', { timeout: 60_000 }, async () => {
  const figures = await idle({ agents: 1, appsPerAgent: 1, quietMs: 10, measuredMs: 200 });
  expect(figures.map(({ limit }) => limit)).toEqual([1, undefined]);
  for (const { samples } of figures) expect(samples).toHaveLength(1);
});
