import { expect, it } from 'vitest';
import { againstCompose } from './against-compose.ts';

it('says what it cannot compare where there is no Compose', async () => {
  const figures = await againstCompose({ services: [1, 2], rounds: 1, compose: undefined });
  expect(figures.map(({ limit }) => limit)).toEqual([0.8, 0.8, 0.1, 0.8, 0.8, 0.1]);
  expect(figures.every(({ lacking }) => lacking?.includes('SKEP_BENCH_COMPOSE'))).toBe(true);
});
