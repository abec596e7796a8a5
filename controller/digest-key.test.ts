import { expect, test } from 'vitest';
import { openDigestKey } from './digest-key.ts';

test('the key of digests is made once and found again', async () => {
  const kept = new Map<string, Buffer>();
  const vault = {
    secret: async (name: string) => kept.get(name),
    putSecret: async (name: string, bytes: string | Uint8Array) => {
      kept.set(name, Buffer.from(bytes));
    },
  };
  let count = 0;
  const random = (size: number) => {
    count += 1;
    return new Uint8Array(size).fill(count);
  };
  const first = await openDigestKey(vault, random);
  expect(first).toHaveLength(32);
  expect(Buffer.from(await openDigestKey(vault, random))).toEqual(Buffer.from(first));
  expect(count).toBe(1);
});
