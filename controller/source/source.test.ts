import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Files, git, TestRepository } from '../../test/support/git.ts';
import { until } from '../../test/support/until.ts';
import type { GitSource } from './source.ts';
import { aSource, noSignal } from './testing/a-source.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function aRepository(files?: Files): Promise<TestRepository> {
  const repository = await TestRepository.create(files);
  cleanups.push(() => repository.remove());
  return repository;
}

function follow(repository: TestRepository, options: Parameters<typeof aSource>[0] | object = {}) {
  const directory = join(repository.path, '..', 'mirrors');
  const source = aSource({ repository: repository.path, directory, ...options });
  cleanups.push(() => source.stop());
  return source;
}

async function textOf(source: GitSource, path: string): Promise<string | undefined> {
  const commit = await source.fetch(noSignal());
  const entry = (await source.tree(commit.sha, noSignal())).find((each) => each.path === path);
  if (!entry) return undefined;
  const content = (await source.blobs([entry.blob], noSignal())).get(entry.blob);
  return content && Buffer.from(content).toString('utf8');
}

describe('a followed repository', () => {
  it('answers the commit of its branch with author, subject and time', async () => {
    const repository = await aRepository();
    const sha = await repository.commit({ 'a.txt': 'a' }, { message: 'Add a\n\nwith a body' });
    const commit = await follow(repository).fetch(noSignal());
    expect(commit).toEqual({
      sha,
      subject: 'Add a',
      author: 'Test Author <author@example.org>',
      committedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      allowDestroy: [],
    });
  });

  it('lists files with mode and size, and reads their bytes', async () => {
    const repository = await aRepository({ 'apps/web/app.yaml': 'x: 1\n', 'run.sh*': '#!/bin/sh' });
    const source = follow(repository);
    const { sha } = await source.fetch(noSignal());
    const tree = await source.tree(sha, noSignal());
    expect(tree.map(({ path, mode, size }) => [path, mode, size])).toEqual([
      ['apps/web/app.yaml', '100644', 5],
      ['run.sh', '100755', 9],
    ]);
    expect(await textOf(source, 'apps/web/app.yaml')).toBe('x: 1\n');
  });

  it('reads only the configured folder, with paths from there', async () => {
    const repository = await aRepository({ 'outside.txt': 'o', 'deploy/prod/in.txt': 'i' });
    const source = follow(repository, { path: './deploy/prod/' });
    const { sha } = await source.fetch(noSignal());
    const tree = await source.tree(sha, noSignal());
    expect(tree.map((entry) => entry.path)).toEqual(['in.txt']);
  });

  it('follows pushes, also forced ones', async () => {
    const repository = await aRepository({ 'a.txt': 'one' });
    const source = follow(repository);
    expect(await textOf(source, 'a.txt')).toBe('one');
    await repository.commit({ 'a.txt': 'two' });
    expect(await textOf(source, 'a.txt')).toBe('two');
    await repository.commit({ 'a.txt': 'three' }, { amend: true });
    expect(await textOf(source, 'a.txt')).toBe('three');
  });

  it('triggers within 200 ms of a push to a local path', async () => {
    const repository = await aRepository({ 'a.txt': 'one' });
    const source = follow(repository);
    let triggers = 0;
    source.onTrigger(() => {
      triggers += 1;
    });
    source.start(noSignal());
    await until(() => triggers > 0, { what: 'the first trigger' });
    await repository.commit({ 'a.txt': 'two' }, { push: false });
    const before = triggers;
    await repository.push();
    const pushed = performance.now();
    await until(() => triggers > before, { what: 'a trigger', everyMs: 1, deadlineMs: 2_000 });
    expect(performance.now() - pushed).toBeLessThan(200);
  });

  it('keeps the last state and says since when it fails', async () => {
    const repository = await aRepository({ 'a.txt': 'one' });
    const source = follow(repository);
    const { sha } = await source.fetch(noSignal());
    await git(repository.path, 'branch', '-m', 'main', 'other');
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'BranchNotFound' });
    const failed = source.status();
    expect(failed).toMatchObject({ head: sha, error: { code: 'BranchNotFound' } });
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'BranchNotFound' });
    expect(source.status().error?.since).toBe(failed.error?.since);
    expect(await source.tree(sha, noSignal())).toHaveLength(1);
    await git(repository.path, 'branch', '-m', 'other', 'main');
    await source.fetch(noSignal());
    expect(source.status()).toMatchObject({ head: sha, error: null });
  });

  it('gives no tree at all for an empty branch folder: absence is no order to delete', async () => {
    const repository = await aRepository({ 'a.txt': 'one' });
    const source = follow(repository);
    const { sha } = await source.fetch(noSignal());
    await repository.commit({ 'a.txt': null }, { allowEmpty: true });
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'EmptyTree' });
    expect(source.status().head).toBe(sha);
  });

  it('shares one fetch among many callers', async () => {
    const repository = await aRepository({ 'a.txt': 'one' });
    const source = follow(repository);
    const answers = await Promise.all(Array.from({ length: 100 }, () => source.fetch(noSignal())));
    expect(new Set(answers).size).toBe(1);
  });
});
