import { expect, test } from 'vitest';
import { discardedBy } from './discarded.ts';

test('a kernel that can do everything drops nothing', () => {
  expect(discardedBy({ MemoryLimit: true, SwapLimit: true, PidsLimit: true })).toEqual([]);
  expect(discardedBy({})).toEqual([]);
});

test('without the memory cgroup every limit of memory is dropped, each told once', () => {
  expect(discardedBy({ MemoryLimit: false, SwapLimit: false })).toEqual([
    'memory',
    'memoryReservation',
    'memorySwap',
  ]);
});
