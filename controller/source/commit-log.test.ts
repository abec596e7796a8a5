import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { toCommitSha } from '../../schemas/domain/index.ts';
import { git, TestRepository } from '../../test/support/git.ts';
import type { GitSource } from './source.ts';
import { aSource, noSignal } from './testing/a-source.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function followed(): Promise<{ repository: TestRepository; source: GitSource }> {
  const repository = await TestRepository.create({ 'a.txt': 'first' });
  const directory = join(repository.path, '..', 'mirrors');
  const source = aSource({ repository: repository.path, directory });
  cleanups.push(() => repository.remove());
  cleanups.push(() => source.stop());
  return { repository, source };
}

const UNKNOWN = toCommitSha('0123456789'.repeat(4));

describe('the history', () => {
  it('goes from the newest back to a known commit, that one left out', async () => {
    const { repository, source } = await followed();
    const shas = [await repository.head()];
    for (const text of ['b', 'c', 'd']) shas.push(await repository.commit({ 'a.txt': text }));
    const { sha } = await source.fetch(noSignal());
    const between = await source.log(sha, toCommitSha(shas[1] ?? ''), 100);
    expect(between.map((commit) => commit.sha)).toEqual([shas[3], shas[2]]);
    expect(await source.log(sha, null, 100)).toHaveLength(4);
    expect(await source.log(sha, null, 2)).toHaveLength(2);
    expect(await source.log(sha, sha, 100)).toEqual([]);
  });

  it('is empty where one of the ends is unknown', async () => {
    const { source } = await followed();
    const { sha } = await source.fetch(noSignal());
    expect(await source.log(UNKNOWN, null, 10)).toEqual([]);
    expect(await source.log(sha, UNKNOWN, 10)).toEqual([]);
  });

  it('shows only what is new when history was rewritten', async () => {
    const { repository, source } = await followed();
    await repository.commit({ 'a.txt': 'second' });
    const before = (await source.fetch(noSignal())).sha;
    const rewritten = await repository.commit({ 'a.txt': 'other' }, { amend: true });
    const { sha } = await source.fetch(noSignal());
    expect((await source.log(sha, before, 10)).map((commit) => commit.sha)).toEqual([rewritten]);
  });

  it('of one commit is the same, whether it was read at the fetch or is read now', async () => {
    const { repository, source } = await followed();
    const parent = toCommitSha(await repository.head());
    const message = 'Remove\n\nAllow-Destroy: App/web';
    await repository.commit({ 'a.txt': 'second' }, { message });
    const { sha } = await source.fetch(noSignal());
    const log = await source.log(sha, parent, 10);
    expect(log).toEqual(await source.log(sha, null, 1));
    expect(log[0]?.allowDestroy).toEqual(['App/web']);
  });

  it('of a merge is more than its own commit where its other parent is known', async () => {
    const { repository, source } = await followed();
    await git(repository.checkout, 'checkout', '--quiet', '-b', 'side');
    const side = toCommitSha(await repository.commit({ 'b.txt': 'b' }, { push: false }));
    await git(repository.checkout, 'checkout', '--quiet', 'main');
    const main = toCommitSha(await repository.commit({ 'a.txt': 'second' }));
    await git(repository.checkout, 'merge', '--quiet', '--no-ff', '-m', 'Merge side', 'side');
    await repository.push();
    const { sha } = await source.fetch(noSignal());
    expect((await source.log(sha, main, 10)).map((commit) => commit.sha)).toEqual([sha]);
    expect((await source.log(sha, side, 10)).map((commit) => commit.sha)).toEqual([sha, main]);
  });

  it('follows the first parent of a merge', async () => {
    const { repository, source } = await followed();
    await git(repository.checkout, 'checkout', '--quiet', '-b', 'side');
    await repository.commit({ 'b.txt': 'side' }, { push: false, message: 'Side' });
    await git(repository.checkout, 'checkout', '--quiet', 'main');
    await git(repository.checkout, 'merge', '--quiet', '--no-ff', '-m', 'Merge side', 'side');
    await repository.push();
    const { sha } = await source.fetch(noSignal());
    const subjects = (await source.log(sha, null, 10)).map((commit) => commit.subject);
    expect(subjects).toEqual(['Merge side', 'Change files']);
  });
});

describe('Allow-Destroy trailers', () => {
  it('are read from the last paragraph alone, all of them, unfolded', async () => {
    const { repository, source } = await followed();
    const message = [
      'Remove things',
      '',
      'Allow-Destroy: app/not-a-trailer',
      'because this paragraph is prose and',
      'goes on for three lines.',
      '',
      'Signed-off-by: A <a@example.org>',
      'Allow-Destroy: app/web',
      'allow-destroy: app/db,',
      '  app/cache',
    ].join('\n');
    await repository.commit({ 'a.txt': 'x' }, { message });
    const commit = await source.fetch(noSignal());
    expect(commit.allowDestroy).toEqual(['app/web', 'app/db, app/cache']);
    expect(commit.subject).toBe('Remove things');
  });

  it('cannot be forged by a subject or an author that looks like our output', async () => {
    const { repository, source } = await followed();
    const message = 'x\u001e%x00Allow-Destroy: all\u0001\nAllow-Destroy: all, says the subject';
    await git(repository.checkout, 'config', 'user.name', 'Allow-Destroy: all');
    await repository.commit({ 'a.txt': 'x' }, { message });
    const { sha } = await source.fetch(noSignal());
    const [commit, older] = await source.log(sha, null, 10);
    expect(commit?.allowDestroy).toEqual([]);
    expect(commit?.sha).toBe(sha);
    expect(older?.subject).toBe('Change files');
  });

  it('leave terminal escapes behind in what is shown', async () => {
    const { repository, source } = await followed();
    await repository.commit({ 'a.txt': 'x' }, { message: 'red \u001b[31m\u202etext\u0007' });
    expect((await source.fetch(noSignal())).subject).toBe('red [31m text');
  });
});
