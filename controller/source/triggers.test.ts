import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { Triggers } from './triggers.ts';

function someTriggers(pollIntervalMs = 60_000) {
  const clock = new DrivenClock();
  const start = clock.now();
  const at: number[] = [];
  const triggers = new Triggers({
    localPath: null,
    branch: 'main',
    head: () => null,
    pollIntervalMs,
    clock,
    logger: silentLogger,
    random: () => 0.5,
  });
  triggers.onTrigger(() => at.push(clock.now() - start));
  const stop = new AbortController();
  return { clock, at, triggers, stop };
}

describe('triggers', () => {
  it('begin with one at the start, then one a poll', async () => {
    const { clock, at, triggers, stop } = someTriggers();
    triggers.start(stop.signal);
    await clock.advance(180_000);
    expect(at).toEqual([0, 60_000, 120_000, 180_000]);
  });

  it('count the poll from the last fetch, whatever caused it', async () => {
    const { clock, at, triggers, stop } = someTriggers();
    triggers.start(stop.signal);
    await clock.advance(40_000);
    triggers.fetched(true);
    await clock.advance(59_999);
    expect(at).toEqual([0]);
    await clock.advance(1);
    expect(at).toEqual([0, 100_000]);
  });

  it('come sooner after a failure, then ever later, up to the poll', async () => {
    const { clock, at, triggers, stop } = someTriggers(5_000);
    triggers.onTrigger(() => triggers.fetched(false));
    triggers.start(stop.signal);
    await clock.advance(20_000);
    expect(at).toEqual([0, 1_000, 3_000, 7_000, 12_000, 17_000]);
  });

  it('make one of a hundred pokes', async () => {
    const { clock, at, triggers, stop } = someTriggers();
    triggers.start(stop.signal);
    for (let count = 0; count < 100; count += 1) triggers.poke();
    await clock.advance(10_000);
    expect(at).toEqual([0, 50]);
  });

  it('reach every listener', async () => {
    const { clock, at, triggers, stop } = someTriggers();
    let others = 0;
    triggers.onTrigger(() => {
      others += 1;
    });
    triggers.start(stop.signal);
    triggers.poke();
    await clock.advance(1_000);
    expect([at.length, others]).toEqual([2, 2]);
  });

  it('end with the signal and leave no timer behind', async () => {
    const { clock, at, triggers, stop } = someTriggers();
    triggers.start(stop.signal);
    triggers.poke();
    stop.abort();
    triggers.poke();
    await clock.advance(600_000);
    expect([at, clock.pending]).toEqual([[0], 0]);
  });
});
