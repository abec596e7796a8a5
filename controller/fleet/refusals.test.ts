import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { Refusals } from './refusals.ts';

function told() {
  const clock = new DrivenClock();
  const audits: string[] = [];
  const refusals = new Refusals(clock, silentLogger, (...words) => audits.push(words.join(' ')));
  return { clock, audits, refusals };
}

describe('refusals', () => {
  it('are told once a minute for each code and peer', async () => {
    const { clock, audits, refusals } = told();
    for (let i = 0; i < 1_000; i += 1) refusals.tell('J_TOKEN', '10.0.0.1', 'web-01', 'no');
    refusals.tell('J_CSR', '10.0.0.1', 'web-01', 'no');
    expect(audits).toEqual(['10.0.0.1 refused J_TOKEN web-01', '10.0.0.1 refused J_CSR web-01']);
    await clock.advance(60_000);
    refusals.tell('J_TOKEN', '10.0.0.1', 'web-01', 'no');
    expect(audits).toHaveLength(3);
  });

  it('do not fill the log however many peers there are', () => {
    const { audits, refusals } = told();
    for (let i = 0; i < 5_000; i += 1)
      refusals.tell('J_TOKEN', `10.0.${i >> 8}.${i & 255}`, '-', '');
    expect(audits).toHaveLength(60);
  });

  it('show what a stranger says without its control characters', () => {
    const { audits, refusals } = told();
    refusals.tell('S_IDENTITY', '\u001b[31mx', '\u202ey', '');
    expect(audits).toEqual(['\\u001b[31mx refused S_IDENTITY \\u202ey']);
  });
});
