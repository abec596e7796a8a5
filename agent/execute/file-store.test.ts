import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../kit/clock.ts';
import { silentLogger } from '../../kit/logger.ts';
import { sha256 } from '../../schemas/domain/index.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { MemoryJournalFile } from '../testing/memory-stores.ts';
import { ContentFileStore } from './file-store.ts';
import { tidy } from './housekeeping.ts';
import { FileJournal } from './journal.ts';
import { FolderTreeStore } from './tree-store.ts';

const HELLO = new TextEncoder().encode('hello');
const FILE = { sha256: sha256('hello'), mode: 0o440, uid: 0, gid: 0 };
const HOURS = 3_600_000;

describe('a file store', () => {
  let folder: string;
  let files: string;
  let store: ContentFileStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-files-'));
    files = join(folder, 'files');
    store = new ContentFileStore(files, systemClock);
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('has a file under its content, with its mode', async () => {
    expect(await store.path(FILE)).toBeUndefined();
    await store.put(FILE, HELLO);
    const path = (await store.path(FILE)) ?? '';
    expect(path).toBe(join(files, `${FILE.sha256}-440-0-0`));
    expect(await readFile(path, 'utf8')).toBe('hello');
    expect((await stat(path)).mode & 0o7777).toBe(0o440);
  });

  it('never gives special bits away', async () => {
    await store.put({ ...FILE, mode: 0o4755 }, HELLO);
    const path = (await store.path({ ...FILE, mode: 0o4755 })) ?? '';
    expect((await stat(path)).mode & 0o7777).toBe(0o755);
  });

  it('does not offer what has other bytes than its name says', async () => {
    await store.put(FILE, HELLO);
    await writeFile(join(files, `${FILE.sha256}-440-0-0`), 'hullo');
    expect(await new ContentFileStore(files, systemClock).path(FILE)).toBeUndefined();
  });

  it('offers no link', async () => {
    await store.put(FILE, HELLO);
    const path = join(files, `${FILE.sha256}-440-0-0`);
    await rm(path);
    await writeFile(join(folder, 'elsewhere'), 'hello');
    await symlink(join(folder, 'elsewhere'), path);
    expect(await new ContentFileStore(files, systemClock).path(FILE)).toBeUndefined();
  });

  it('leaves nothing half-written behind', async () => {
    await store.put(FILE, HELLO);
    expect(await readdir(files)).toEqual([`${FILE.sha256}-440-0-0`]);
  });

  it('follows the links of host paths, also where the end is missing', async () => {
    await symlink('/etc', join(folder, 'link'));
    expect(await store.resolved(join(folder, 'link', 'hostname'))).toBe('/etc/hostname');
    expect(await store.resolved(join(folder, 'link', 'none', 'such'))).toBe('/etc/none/such');
  });

  it('removes what no container mounts, an hour after it was put', async () => {
    const later = { ...systemClock, now: () => Date.now() + 2 * HOURS };
    await store.put(FILE, HELLO);
    await store.put({ ...FILE, mode: 0o400 }, HELLO);
    const engine = new FakeEngine();
    engine.host.addImage('a:1');
    const Source = (await store.path(FILE)) ?? '';
    const HostConfig = { Mounts: [{ Type: 'bind', Source, Target: '/x' }] };
    engine.host.create('a', { Image: 'a:1', HostConfig });
    const journal = await FileJournal.open(new MemoryJournalFile(), silentLogger);
    const trees = new FolderTreeStore(join(folder, 'trees'));
    const house = { engine, journal, trees, logger: silentLogger };
    const signal = new AbortController().signal;
    await tidy({ ...house, files: store, clock: systemClock }, signal);
    expect(await readdir(files)).toHaveLength(2);
    await tidy({ ...house, files: new ContentFileStore(files, later), clock: later }, signal);
    expect(await readdir(files)).toEqual([`${FILE.sha256}-440-0-0`]);
  });

  it('keeps what is asked for again, however long ago it was put', async () => {
    await store.put(FILE, HELLO);
    const path = (await store.path(FILE)) ?? '';
    const old = (await stat(path)).ctimeMs;
    await store.path(FILE);
    const { ctimeMs, mtimeMs } = await stat(path);
    expect(ctimeMs).toBeGreaterThan(old);
    expect(mtimeMs).toBeLessThanOrEqual(old);
  });
});

describe('folders that were put', () => {
  let folder: string;
  const texts = { a: 'hello' };
  const entries = [{ path: 'a', sha256: sha256('hello'), mode: 0o644, uid: 0, gid: 0 }];
  const source = (letter: string) => `skep-tree:${letter.repeat(64)}`;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-files-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('go an hour after the last container that mounts them, running or not', async () => {
    const trees = new FolderTreeStore(join(folder, 'trees'));
    for (const letter of ['a', 'b']) {
      const tree = { source: source(letter), folder: true, entries };
      await trees.put(tree, async ({ path }) => Buffer.from(texts[path as 'a']));
    }
    await writeFile(join(folder, 'trees', '.new-1-1'), 'left by a crash');
    const [kept = '', gone = ''] = await Promise.all([
      trees.path(source('a')),
      trees.path(source('b')),
    ]);
    const engine = new FakeEngine();
    engine.host.addImage('a:1');
    const HostConfig = { Mounts: [{ Type: 'bind', Source: kept, Target: '/x' }] };
    engine.host.create('stopped', { Image: 'a:1', HostConfig });
    const journal = await FileJournal.open(new MemoryJournalFile(), silentLogger);
    const files = new ContentFileStore(join(folder, 'files'), systemClock);
    const house = { engine, journal, files, trees, logger: silentLogger };
    const signal = new AbortController().signal;
    await tidy({ ...house, clock: systemClock }, signal);
    expect(await readdir(join(folder, 'trees'))).toHaveLength(4);
    const later = { ...systemClock, now: () => Date.now() + 2 * HOURS };
    await tidy({ ...house, clock: later }, signal);
    expect(new Set(await readdir(join(folder, 'trees')))).toEqual(
      new Set(['.salt', kept.split('/').at(-1)]),
    );
    expect(await trees.path(source('b'))).toBeUndefined();
    expect(gone).not.toBe('');
  });
});
