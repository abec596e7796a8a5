import { describe, expect, test } from 'vitest';
import { nearest, nearestHint } from './nearest.ts';

describe('nearest', () => {
  const names = ['compose', 'hosts', 'hostSelector', 'values', 'drift'];

  test.each([
    ['compse', 'compose'],
    ['ocmpose', 'compose'],
    ['Compose', 'compose'],
    ['host', 'hosts'],
    ['hostselector', 'hostSelector'],
    ['vals', undefined],
    ['dirft', 'drift'],
    ['something', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('of %j is %j', (text, expected) => {
    expect(nearest(text, names)).toBe(expected);
  });

  test('the first of two equally near ones is taken', () => {
    expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
  });

  test('the hint asks, or is absent', () => {
    expect(nearestHint('compse', names)).toBe('did you mean "compose"?');
    expect(nearestHint('zzzzzzzz', names)).toBeUndefined();
  });
});
