import { describe, expect, it } from 'vitest';
import { BlobCache } from './blob-cache.ts';

const bytes = (size: number) => new Uint8Array(size);

describe('the blob cache', () => {
  it('forgets the least recently used first', () => {
    const cache = new BlobCache(4_000);
    for (const id of ['a', 'b', 'c', 'd']) cache.put(id, bytes(700));
    cache.get('a');
    cache.put('e', bytes(700));
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toBeDefined();
    expect(cache.bytes).toBeLessThanOrEqual(4_000);
  });

  it('stays within its bytes, empty contents counted', () => {
    const cache = new BlobCache(10_000);
    for (let index = 0; index < 1_000; index += 1) cache.put(`id-${index}`, bytes(index % 3));
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
    expect(cache.get('id-999')).toBeDefined();
  });

  it('does not let one large file push out all others', () => {
    const cache = new BlobCache(10_000);
    cache.put('small', bytes(10));
    cache.put('large', bytes(9_000));
    expect(cache.get('large')).toBeUndefined();
    expect(cache.get('small')).toBeDefined();
  });
});
