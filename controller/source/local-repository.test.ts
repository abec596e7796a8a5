import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { git, TestRepository } from '../../test/support/git.ts';
import { until } from '../../test/support/until.ts';
import type { GitSource, SourceOptions } from './source.ts';
import { aSource, noSignal } from './testing/a-source.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function aRepository(
  options: Parameters<typeof TestRepository.create>[1] = {},
): Promise<TestRepository> {
  const repository = await TestRepository.create({ 'a.txt': 'one' }, options);
  cleanups.push(() => repository.remove());
  return repository;
}

function follow(repository: TestRepository, options: Partial<SourceOptions> = {}): GitSource {
  const directory = join(dirname(repository.path), 'mirrors');
  const source = aSource({ repository: repository.path, directory, ...options });
  cleanups.push(() => source.stop());
  return source;
}

/** Started, first fetch done as the loop would do it; counts what comes after. */
async function watched(source: GitSource): Promise<{ triggers(): number }> {
  let triggers = 0;
  source.onTrigger(() => {
    triggers += 1;
  });
  source.start(noSignal());
  await until(() => triggers > 0, { what: 'the first trigger' });
  await source.fetch(noSignal()).catch(() => undefined);
  const before = triggers;
  return { triggers: () => triggers - before };
}

describe('a local repository', () => {
  it('may be a checkout, whose own commits are seen', async () => {
    const repository = await aRepository();
    const source = follow(repository, { repository: repository.checkout });
    const watch = await watched(source);
    const sha = await repository.commit({ 'a.txt': 'two' }, { push: false });
    await until(() => watch.triggers() > 0, { what: 'a trigger by a commit' });
    expect((await source.fetch(noSignal())).sha).toBe(sha);
  });

  it('may be a linked worktree', async () => {
    const repository = await aRepository();
    const linked = join(dirname(repository.path), 'linked');
    await git(repository.checkout, 'worktree', 'add', '--quiet', '-b', 'other', linked);
    const source = follow(repository, { repository: linked, branch: 'main' });
    const watch = await watched(source);
    const sha = await repository.commit({ 'a.txt': 'two' }, { push: false });
    await until(() => watch.triggers() > 0, { what: 'a trigger by a commit' });
    expect((await source.fetch(noSignal())).sha).toBe(sha);
  });

  it('may pack its references at any time', async () => {
    const repository = await aRepository();
    const source = follow(repository);
    const watch = await watched(source);
    await git(repository.path, 'pack-refs', '--all');
    const sha = await repository.commit({ 'a.txt': 'two' });
    await until(() => watch.triggers() > 0, { what: 'a trigger by a push' });
    expect((await source.fetch(noSignal())).sha).toBe(sha);
  });

  it('may have branches in folders', async () => {
    const repository = await aRepository({ branch: 'release/1.0' });
    const source = follow(repository, { branch: 'release/1.0' });
    const watch = await watched(source);
    const sha = await repository.commit({ 'a.txt': 'two' });
    await until(() => watch.triggers() > 0, { what: 'a trigger by a push' });
    expect((await source.fetch(noSignal())).sha).toBe(sha);
  });

  it('may use SHA-256', async () => {
    const repository = await aRepository({ objectFormat: 'sha256' });
    const source = follow(repository);
    const { sha } = await source.fetch(noSignal());
    expect(sha).toHaveLength(64);
    expect(await source.tree(sha, noSignal())).toHaveLength(1);
    await source.stop();
    const next = follow(repository);
    const pushed = await repository.commit({ 'a.txt': 'two' });
    expect((await next.fetch(noSignal())).sha).toBe(pushed);
  });

  it('is refused with advice when it is a shallow clone', async () => {
    const repository = await aRepository();
    await repository.commit({ 'a.txt': 'two' });
    const shallow = join(dirname(repository.path), 'shallow.git');
    await git(
      dirname(repository.path),
      'clone',
      '--quiet',
      '--bare',
      '--depth=1',
      `file://${repository.path}`,
      shallow,
    );
    const source = follow(repository, { repository: shallow });
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'SourceShallow' });
  });

  it('does not trigger for other branches, tags or objects', async () => {
    const repository = await aRepository();
    const watch = await watched(follow(repository));
    await git(repository.checkout, 'push', '--quiet', 'origin', 'HEAD:refs/heads/other');
    await git(repository.checkout, 'push', '--quiet', 'origin', 'HEAD:refs/tags/v1');
    await writeFile(join(repository.path, 'objects', 'noise'), '');
    await writeFile(join(repository.path, 'description'), 'noise');
    await utimes(join(repository.path, 'refs', 'heads', 'main'), 1, 1);
    await repository.commit({ 'a.txt': 'two' });
    await until(() => watch.triggers() > 0, { what: 'a trigger by a push' });
    expect(watch.triggers()).toBe(1);
  });

  it('is watched again after it was replaced by another one at the same path', async () => {
    const repository = await aRepository();
    const source = follow(repository, { pollIntervalMs: 50 });
    const watch = await watched(source);
    await rename(repository.path, `${repository.path}.away`);
    await until(() => watch.triggers() > 0, { what: 'a trigger by the poll' });
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'SourceUnreachable' });
    await git(
      dirname(repository.path),
      'clone',
      '--quiet',
      '--bare',
      `${repository.path}.away`,
      repository.path,
    );
    await rm(`${repository.path}.away`, { recursive: true });
    const sha = await repository.commit({ 'a.txt': 'two' });
    const found = await until(async () => (await source.fetch(noSignal())).sha === sha, {
      what: 'the new repository is followed',
    });
    expect(found).toBe(true);
  });

  it('may come into being after the start', async () => {
    const repository = await aRepository();
    const late = join(dirname(repository.path), 'late.git');
    const source = follow(repository, { repository: late, pollIntervalMs: 50 });
    const watch = await watched(source);
    expect(source.status().error?.code).toBe('SourceUnreachable');
    await mkdir(late);
    await git(dirname(late), 'clone', '--quiet', '--bare', repository.path, late);
    await until(() => watch.triggers() > 0, { what: 'a trigger by the poll' });
    await until(() => source.fetch(noSignal()).catch(() => undefined), { what: 'a fetch' });
    expect(source.status().error).toBeNull();
  });
});
