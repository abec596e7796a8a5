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
    const house = { engine, journal, logger: silentLogger };
    const signal = new AbortController().signal;
    await tidy({ ...house, files: store, clock: systemClock }, signal);
    expect(await readdir(files)).toHaveLength(2);
    await tidy({ ...house, files: new ContentFileStore(files, later), clock: later }, signal);
    expect(await readdir(files)).toEqual([`${FILE.sha256}-440-0-0`]);
  });
});
