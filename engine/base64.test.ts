import { describe, expect, it } from 'vitest';
import { base64 } from './base64.ts';

describe('base64', () => {
  it('is that of the bytes, however many there are', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
    expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    expect(base64(new Uint8Array())).toBe('');
  });
});
