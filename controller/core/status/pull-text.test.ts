import { expect, it } from 'vitest';
import { pullText } from './pull-text.ts';

it('tells how far each image is, in one order', () => {
  const pulls = new Map([
    ['b:2', { doneBytes: 0, totalBytes: 0 }],
    ['a:1', { doneBytes: 12_345_678, totalBytes: 80_100_000 }],
  ]);
  expect(pullText(pulls)).toBe('pulling a:1 (12.3 of 80.1 MB), b:2');
});
