import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DUMMY_HASH, hashPassword, isPasswordHash, verifyPassword } from './password.ts';

describe('a password hash', () => {
  test('is a salted argon2id PHC string at the OWASP floor', () => {
    const hash = hashPassword('secret');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/);
    expect(hashPassword('secret')).not.toBe(hash);
  });

  test('is of exactly one password', async () => {
    const hash = hashPassword('secret');
    expect(await verifyPassword('secret', hash)).toBe(true);
    for (const other of ['', 'Secret', 'secret ', 'secre']) {
      expect(await verifyPassword(other, hash)).toBe(false);
    }
  });

  test('made by another program, with other costs, is verified', async () => {
    // From the argon2 command line tool: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1
    const hash =
      '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await verifyPassword('password', hash)).toBe(true);
    expect(await verifyPassword('passwort', hash)).toBe(false);
  });

  test('takes one text typed in two ways as one', async () => {
    expect(await verifyPassword('caf\u00e9', hashPassword('cafe\u0301'))).toBe(true);
  });

  test('of nobody is well-formed, so that it costs what a real one costs', () => {
    expect(isPasswordHash(DUMMY_HASH)).toBe(true);
  });

  test.each([
    '',
    'plain',
    '$2b$10$abcdefghijklmnopqrstuv',
    '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=19456,t=999,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=19456,t=2,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ])('%j is none', async (text) => {
    expect(isPasswordHash(text)).toBe(false);
    expect(await verifyPassword('password', text)).toBe(false);
  });

  test('is never made of nothing or of a book', () => {
    expect(() => hashPassword('')).toThrow(expect.objectContaining({ code: 'WeakPassword' }));
    expect(() => hashPassword('x'.repeat(1_025))).toThrow(/1024/);
  });

  test('any text is either no hash or verified without an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 60 }), async (text) => {
        expect(await verifyPassword('x', `$argon2id$v=19$${text}`)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});
