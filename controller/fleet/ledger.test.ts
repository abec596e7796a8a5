import { describe, expect, it } from 'vitest';
import { toHostName } from '../../schemas/domain/index.ts';
import { MemorySecrets } from '../testing/memory-secrets.ts';
import { Ledger } from './ledger.ts';

const web = toHostName('web-01');
const db = toHostName('db-01');

describe('the ledger', () => {
  it('raises the epoch at each start and above every one it hears of', async () => {
    const secrets = new MemorySecrets();
    const ledger = await Ledger.open(secrets);
    expect(await ledger.raiseEpoch()).toBe(1n);
    expect(await ledger.raiseEpoch(41n)).toBe(42n);
    expect(await (await Ledger.open(secrets)).raiseEpoch()).toBe(43n);
  });

  it('never lowers the epoch when two agents are heard at once', async () => {
    const ledger = await Ledger.open(new MemorySecrets());
    await Promise.all([ledger.raiseEpoch(90n), ledger.raiseEpoch(5n)]);
    expect(ledger.epoch()).toBe(92n);
  });

  it('keeps epochs that no JSON number holds', async () => {
    const secrets = new MemorySecrets();
    await (await Ledger.open(secrets)).raiseEpoch(2n ** 60n);
    expect((await Ledger.open(secrets)).epoch()).toBe(2n ** 60n + 1n);
  });

  it('finds an epoch far above its own implausible', async () => {
    const ledger = await Ledger.open(new MemorySecrets());
    expect(ledger.isPlausible(2n ** 32n)).toBe(true);
    expect(ledger.isPlausible(2n ** 32n + 1n)).toBe(false);
  });

  it('knows one enrolment a host, over restarts, and none once it is revoked', async () => {
    const secrets = new MemorySecrets();
    const ledger = await Ledger.open(secrets);
    await Promise.all([
      ledger.enrol(web, { id: 'a', atMs: 1 }),
      ledger.enrol(db, { id: 'b', atMs: 1 }),
    ]);
    await ledger.enrol(web, { id: 'c', atMs: 2 });
    const again = await Ledger.open(secrets);
    expect(again.enrolment(web)).toEqual({ id: 'c', atMs: 2 });
    await again.revoke(web);
    expect((await Ledger.open(secrets)).enrolled().map(([host]) => host)).toEqual([db]);
  });

  it('has no enrolment for a host that is called like a member of every object', async () => {
    const ledger = await Ledger.open(new MemorySecrets());
    expect(ledger.enrolment(toHostName('constructor'))).toBeUndefined();
  });

  it('counts nothing that could not be written', async () => {
    const secrets = new MemorySecrets();
    const ledger = await Ledger.open(secrets);
    secrets.failure = new Error('disk full');
    await expect(ledger.enrol(web, { id: 'a', atMs: 1 })).rejects.toThrow('disk full');
    expect(ledger.enrolment(web)).toBeUndefined();
    await ledger.enrol(web, { id: 'b', atMs: 1 });
    expect(ledger.enrolment(web)?.id).toBe('b');
  });

  it.each(['{', '{}', '{"epoch":1}', '{"epoch":"1","enrolments":{"../x":{}}}'])(
    'refuses a damaged file: %s',
    async (text) => {
      const secrets = new MemorySecrets();
      secrets.files.set('fleet.json', Buffer.from(text));
      await expect(Ledger.open(secrets)).rejects.toMatchObject({ code: 'VaultCorrupt' });
    },
  );
});
