import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BatchWriter } from './writer.ts';

let folder: string;
let db: Database.Database;
let nowMs: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skep-writer-'));
  db = new Database(join(folder, 'x.db'), { timeout: 5 });
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)');
  nowMs = 0;
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const aWriter = (onFull = () => false) => new BatchWriter({ db, onFull, now: () => nowMs });
const insert = (text: string) => () => db.prepare('INSERT INTO t (text) VALUES (?)').run(text);
const texts = () => db.prepare('SELECT text FROM t ORDER BY id').pluck().all();

test('writes of one moment are one transaction', async () => {
  const writer = aWriter();
  const begin = vi.spyOn(db, 'transaction');
  await Promise.all(Array.from({ length: 100 }, (_, n) => writer.append(insert(`${n}`))));
  expect(begin).toHaveBeenCalledTimes(1);
  expect(texts()).toHaveLength(100);
});

test('many writes are several transactions, with room for other work in between', async () => {
  const writer = aWriter();
  const begin = vi.spyOn(db, 'transaction');
  const writes = Array.from({ length: 1_300 }, (_, n) => writer.append(insert(`${n}`)));
  let turns = 0;
  while (texts().length < 1_300) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  await Promise.all(writes);
  expect(begin).toHaveBeenCalledTimes(3);
  expect(turns).toBeGreaterThanOrEqual(3);
});

test('an appended write answers with its own result, in the order of the calls', async () => {
  const writer = aWriter();
  const ids = await Promise.all(
    ['a', 'b', 'c'].map((text) => writer.append(() => Number(insert(text)().lastInsertRowid))),
  );
  expect(ids).toEqual([1, 2, 3]);
  expect(texts()).toEqual(['a', 'b', 'c']);
});

test('a failing write fails its batch, leaves nothing of it, and the next one goes on', async () => {
  const writer = aWriter();
  const good = writer.append(insert('good'));
  const bad = writer.append(() => db.exec('INSERT INTO nowhere VALUES (1)'));
  await expect(bad).rejects.toMatchObject({ code: 'StoreFailed' });
  await expect(good).rejects.toMatchObject({ code: 'StoreFailed' });
  expect(texts()).toEqual([]);
  await writer.append(insert('after'));
  expect(texts()).toEqual(['after']);
});

test('more waiting writes than the bound are refused, those before are kept', async () => {
  const writer = aWriter();
  const writes = Array.from({ length: 20_001 }, (_, n) => writer.append(insert(`${n}`)));
  const results = await Promise.allSettled(writes);
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(texts()).toHaveLength(20_000);
});

describe('a full disk', () => {
  const fill = 'x'.repeat(100_000);

  test('is a failure that tells what to do; reads go on, and writes after space is freed', async () => {
    const writer = aWriter();
    await writer.append(insert('before'));
    const pages = Number(db.pragma('page_count', { simple: true }));
    db.pragma(`max_page_count = ${pages + 1}`);
    await expect(writer.append(insert(fill))).rejects.toMatchObject({
      code: 'StoreFull',
      retry: 'backoff',
      message: expect.stringContaining('free space'),
    });
    expect(texts()).toEqual(['before']);
    db.pragma(`max_page_count = ${pages + 100}`);
    await writer.append(insert('after'));
    expect(texts()).toEqual(['before', 'after']);
  });

  test('takes the space kept in reserve and tries once more', async () => {
    const pages = Number(db.pragma('page_count', { simple: true }));
    db.pragma(`max_page_count = ${pages + 1}`);
    const onFull = vi.fn(() => {
      db.pragma(`max_page_count = ${pages + 100}`);
      return true;
    });
    await aWriter(onFull).append(insert(fill));
    expect(onFull).toHaveBeenCalledTimes(1);
    expect(texts()).toEqual([fill]);
  });
});

describe('a lock held by another process', () => {
  let other: Database.Database;
  beforeEach(() => {
    other = new Database(join(folder, 'x.db'));
    other.exec('BEGIN IMMEDIATE');
  });
  afterEach(() => other.close());

  test('is waited for without holding the event loop', async () => {
    const writer = aWriter();
    const tries = vi.spyOn(db, 'transaction');
    const write = writer.append(insert('patient'));
    // Polling goes on between the tries: none of them sits the lock out.
    await expect.poll(() => tries.mock.calls.length, { timeout: 20_000 }).toBeGreaterThan(2);
    other.exec('ROLLBACK');
    await write;
    expect(texts()).toEqual(['patient']);
  });

  test('ends in a failure after a minute', async () => {
    const writer = aWriter();
    const tries = vi.spyOn(db, 'transaction');
    const write = expect(writer.append(insert('x'))).rejects.toMatchObject({ code: 'StoreBusy' });
    await expect.poll(() => tries.mock.calls.length, { timeout: 20_000 }).toBeGreaterThan(0);
    nowMs = 61_000;
    await write;
  });
});
