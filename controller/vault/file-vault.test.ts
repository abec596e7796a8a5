import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toAppId, toHostName, toUnitKey } from '../../schemas/domain/index.ts';
import { FileVault } from './file-vault.ts';

const unit = toUnitKey(toAppId('default', 'shop'), toHostName('web-01'));
const mark = (specHash: string) => ({
  unit,
  service: 'web',
  specHash,
  reason: 'CrashLoop',
  message: 'restarted 3 times',
  logs: ['boom'],
  at: '2026-01-01T00:00:00.000Z',
  revision: null,
});

describe('FileVault', () => {
  let folder: string;
  const open = () => FileVault.open(folder, randomBytes);
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'skep-vault-')), 'vault');
  });
  afterEach(async () => {
    await rm(join(folder, '..'), { recursive: true, force: true });
  });

  it('keeps its installation id, locks, marks and removals over a restart', async () => {
    const vault = await open();
    const removals = { judged: null, allowed: [], held: [toAppId('default', 'old')] };
    await vault.putImageLocks(unit, { contentHash: 'c1', locks: { 'a:1': 'sha256:1' } });
    await vault.putFailedMark(mark('v1:a'));
    await vault.putRemovals(removals);
    const again = await open();
    expect(again.installation()).toBe(vault.installation());
    expect(again.facts()).toEqual(vault.facts());
    expect(again.facts().imageLocks.get(unit)).toEqual([
      { contentHash: 'c1', locks: { 'a:1': 'sha256:1' } },
    ]);
    expect(again.facts().failedMarks).toEqual([mark('v1:a')]);
    expect(again.facts().removals).toEqual(removals);
  });

  it('keeps the locks of the last twenty contents, newest last', async () => {
    const vault = await open();
    for (let i = 0; i < 25; i += 1)
      await vault.putImageLocks(unit, { contentHash: `c${i}`, locks: {} });
    const kept = vault.facts().imageLocks.get(unit) ?? [];
    expect(kept).toHaveLength(20);
    expect(kept.at(-1)?.contentHash).toBe('c24');
  });

  it('drops the marks of specs that are no longer asked for', async () => {
    const vault = await open();
    await vault.putFailedMark(mark('v1:a'));
    await vault.putFailedMark(mark('v1:b'));
    await vault.keepMarks(unit, ['v1:b']);
    expect((await open()).facts().failedMarks).toEqual([mark('v1:b')]);
  });

  it('keeps one completion of each replica, of specs that are asked for', async () => {
    const vault = await open();
    const completion = (number: number, specHash: string) => ({
      unit,
      service: 'job',
      number,
      specHash,
    });
    await vault.putFailedMark(mark('v1:a'));
    await vault.putCompletion(completion(1, 'v1:a'));
    await vault.putCompletion(completion(1, 'v1:b'));
    await vault.putCompletion(completion(2, 'v1:c'));
    expect((await open()).facts().completions).toEqual([
      completion(1, 'v1:b'),
      completion(2, 'v1:c'),
    ]);
    await vault.keepMarks(unit, ['v1:b']);
    expect((await open()).facts().completions).toEqual([completion(1, 'v1:b')]);
    expect((await open()).facts().failedMarks).toEqual([]);
  });

  it('forgets a unit that is gone', async () => {
    const vault = await open();
    await vault.putFailedMark(mark('v1:a'));
    await vault.forgetUnit(unit);
    expect((await open()).facts().failedMarks).toEqual([]);
  });

  it('loses nothing when many writes are made at once', async () => {
    const vault = await open();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        vault.putImageLocks(unit, { contentHash: `c${i}`, locks: { i: `${i}` } }),
      ),
    );
    expect((await open()).facts().imageLocks.get(unit)).toHaveLength(20);
  });

  it('lets nobody but its owner read what it writes', async () => {
    const vault = await open();
    await vault.putSecret('ca.key', 'k');
    expect((await stat(join(folder, 'secrets', 'ca.key'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await vault.secret('ca.key'))?.toString()).toBe('k');
    expect(await vault.secret('none')).toBeUndefined();
  });

  it('refuses secret names that leave its folder', async () => {
    const vault = await open();
    await expect(vault.secret('../installation.json')).rejects.toThrow('not a secret');
  });

  it('names a damaged file instead of guessing', async () => {
    const vault = await open();
    await vault.putFailedMark(mark('v1:a'));
    const [name = ''] = await readdir(join(folder, 'units'));
    await writeFile(join(folder, 'units', name), '{"unit":');
    await expect(open()).rejects.toMatchObject({ code: 'VaultCorrupt', retry: 'never' });
  });

  it('ignores what a write that was cut off left behind', async () => {
    const vault = await open();
    await vault.putFailedMark(mark('v1:a'));
    await writeFile(join(folder, 'units', 'half.json.tmp'), '{"un');
    expect((await open()).facts().failedMarks).toEqual([mark('v1:a')]);
  });
});
