import { describe, expect, it } from 'vitest';
import { parseDuration, renderAge } from './duration.ts';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['0.5h', 1_800_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration('--timeout', text)).toBe(ms);
  });

  it.each(['', '10', 'ten minutes', '1h x', '-5m', '1e9h'])('is not %j', (text) => {
    expect(() => parseDuration('--timeout', text)).toThrow('--timeout takes a duration');
  });
});

describe('an age', () => {
  const now = Date.parse('2030-01-01T00:00:00Z');
  it.each([
    ['2029-12-31T23:59:59Z', '1s'],
    ['2029-12-31T23:58:59Z', '1m'],
    ['2029-12-31T20:00:00Z', '4h'],
    ['2029-12-01T00:00:00Z', '31d'],
    ['2030-01-01T00:00:30Z', '0s'],
    ['never', '-'],
  ])('since %s is %s', (iso, age) => {
    expect(renderAge(iso, now)).toBe(age);
  });

  it('of what never was is a dash', () => {
    expect(renderAge(null, now)).toBe('-');
  });
});
