import { describe, expect, it } from 'vitest';
import { type AppId, DEFAULT_DELETION_BUDGET } from '../../../schemas/domain/index.ts';
import { judgeRemovals } from './deletion-budget.ts';

const apps = (count: number, from = 1): AppId[] =>
  Array.from({ length: count }, (_, index) => `shop/app${index + from}` as AppId);

const judge = (total: number, removed: number, allowDestroy: string[] = []) =>
  judgeRemovals({
    previous: apps(total),
    next: apps(total - removed, removed + 1),
    budget: DEFAULT_DELETION_BUDGET,
    allowDestroy,
  });

describe('the deletion budget', () => {
  it.each<[number, number, 'allowed' | 'held']>([
    // of, removed
    [20, 3, 'allowed'],
    [20, 6, 'allowed'],
    [20, 7, 'held'],
    [5, 3, 'allowed'],
    [5, 4, 'held'],
    [1, 1, 'allowed'],
    [2, 2, 'held'],
    [3, 3, 'held'],
    [2, 1, 'allowed'],
  ])('of %i apps, the removal of %i is %s', (total, removed, verdict) => {
    expect(judge(total, removed)[verdict]).toHaveLength(removed);
  });

  it.each<[string, number]>([
    ['all', 4],
    ['ALL', 4],
    ['App/app1', 1],
    ['app/app2', 1],
    ['App/shop/app3', 1],
    ['App/other/app3', 0],
    ['Stack/app1', 0],
    ['app1', 0],
    [' App/app1 ', 1],
  ])('with the trailer %j lets go of %i of four', (trailer, allowed) => {
    const verdict = judge(5, 4, [trailer]);
    expect(verdict.allowed).toHaveLength(allowed);
    expect(verdict.held).toHaveLength(4 - allowed);
  });

  it('has nothing to say where nothing goes', () => {
    expect(judge(3, 0)).toEqual({ allowed: [], held: [] });
    expect(judge(0, 0)).toEqual({ allowed: [], held: [] });
  });

  it('can be none at all', () => {
    const budget = { count: 0, percent: 0 };
    const verdict = judgeRemovals({ previous: apps(9), next: apps(8), budget, allowDestroy: [] });
    expect(verdict.held).toEqual(['shop/app9']);
  });
});
