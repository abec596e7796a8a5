import { describe, expect, it } from 'vitest';
import { FailureBudget } from './failure-budget.ts';

function aBudget(maxClients = 3) {
  let now = 0;
  const budget = new FailureBudget({ perMinute: 2, maxClients, now: () => now });
  const charge = (...clients: string[]) => {
    for (const client of clients) budget.charge(client);
  };
  return {
    budget,
    charge,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('the budget of wrong requests', () => {
  it('is spent by one client without touching another, and comes back after a minute', () => {
    const { budget, charge, pass } = aBudget();
    charge('a', 'a', 'b');
    expect([budget.isSpent('a'), budget.isSpent('b'), budget.isSpent('c')]).toEqual([
      true,
      false,
      false,
    ]);
    pass(60_000);
    expect(budget.isSpent('a')).toBe(false);
  });

  it('knows only so many clients', () => {
    const { budget, charge } = aBudget(2);
    charge('a', 'a', 'b', 'b', 'c', 'c');
    expect([budget.isSpent('a'), budget.isSpent('b'), budget.isSpent('c')]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('is not blocked by a clock that was set back', () => {
    const { budget, charge, pass } = aBudget();
    charge('a', 'a');
    pass(-3_600_000);
    expect(budget.isSpent('a')).toBe(false);
  });
});
