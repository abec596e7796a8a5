import { expect, it } from 'vitest';
import { firstDeploy } from './first-deploy.ts';

it('measures a small first deploy beside bare requests', async () => {
  const figures = await firstDeploy({ services: 2, rounds: 1, compose: undefined });
  expect(figures.map(({ limit }) => limit)).toEqual([undefined, undefined, 1.15, 0.85]);
  expect(figures.map(({ samples }) => samples.length)).toEqual([1, 1, 1, 0]);
  expect(figures.at(-1)?.lacking).toContain('SKEP_BENCH_COMPOSE');
});
