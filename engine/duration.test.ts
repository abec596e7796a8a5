import { expect, it } from 'vitest';
import { durationNs } from './duration.ts';
import { atLeast, compareVersions } from './version.ts';

it.each([
  ['1m30s', 90e9],
  ['1h0m0s', 3600e9],
  ['500ms', 5e8],
  ['1.5s', 15e8],
  ['10us', 1e4],
  ['7ns', 7],
  ['0', 0],
])('the duration %s is %d ns', (text, ns) => {
  expect(durationNs(text)).toBe(ns);
});

it.each(['', '5', 's', '1 s', '-1s', '1s2'])('%j is no duration', (text) => {
  expect(() => durationNs(text)).toThrow('not a duration');
});

it('API versions are compared by number', () => {
  expect(compareVersions('1.9', '1.41')).toBeLessThan(0);
  expect(compareVersions('2.0', '1.51')).toBeGreaterThan(0);
  expect(atLeast('1.44', '1.44')).toBe(true);
});
