import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import { Failure } from '../../schemas/domain/index.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { LoginLimiter } from './login-limiter.ts';
import type { LoginAttempt } from './ports.ts';

let clock: DrivenClock;
let stored: LoginAttempt[];
let full: boolean;
const write = (act: () => void) =>
  full ? Promise.reject(new Failure('StoreFull', 'full')) : Promise.resolve(act());
const store = {
  loginAttempts: async (sinceMs: number) => stored.filter((attempt) => attempt.atMs >= sinceMs),
  addLoginAttempt: (attempt: LoginAttempt) => write(() => stored.push(attempt)),
  removeLoginAttempt: (id: string) =>
    write(() => {
      stored = stored.filter((attempt) => attempt.id !== id);
    }),
};
const aLimiter = () => new LoginLimiter({ store, clock, randomBytes, logger: silentLogger });

beforeEach(() => {
  clock = new DrivenClock();
  stored = [];
  full = false;
});

const failTimes = async (limiter: LoginLimiter, count: number, user: string, address: string) => {
  const kinds: string[] = [];
  for (let n = 0; n < count; n += 1) kinds.push((await limiter.admit(user, address)).kind);
  return kinds.filter((kind) => kind === 'admitted').length;
};

describe('failed logins', () => {
  test('of one account are limited to 10 a minute', async () => {
    const limiter = aLimiter();
    expect(await failTimes(limiter, 15, 'alice', '192.0.2.1')).toBe(10);
    const refusal = await limiter.admit('alice', '192.0.2.1');
    expect(refusal).toEqual({ kind: 'refused', retryAfterS: 60 });
    await clock.advance(60_000);
    expect((await limiter.admit('alice', '192.0.2.1')).kind).toBe('admitted');
  });

  test('of one address are limited to 30 a minute over all accounts', async () => {
    const limiter = aLimiter();
    let admitted = 0;
    for (let n = 0; n < 40; n += 1) admitted += await failTimes(limiter, 1, `u${n}`, '192.0.2.1');
    expect(admitted).toBe(30);
    expect((await limiter.admit('alice', '192.0.2.2')).kind).toBe('admitted');
  });

  test('do not lock the owner out who comes from another address', async () => {
    const limiter = aLimiter();
    await failTimes(limiter, 15, 'alice', '192.0.2.1');
    const own = await limiter.admit('alice', '192.0.2.2');
    expect(own.kind).toBe('admitted');
    if (own.kind === 'admitted') await limiter.succeeded(own.attempt);
    expect((await limiter.admit('alice', '192.0.2.2')).kind).toBe('admitted');
  });

  test('give a stranger one try an address once the account is over its limit', async () => {
    const limiter = aLimiter();
    await failTimes(limiter, 10, 'alice', '192.0.2.1');
    expect(await failTimes(limiter, 5, 'alice', '192.0.2.2')).toBe(1);
  });

  test('are counted on after a restart', async () => {
    await failTimes(aLimiter(), 10, 'alice', '192.0.2.1');
    expect((await aLimiter().admit('alice', '192.0.2.1')).kind).toBe('refused');
  });

  test('are counted on a full disk too', async () => {
    full = true;
    expect(await failTimes(aLimiter(), 15, 'alice', '192.0.2.1')).toBe(10);
  });

  test('sent at once are counted as if sent in turn', async () => {
    const limiter = aLimiter();
    const all = await Promise.all(
      Array.from({ length: 200 }, () => limiter.admit('alice', '192.0.2.1')),
    );
    expect(all.filter(({ kind }) => kind === 'admitted')).toHaveLength(10);
  });

  test('never store the name that was typed', async () => {
    await aLimiter().admit('my-password-by-mistake', '192.0.2.1');
    expect(JSON.stringify(stored)).not.toContain('my-password');
  });
});

test('right logins are not counted', async () => {
  const limiter = aLimiter();
  for (let n = 0; n < 50; n += 1) {
    const admission = await limiter.admit('alice', '192.0.2.1');
    expect(admission.kind).toBe('admitted');
    if (admission.kind === 'admitted') await limiter.succeeded(admission.attempt);
  }
  expect(stored).toEqual([]);
});
