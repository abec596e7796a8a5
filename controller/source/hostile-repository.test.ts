import { existsSync } from 'node:fs';
import { appendFile, chmod, chown, readdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { git, gitWith, TestRepository } from '../../test/support/git.ts';
import { until } from '../../test/support/until.ts';
import type { TreeEntry } from '../reconcile/ports.ts';
import type { GitSource, SourceOptions } from './source.ts';
import { aSource, noSignal } from './testing/a-source.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function aRepository(): Promise<TestRepository> {
  const repository = await TestRepository.create({ 'a.txt': 'good' });
  cleanups.push(() => repository.remove());
  return repository;
}

function follow(repository: TestRepository, options: Partial<SourceOptions> = {}): GitSource {
  const directory = join(dirname(repository.path), 'mirrors');
  const source = aSource({ repository: repository.path, directory, ...options });
  cleanups.push(() => source.stop());
  return source;
}

async function treeOf(source: GitSource): Promise<readonly TreeEntry[]> {
  const { sha } = await source.fetch(noSignal());
  return await source.tree(sha, noSignal());
}

type Entry = readonly [mode: string, name: string | Buffer, id: string];

/** Writes objects straight into the bare repository, past all of git's checks. */
class Forge {
  readonly #path: string;

  constructor(repository: TestRepository) {
    this.#path = repository.path;
  }

  object(type: string, input: string | Uint8Array): Promise<string> {
    const args = ['hash-object', '-t', type, '-w', '--stdin', '--literally'];
    return gitWith({ directory: this.#path, args, input });
  }

  tree(entries: readonly Entry[]): Promise<string> {
    const parts = entries.map(([mode, name, id]) =>
      Buffer.concat([
        Buffer.from(`${mode} `),
        Buffer.from(name),
        Buffer.from([0]),
        Buffer.from(id, 'hex'),
      ]),
    );
    return this.object('tree', Buffer.concat(parts));
  }

  async commit(tree: string): Promise<string> {
    const sha = await git(this.#path, 'commit-tree', '-m', 'Forged', tree);
    await git(this.#path, 'update-ref', 'refs/heads/main', sha);
    return sha;
  }
}

describe('odd entries of a tree', () => {
  it('are listed with their modes and never followed', async () => {
    const repository = await aRepository();
    await symlink('/etc/passwd', join(repository.checkout, 'link'));
    await symlink('/etc', join(repository.checkout, 'folder'));
    await repository.commit({});
    const head = await repository.head();
    const forge = new Forge(repository);
    const base = await git(repository.path, 'rev-parse', `${head}^{tree}`);
    const listed = (await git(repository.path, 'ls-tree', base)).split('\n').map((line): Entry => {
      const [mode = '', , id = '', name = ''] = line.split(/\s+/);
      return [mode, name, id];
    });
    await forge.commit(await forge.tree([...listed, ['160000', 'sub', head]]));
    const tree = await treeOf(follow(repository));
    expect(tree.map(({ path, mode, size }) => [path, mode, size])).toEqual([
      ['a.txt', '100644', 4],
      ['folder', '120000', 4],
      ['link', '120000', 11],
      ['sub', '160000', 0],
    ]);
  });

  it('do not lead out of the repository when the configured folder is a symlink', async () => {
    const repository = await aRepository();
    await symlink('/etc', join(repository.checkout, 'deploy'));
    await repository.commit({ 'real/b.txt': 'b' });
    const source = follow(repository, { path: 'deploy' });
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'EmptyTree' });
  });

  it('keep names that are no UTF-8, with a mark, and names of any other kind as they are', async () => {
    const repository = await aRepository();
    const forge = new Forge(repository);
    const blob = await forge.object('blob', 'x');
    const long = 'n'.repeat(4_000);
    const names = ['a\nb', 'back\\slash', 'esc\u001b[31m', long, 'rtl\u202e'];
    const entries = names.map((name): Entry => ['100644', name, blob]);
    await forge.commit(await forge.tree([...entries, ['100644', Buffer.from([0xff, 0x61]), blob]]));
    const tree = await treeOf(follow(repository));
    expect(tree.filter((entry) => !entry.notUtf8).map((entry) => entry.path)).toEqual(names);
    expect(tree.filter((entry) => entry.notUtf8).map((entry) => entry.path)).toEqual(['\ufffda']);
  });

  it('give raw bytes, whatever .gitattributes asks for', async () => {
    const repository = await aRepository();
    const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
    await repository.commit({
      '.gitattributes': '* filter=lfs export-subst ident text eol=crlf\n',
      'x.txt': '$Id$ $Format:%H$\n',
      'big.bin': lfs,
    });
    const source = follow(repository);
    const entries = (await treeOf(source)).filter((entry) => entry.path !== 'a.txt');
    const blobs = await source.blobs(
      entries.map((entry) => entry.blob),
      noSignal(),
    );
    const stored = await git(repository.path, 'cat-file', 'blob', 'main:x.txt');
    const texts = entries.map((entry) => Buffer.from(blobs.get(entry.blob) ?? []).toString('utf8'));
    expect(texts.slice(1)).toEqual([lfs, `${stored}\n`]);
  });
});

describe('malformed objects', () => {
  const bad: readonly (readonly [string, (forge: Forge, blob: string) => Promise<string>])[] = [
    ['an entry named .git', (forge, blob) => forge.tree([['100644', '.git', blob]])],
    ['an entry named .GIT', (forge, blob) => forge.tree([['100644', '.GIT', blob]])],
    ['an entry named git~1', (forge, blob) => forge.tree([['100644', 'git~1', blob]])],
    ['an entry named ..', (forge, blob) => forge.tree([['100644', '..', blob]])],
    ['an entry with a slash', (forge, blob) => forge.tree([['100644', 'a/b', blob]])],
    [
      'a .git with invisible letters',
      (forge, blob) => forge.tree([['100644', '.g\u200cit', blob]]),
    ],
    [
      'the same entry twice',
      (forge, blob) =>
        forge.tree([
          ['100644', 'a', blob],
          ['100644', 'a', blob],
        ]),
    ],
    ['a symlinked .gitmodules', (forge, blob) => forge.tree([['120000', '.gitmodules', blob]])],
    [
      'a submodule address that is an option',
      async (forge) => {
        const text = '[submodule "x"]\n\tpath = x\n\turl = -u./x\n';
        return await forge.tree([['100644', '.gitmodules', await forge.object('blob', text)]]);
      },
    ],
  ];

  it.each(bad)('%s is refused as a whole; the last state stays', async (_what, forgeTree) => {
    const repository = await aRepository();
    const source = follow(repository);
    const { sha } = await source.fetch(noSignal());
    const forge = new Forge(repository);
    await forge.commit(await forgeTree(forge, await forge.object('blob', 'x')));
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'RepositoryRejected' });
    expect(source.status()).toMatchObject({ head: sha, error: { code: 'RepositoryRejected' } });
    expect(await source.tree(sha, noSignal())).toHaveLength(1);
    await git(repository.path, 'update-ref', 'refs/heads/main', sha);
    expect((await source.fetch(noSignal())).sha).toBe(sha);
  });
});

describe('a repository that is too large', () => {
  it('ends at the limit for a tree bomb of files, in no time', async () => {
    const repository = await aRepository();
    const forge = new Forge(repository);
    const names = Array.from({ length: 10 }, (_, index) => `f${index}`);
    let id = await forge.object('blob', 'x');
    for (let depth = 0; depth < 11; depth += 1) {
      const mode = depth === 0 ? '100644' : '40000';
      id = await forge.tree(names.map((name) => [mode, name, id]));
    }
    await forge.commit(id);
    const source = follow(repository);
    const { sha } = await source.fetch(noSignal());
    const begun = performance.now();
    await expect(source.tree(sha, noSignal())).rejects.toMatchObject({
      code: 'TooManyFiles',
      retry: 'never',
    });
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('ends at the limit for a bomb of folders alone', async () => {
    const repository = await aRepository();
    const forge = new Forge(repository);
    const names = Array.from({ length: 10 }, (_, index) => `d${index}`);
    let id = await forge.tree([]);
    for (let depth = 0; depth < 11; depth += 1) {
      id = await forge.tree(names.map((name) => ['40000', name, id]));
    }
    await forge.commit(id);
    const source = follow(repository);
    const { sha } = await source.fetch(noSignal());
    await expect(source.tree(sha, noSignal())).rejects.toMatchObject({ code: 'TooManyFiles' });
  });

  it('ends at the limit of its paths together when folders go deep', async () => {
    const repository = await aRepository();
    const forge = new Forge(repository);
    let id = await forge.tree([['100644', 'file', await forge.object('blob', 'x')]]);
    for (let depth = 0; depth < 60; depth += 1) {
      id = await forge.tree([['40000', 'deep'.repeat(50), id]]);
    }
    await forge.commit(id);
    const source = follow(repository, { limits: { maxListingBytes: 100_000 } });
    await expect(treeOf(source)).rejects.toMatchObject({ code: 'RepositoryLimit' });
  });

  it('says how large a file is without ever reading it', async () => {
    const repository = await aRepository();
    const size = Number(process.env['SKEP_TEST_HUGE_MIB'] ?? 48) * 1024 * 1024;
    await repository.write({ zeros: '' });
    await truncate(join(repository.checkout, 'zeros'), size);
    await git(repository.checkout, 'config', 'core.bigFileThreshold', '1m');
    await repository.commit({});
    const source = follow(repository);
    const { sha } = await source.fetch(noSignal());
    const before = process.memoryUsage.rss();
    const begun = performance.now();
    const tree = await source.tree(sha, noSignal());
    const zeros = tree.find((entry) => entry.path === 'zeros');
    expect(zeros?.size).toBe(size);
    const asked = source.blobs(zeros ? [zeros.blob] : [], noSignal());
    await expect(asked).rejects.toMatchObject({ code: 'FileTooLarge', retry: 'never' });
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024);
  }, 120_000);

  it('is not read in one piece when the files asked for are too much together', async () => {
    const repository = await aRepository();
    await repository.commit({ 'b.txt': 'b'.repeat(600), 'c.txt': 'c'.repeat(600) });
    const source = follow(repository, { limits: { maxReadBytes: 1_000 } });
    const ids = (await treeOf(source)).map((entry) => entry.blob);
    await expect(source.blobs(ids, noSignal())).rejects.toMatchObject({ code: 'RepositoryLimit' });
    expect((await source.blobs(ids.slice(0, 2), noSignal())).size).toBe(2);
  });

  it('is refused when its packs grow beyond the disk it may use', async () => {
    const repository = await aRepository();
    const source = follow(repository, { limits: { maxMirrorBytes: 10 } });
    const files = Array.from({ length: 200 }, (_, index) => [`f/${index}`, `${index}`] as const);
    await repository.commit(Object.fromEntries(files));
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'RepositoryLimit' });
    const left = await readdir(join(dirname(repository.path), 'mirrors'));
    expect(left.filter((name) => name.includes('.git.'))).toEqual([]);
  });

  it('costs nothing for 100,000 other references', async () => {
    const repository = await aRepository();
    const head = await repository.head();
    const lines = Array.from({ length: 100_000 }, (_, index) => `${head} refs/heads/b${index}\n`);
    await appendFile(join(repository.path, 'packed-refs'), lines.join(''));
    const begun = performance.now();
    const source = follow(repository);
    expect(await treeOf(source)).toHaveLength(1);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe('a repository with a configuration of its own', () => {
  it('runs nothing of it, nor any hook', async () => {
    const repository = await aRepository();
    const touched = join(dirname(repository.path), 'touched');
    const command = `touch ${touched}; false`;
    for (const key of [
      'core.fsmonitor',
      'core.sshCommand',
      'uploadpack.packObjectsHook',
      'core.pager',
    ]) {
      await git(repository.path, 'config', key, command);
    }
    await git(repository.path, 'config', 'alias.fetch', `!${command}`);
    for (const hook of ['reference-transaction', 'post-update', 'pre-auto-gc']) {
      await writeFile(join(repository.path, 'hooks', hook), `#!/bin/sh\ntouch ${touched}\n`);
      await chmod(join(repository.path, 'hooks', hook), 0o755);
    }
    expect(await treeOf(follow(repository))).toHaveLength(1);
    expect(existsSync(touched)).toBe(false);
  });

  it.runIf(process.geteuid?.() === 0)(
    'may belong to another user, and still runs nothing',
    async () => {
      const repository = await aRepository();
      const touched = join(dirname(repository.path), 'touched');
      await git(repository.path, 'config', 'uploadpack.packObjectsHook', `touch ${touched}; false`);
      for (const name of ['', ...(await readdir(repository.path, { recursive: true }))]) {
        await chown(join(repository.path, name), 4242, 4242);
      }
      expect(await treeOf(follow(repository))).toHaveLength(1);
      expect(existsSync(touched)).toBe(false);
    },
  );

  it('cannot name a reference that becomes a path here', async () => {
    const repository = await aRepository();
    const head = await repository.head();
    await writeFile(join(repository.path, 'HEAD'), 'ref: refs/heads/../../../../x\n');
    await appendFile(join(repository.path, 'packed-refs'), `${head} refs/heads/../../../../y\n`);
    const source = follow(repository);
    await source.fetch(noSignal()).catch(() => undefined);
    const around = await readdir(dirname(repository.path));
    expect(around.sort()).toEqual(['checkout', 'mirrors', 'repo.git']);
  });
});

describe('the environment of the controller', () => {
  it('does not reach git', async () => {
    const repository = await aRepository();
    const touched = join(dirname(repository.path), 'touched');
    vi.stubEnv('GIT_DIR', '/nonexistent');
    vi.stubEnv('GIT_CONFIG_COUNT', '1');
    vi.stubEnv('GIT_CONFIG_KEY_0', 'core.fsmonitor');
    vi.stubEnv('GIT_CONFIG_VALUE_0', `touch ${touched}`);
    vi.stubEnv('GIT_TRACE', join(dirname(repository.path), 'trace'));
    vi.stubEnv('GIT_EXEC_PATH', '/nonexistent');
    expect(await treeOf(follow(repository))).toHaveLength(1);
    expect(existsSync(touched)).toBe(false);
    expect(existsSync(join(dirname(repository.path), 'trace'))).toBe(false);
  });
});

describe('a remote that does not answer', () => {
  it('is given up at the deadline, and no process stays behind', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const repository = await aRepository();
    const source = follow(repository, {
      repository: `https://127.0.0.1:${port}/infra.git`,
      limits: { fetchTimeoutMs: 300, cloneTimeoutMs: 300 },
    });
    let opened = 0;
    let open = 0;
    server.on('connection', (socket) => {
      opened += 1;
      open += 1;
      socket.resume();
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open -= 1;
      });
    });
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'SourceUnreachable' });
    await until(() => open === 0, { what: 'the connection is closed' });
    expect(opened).toBe(1);
    expect(source.status().error?.message).toContain('the deadline passed');
    server.close();
  });

  it('stops at once with the source', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const repository = await aRepository();
    const source = follow(repository, { repository: `https://127.0.0.1:${port}/infra.git` });
    const fetching = source.fetch(noSignal());
    const connected = new Promise((resolve) => server.once('connection', resolve));
    await connected;
    const begun = performance.now();
    await source.stop();
    await expect(fetching).rejects.toMatchObject({ code: 'Aborted' });
    expect(performance.now() - begun).toBeLessThan(2_000);
    server.close();
  });
});
