import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { git, TestRepository } from '../../test/support/git.ts';
import { until } from '../../test/support/until.ts';
import { parseRepository, repositoryKey } from './repository-location.ts';
import type { GitSource, SourceOptions } from './source.ts';
import { aSource, noSignal } from './testing/a-source.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Setting {
  readonly repository: TestRepository;
  readonly directory: string;
  /** The mirror of that repository. */
  readonly mirror: string;
  source(options?: Partial<SourceOptions>): GitSource;
}

async function aSetting(): Promise<Setting> {
  const repository = await TestRepository.create({ 'a.txt': 'one', 'b/c.txt': 'two' });
  cleanups.push(() => repository.remove());
  const directory = join(dirname(repository.path), 'mirrors');
  const key = repositoryKey(parseRepository(repository.path)).slice(0, 32);
  return {
    repository,
    directory,
    mirror: join(directory, `${key}.git`),
    source(options = {}) {
      const source = aSource({ repository: repository.path, directory, ...options });
      cleanups.push(() => source.stop());
      return source;
    },
  };
}

async function contentsOf(source: GitSource): Promise<Record<string, string>> {
  const { sha } = await source.fetch(noSignal());
  const tree = await source.tree(sha, noSignal());
  const blobs = await source.blobs(
    tree.map((entry) => entry.blob),
    noSignal(),
  );
  return Object.fromEntries(
    tree.map((entry) => [entry.path, Buffer.from(blobs.get(entry.blob) ?? []).toString('utf8')]),
  );
}

const TRUTH = { 'a.txt': 'one', 'b/c.txt': 'two' };

async function filesBelow(directory: string): Promise<string[]> {
  // A directory may go while it is read.
  const listing = readdir(directory, { recursive: true, withFileTypes: true });
  const found = await listing.catch(() => []);
  return found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  const place = Math.min(at, bytes.length - 1);
  bytes[place] = (bytes[place] ?? 0) ^ 0x5a;
  await chmod(path, 0o600);
  await writeFile(path, bytes);
}

describe('a directory that we did not make', () => {
  async function plant(setting: Setting): Promise<string> {
    const touched = join(setting.directory, 'touched');
    await mkdir(setting.directory, { recursive: true });
    await git(setting.directory, 'init', '--quiet', '--bare', setting.mirror);
    await git(setting.mirror, 'config', 'core.fsmonitor', `touch ${touched}; false`);
    await git(setting.mirror, 'config', 'core.sshCommand', `touch ${touched}; false`);
    await writeFile(
      join(setting.mirror, 'hooks', 'reference-transaction'),
      `#!/bin/sh\ntouch ${touched}\n`,
    );
    await chmod(join(setting.mirror, 'hooks', 'reference-transaction'), 0o755);
    return touched;
  }

  it('is refused, left alone, and nothing in it runs', async () => {
    const setting = await aSetting();
    const touched = await plant(setting);
    const source = setting.source();
    await expect(source.fetch(noSignal())).rejects.toMatchObject({
      code: 'MirrorForeign',
      retry: 'never',
    });
    expect(source.status().error?.message).toContain('was not made by skep');
    expect(existsSync(touched)).toBe(false);
    expect(existsSync(join(setting.mirror, 'HEAD'))).toBe(true);
  });

  it('is refused for reads too, before any fetch', async () => {
    const setting = await aSetting();
    await plant(setting);
    const source = setting.source();
    const sha = (await git(setting.repository.checkout, 'rev-parse', 'HEAD')) as never;
    await expect(source.log(sha, null, 1)).rejects.toMatchObject({ code: 'MirrorForeign' });
    await expect(source.tree(sha, noSignal())).rejects.toMatchObject({ code: 'MirrorForeign' });
  });

  it('is used again once it was moved away', async () => {
    const setting = await aSetting();
    await plant(setting);
    const source = setting.source();
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'MirrorForeign' });
    await rm(setting.mirror, { recursive: true });
    expect(await contentsOf(source)).toEqual(TRUTH);
    expect(source.status().error).toBeNull();
  });

  it('is refused when others may write to it, or when it is a file', async () => {
    const setting = await aSetting();
    await contentsOf(setting.source());
    await chmod(setting.mirror, 0o777);
    await expect(setting.source().fetch(noSignal())).rejects.toMatchObject({
      code: 'MirrorForeign',
    });
    await rm(setting.mirror, { recursive: true });
    await writeFile(setting.mirror, '');
    await expect(setting.source().fetch(noSignal())).rejects.toMatchObject({
      code: 'MirrorForeign',
    });
  });
});

describe('a mirror that we made', () => {
  it('is taken over by the next run, which clones nothing', async () => {
    const setting = await aSetting();
    const first = setting.source();
    await first.fetch(noSignal());
    await first.stop();
    const { ino } = await stat(setting.mirror);
    expect(await contentsOf(setting.source())).toEqual(TRUTH);
    expect((await stat(setting.mirror)).ino).toBe(ino);
  });

  it('has its configuration, hooks and alternates put right on every start', async () => {
    const setting = await aSetting();
    const first = setting.source();
    await first.fetch(noSignal());
    await first.stop();
    const touched = join(setting.directory, 'touched');
    await writeFile(
      join(setting.mirror, 'config'),
      `[core]\n\tfsmonitor = touch ${touched}\n\tbare = true\n`,
    );
    await mkdir(join(setting.mirror, 'hooks'));
    await writeFile(
      join(setting.mirror, 'hooks', 'reference-transaction'),
      `#!/bin/sh\ntouch ${touched}\n`,
    );
    await chmod(join(setting.mirror, 'hooks', 'reference-transaction'), 0o755);
    await mkdir(join(setting.mirror, 'objects', 'info'), { recursive: true });
    await writeFile(join(setting.mirror, 'objects', 'info', 'alternates'), '/nonexistent\n');
    await setting.repository.commit({ 'a.txt': 'new' });
    expect((await contentsOf(setting.source()))['a.txt']).toBe('new');
    expect(existsSync(touched)).toBe(false);
    expect(existsSync(join(setting.mirror, 'hooks'))).toBe(false);
    expect(await readFile(join(setting.mirror, 'config'), 'utf8')).not.toContain('fsmonitor');
  });

  it('survives the locks and half objects of a killed fetch', async () => {
    const setting = await aSetting();
    const first = setting.source();
    await first.fetch(noSignal());
    await first.stop();
    const [reference = ''] = await readdir(join(setting.mirror, 'refs', 'skep'));
    await writeFile(join(setting.mirror, 'refs', 'skep', `${reference}.lock`), '');
    await writeFile(join(setting.mirror, 'packed-refs.lock'), '');
    await writeFile(join(setting.mirror, 'objects', 'pack', 'tmp_pack_abc'), 'half');
    await mkdir(`${setting.mirror}.new-abc`);
    await mkdir(`${setting.mirror}.old-abc`);
    await setting.repository.commit({ 'a.txt': 'new' });
    expect((await contentsOf(setting.source()))['a.txt']).toBe('new');
    const left = await readdir(setting.directory);
    expect(left.filter((name) => /new-|old-/.test(name))).toEqual([]);
    expect(existsSync(join(setting.mirror, 'objects', 'pack', 'tmp_pack_abc'))).toBe(false);
  });

  it('is made anew when a lock appears that is not ours', async () => {
    const setting = await aSetting();
    const source = setting.source();
    await source.fetch(noSignal());
    const [reference = ''] = await readdir(join(setting.mirror, 'refs', 'skep'));
    await writeFile(join(setting.mirror, 'refs', 'skep', `${reference}.lock`), '');
    await setting.repository.commit({ 'a.txt': 'new' });
    expect((await contentsOf(source))['a.txt']).toBe('new');
  });

  it('is made anew when its packs or its whole directory vanish', async () => {
    const setting = await aSetting();
    const source = setting.source();
    await source.fetch(noSignal());
    await rm(join(setting.mirror, 'objects'), { recursive: true });
    await mkdir(join(setting.mirror, 'objects'));
    expect(await contentsOf(source)).toEqual(TRUTH);
    await setting.repository.commit({ 'a.txt': 'new' });
    await source.fetch(noSignal());
    await rm(setting.mirror, { recursive: true });
    expect((await contentsOf(source))['a.txt']).toBe('new');
  });

  it('is not made anew again and again when that does not help', async () => {
    const setting = await aSetting();
    const source = setting.source();
    const { sha } = await source.fetch(noSignal());
    const absent = '0123456789'.repeat(4) as never;
    await expect(source.blobs([absent], noSignal())).rejects.toMatchObject({
      code: 'MirrorCorrupt',
    });
    const { ino } = await stat(setting.mirror);
    await expect(source.blobs([absent], noSignal())).rejects.toMatchObject({
      code: 'MirrorCorrupt',
    });
    expect((await stat(setting.mirror)).ino).toBe(ino);
    expect(await source.tree(sha, noSignal())).toHaveLength(2);
  });

  it('stays as it is when it is damaged and the repository is away', async () => {
    const setting = await aSetting();
    const source = setting.source();
    await source.fetch(noSignal());
    await rm(join(setting.mirror, 'HEAD'));
    await rm(setting.repository.path, { recursive: true });
    await expect(source.fetch(noSignal())).rejects.toMatchObject({ code: 'SourceUnreachable' });
    expect(existsSync(join(setting.mirror, 'objects'))).toBe(true);
  });

  it('shows the truth or heals, whichever byte of it flips', async () => {
    const setting = await aSetting();
    const flips = Number(process.env['SKEP_TEST_FLIPS'] ?? 40);
    let seed = Number(process.env['SKEP_TEST_SEED'] ?? 1);
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return seed % below;
    };
    for (let flip = 0; flip < flips; flip += 1) {
      const source = setting.source();
      expect(await contentsOf(source), `before flip ${flip}`).toEqual(TRUTH);
      const files = (await filesBelow(setting.mirror)).sort();
      const path = files[random(files.length)] ?? '';
      await flipByte(path, random((await stat(path)).size || 1));
      // The running source keeps its caches; the next one has none.
      expect(await contentsOf(source), `running, ${path}`).toEqual(TRUTH);
      await source.stop();
      const next = setting.source();
      expect(await contentsOf(next), `restarted, ${path}`).toEqual(TRUTH);
      await next.stop();
    }
  }, 60_000);
});

describe('a killed process', () => {
  it('leaves a mirror that the next run can use, wherever it was killed', async () => {
    const setting = await aSetting();
    for (let count = 0; count < 30; count += 1) {
      await setting.repository.write({ [`many/${count}.txt`]: `${count}\n`.repeat(1000) });
    }
    await setting.repository.commit({});
    const script = `
      const { aSource, noSignal } = await import(${JSON.stringify(join(import.meta.dirname, 'testing/a-source.ts'))});
      const source = aSource({ repository: process.argv[1], directory: process.argv[2] });
      await source.fetch(noSignal());
      setInterval(() => undefined, 1000);`;
    const beside = async (pattern: RegExp) =>
      (await filesBelow(setting.directory)).some((path) => pattern.test(path));
    const moments = {
      'before it wrote anything': async () => existsSync(setting.directory),
      'with an empty mirror beside': () => beside(/new-.*HEAD$/),
      'while objects arrive': () => beside(/new-.*objects\/(?:pack\/|..\/)/),
      'with the reference written': () => beside(/new-.*refs\/skep\//),
      'after the exchange': async () => existsSync(setting.mirror),
    };
    for (const [moment, isReached] of Object.entries(moments)) {
      await rm(setting.directory, { recursive: true, force: true });
      const args = [
        '--input-type=module',
        '-e',
        script,
        setting.repository.path,
        setting.directory,
      ];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      const ended = new Promise((resolve) => child.once('close', resolve));
      // A moment may be over before it is seen; the next ones are as good.
      const passed = async () => (await isReached()) || existsSync(setting.mirror);
      await until(passed, { what: moment, everyMs: 1 }).finally(() => child.kill('SIGKILL'));
      await ended;
      await setting.repository.commit({ 'a.txt': moment });
      const source = setting.source();
      expect((await contentsOf(source))['a.txt']).toBe(moment);
      expect((await readdir(setting.directory)).filter((name) => /new-|old-/.test(name))).toEqual(
        [],
      );
      await source.stop();
    }
  }, 30_000);

  it('is replaced when it was one of our readers', async () => {
    const setting = await aSetting();
    const source = setting.source();
    const { sha } = await source.fetch(noSignal());
    const readers = await readersOf(process.pid);
    expect(readers.length).toBeGreaterThan(0);
    for (const reader of readers) process.kill(reader, 'SIGKILL');
    expect(await source.tree(sha, noSignal())).toHaveLength(2);
    await source.stop();
    await until(async () => (await readersOf(process.pid)).length === 0, { what: 'no reader' });
  });
});

async function readersOf(parent: number): Promise<number[]> {
  const text = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  const found: number[] = [];
  for (const pid of text.trim().split(' ').filter(Boolean)) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes('cat-file')) found.push(Number(pid));
  }
  return found;
}
