import { writeSync } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256, type TreeEntry } from '../../schemas/domain/index.ts';
import { until } from '../../test/support/until.ts';
import { FolderTreeStore } from './tree-store.ts';

const LIVE = `skep-live:${'a'.repeat(64)}`;
const TREE = `skep-tree:${'b'.repeat(64)}`;

describe('a tree store', () => {
  let folder: string;
  let store: FolderTreeStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-trees-'));
    store = new FolderTreeStore(join(folder, 'trees'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const entry = (path: string, text?: string, mode = 0o644): TreeEntry => ({
    path,
    ...(text !== undefined && { sha256: sha256(text) }),
    mode,
    uid: 0,
    gid: 0,
  });

  /** Puts files by their texts; a folder unless the only path is empty. */
  async function put(source: string, texts: Readonly<Record<string, string>>, mode = 0o644) {
    const entries = Object.entries(texts).map(([path, text]) => entry(path, text, mode));
    const tree = { source, folder: !('' in texts), entries };
    const result = await store.put(tree, async ({ path }) => Buffer.from(texts[path] ?? ''));
    return { result, path: (await store.path(source)) ?? '' };
  }

  const inode = async (path: string) => (await stat(path)).ino;
  const texts = async (path: string) => {
    const found = await readdir(path, { withFileTypes: true, recursive: true });
    const files = found.filter((child) => child.isFile());
    const pairs = files.map(async (child) => {
      const whole = join(child.parentPath, child.name);
      return [whole.slice(path.length + 1), await readFile(whole, 'utf8')] as const;
    });
    return Object.fromEntries(await Promise.all(pairs));
  };

  it('makes a folder whole, and again changes nothing', async () => {
    expect(await store.path(TREE)).toBeUndefined();
    const { result, path } = await put(TREE, { a: '1', 'sub/deep/b': '2' });
    expect(result).toBe('done');
    expect(await texts(path)).toEqual({ a: '1', 'sub/deep/b': '2' });
    expect((await stat(path)).mode & 0o7777).toBe(0o755);
    expect((await put(TREE, { a: '1', 'sub/deep/b': '2' })).result).toBe('unchanged');
  });

  it('keeps the folder itself while everything in it changes', async () => {
    const { path } = await put(LIVE, { a: '1', 'sub/b': '2', c: '3' });
    const before = await inode(path);
    const { result } = await put(LIVE, { a: 'new', 'c/d': '4' });
    expect(result).toBe('done');
    expect(await inode(path)).toBe(before);
    expect(await texts(path)).toEqual({ a: 'new', 'c/d': '4' });
    await put(LIVE, { a: 'new', c: '3' });
    expect(await texts(path)).toEqual({ a: 'new', c: '3' });
  });

  it('shows a file in a folder as it was or as it is, never half', async () => {
    const { path } = await put(LIVE, { a: 'old' });
    const reader = await open(join(path, 'a'));
    await put(LIVE, { a: 'new and longer' });
    expect(await reader.readFile('utf8')).toBe('old');
    await reader.close();
    expect(await readFile(join(path, 'a'), 'utf8')).toBe('new and longer');
  });

  it('changes a single file in place, longer and shorter', async () => {
    const { path } = await put(LIVE, { '': 'first' });
    const before = await inode(path);
    await put(LIVE, { '': 'second and longer' });
    expect(await readFile(path, 'utf8')).toBe('second and longer');
    const { result } = await put(LIVE, { '': '3' }, 0o400);
    expect(result).toBe('done');
    expect(await readFile(path, 'utf8')).toBe('3');
    expect(await inode(path)).toBe(before);
    expect((await stat(path)).mode & 0o7777).toBe(0o400);
    expect((await put(LIVE, { '': '3' }, 0o400)).result).toBe('unchanged');
  });

  it('changes a single file whole where the disk takes less than it is given', async () => {
    const { path } = await put(LIVE, { '': 'first' });
    const handle = await open(path, 'r');
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const short = vi.spyOn(prototype, 'write').mockImplementation(function (
      this: typeof handle,
      bytes: unknown,
    ) {
      const bytesWritten = writeSync(this.fd, bytes as Buffer, 0, 3, 0);
      return Promise.resolve({ bytesWritten, buffer: bytes }) as never;
    });
    try {
      await put(LIVE, { '': 'second and longer' });
    } finally {
      short.mockRestore();
    }
    expect(await readFile(path, 'utf8')).toBe('second and longer');
  });

  it('never collects a tree while it is put', async () => {
    const { path } = await put(TREE, { a: '1' });
    const entries = [entry('a', '1'), entry('b', '2')];
    // Each put begins while the collector looks at the tree; whichever is first, it is there after.
    for (let round = 0; round < 20; round += 1) {
      const { ctimeMs } = await stat(path);
      await until(() => Date.now() > ctimeMs + 15, { what: 'the tree is old', everyMs: 5 });
      const collected = store.collect(new Set(), ctimeMs + 5);
      for (let step = 0; step < round % 7; step += 1) await lstat(folder);
      const tree = { source: TREE, folder: true, entries };
      await store.put(tree, async ({ path: name }) => Buffer.from(name === 'a' ? '1' : '2'));
      await collected;
      expect(await texts(path)).toEqual({ a: '1', b: '2' });
    }
  });

  it('never leaves a folder where a file was meant, nor the other way round', async () => {
    const { path } = await put(LIVE, { a: '1' });
    await put(LIVE, { '': 'file' });
    expect((await lstat(path)).isFile()).toBe(true);
    await put(LIVE, { b: '2' });
    expect(await texts(path)).toEqual({ b: '2' });
  });

  it('puts right what somebody changed, removed or linked in it', async () => {
    const wanted = { a: '1', 'sub/b': '2' };
    const { path } = await put(TREE, wanted);
    await writeFile(join(folder, 'secret'), 'keep');
    await writeFile(join(path, 'a'), 'x');
    await chmod(join(path, 'a'), 0o666);
    await rm(join(path, 'sub'), { recursive: true });
    await symlink(folder, join(path, 'sub'));
    await symlink(folder, join(path, 'stray'));
    expect((await put(TREE, wanted)).result).toBe('done');
    expect(await texts(path)).toEqual(wanted);
    expect(await readFile(join(folder, 'secret'), 'utf8')).toBe('keep');
    expect((await readdir(folder)).sort()).toEqual(['secret', 'trees']);
  });

  it('makes folders that nothing is in, as places to mount at', async () => {
    const tree = { source: TREE, folder: true, entries: [entry('data'), entry('a/b')] };
    await store.put(tree, () => Promise.reject(new Error('nothing to read')));
    const path = (await store.path(TREE)) ?? '';
    expect((await lstat(join(path, 'data'))).isDirectory()).toBe(true);
    expect((await lstat(join(path, 'a/b'))).isDirectory()).toBe(true);
  });

  it('has nothing under its name while the content is not there', async () => {
    const tree = { source: TREE, folder: true, entries: [entry('a', '1'), entry('b', '2')] };
    const read = ({ path }: TreeEntry) =>
      path === 'a' ? Promise.resolve(Buffer.from('1')) : Promise.reject(new Error('none'));
    await expect(store.put(tree, read)).rejects.toThrow('none');
    expect(await store.path(TREE)).toBeUndefined();
    expect((await put(TREE, { a: '1', b: '2' })).result).toBe('done');
  });

  it('serves two that put the same at once', async () => {
    const both = await Promise.all([put(TREE, { a: '1' }), put(TREE, { a: '1' })]);
    expect(both.map(({ result }) => result).sort()).toEqual(['done', 'unchanged']);
  });

  it('has names that only this host knows, and remembers them', async () => {
    const { path } = await put(LIVE, { '': 'x' });
    expect(path).not.toContain('aaaa');
    expect(await new FolderTreeStore(join(folder, 'trees')).path(LIVE)).toBe(path);
    const other = new FolderTreeStore(join(folder, 'others'));
    await mkdir(join(folder, 'others'));
    const tree = { source: LIVE, folder: false, entries: [entry('', 'x')] };
    await other.put(tree, async () => Buffer.from('x'));
    expect((await other.path(LIVE))?.split('/').at(-1)).not.toBe(path.split('/').at(-1));
    expect((await stat(join(folder, 'trees'))).mode & 0o7777).toBe(0o711);
    expect((await stat(join(folder, 'trees', '.salt'))).mode & 0o7777).toBe(0o600);
  });

  it('refuses a source that is none of its own', async () => {
    await expect(store.path('/etc')).rejects.toThrow('not a mounted tree');
  });
});
