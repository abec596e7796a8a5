import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import type { AppId, Outcome } from '../../schemas/domain/index.ts';
import { MemoryJournalFile } from '../testing/memory-stores.ts';
import { FileJournal } from './journal.ts';
import { openJournalFile } from './journal-file.ts';

const APP = 'shop/web' as AppId;
const DONE: Outcome = { status: 'done', durationMs: 5 };

describe('a journal', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-journal-'));
    path = join(folder, 'agent', 'journal');
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** As the process after this one would find it. */
  async function opened<T>(use: (journal: FileJournal) => Promise<T>): Promise<T> {
    const file = await openJournalFile(path);
    try {
      return await use(await FileJournal.open(file, silentLogger));
    } finally {
      await file.close();
    }
  }

  it('remembers over processes', async () => {
    await opened(async (journal) => {
      await journal.raiseEpoch(3n);
      await journal.begin('a');
      await journal.begin('b');
      await journal.end('b', DONE);
      await journal.record('c1', APP);
      await journal.record('c2', APP);
      await journal.forget('c1');
    });
    await opened(async (journal) => {
      expect(journal.epoch()).toBe(3n);
      expect(journal.operation('a')).toBe('begun');
      expect(journal.operation('b')).toEqual(DONE);
      expect(journal.operation('c')).toBeUndefined();
      expect(journal.recordedApp('c1')).toBeUndefined();
      expect(journal.recordedApp('c2')).toBe(APP);
    });
  });

  it('is readable by its owner alone', async () => {
    await opened(async (journal) => journal.begin('a'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('drops a line that a crash tore, and goes on after it', async () => {
    await opened(async (journal) => {
      await journal.raiseEpoch(3n);
      await journal.begin('a');
    });
    await writeFile(path, `${await readFile(path, 'utf8')}{"t":"end","id":"a","outc`);
    await opened(async (journal) => {
      expect(journal.operation('a')).toBe('begun');
      await journal.end('a', DONE);
    });
    await opened(async (journal) => {
      expect(journal.epoch()).toBe(3n);
      expect(journal.operation('a')).toEqual(DONE);
    });
  });

  it('never goes back in its epoch', async () => {
    const journal = await FileJournal.open(
      new MemoryJournalFile('{"t":"epoch","epoch":"9"}\n{"t":"epoch","epoch":"4"}\n'),
      silentLogger,
    );
    expect(journal.epoch()).toBe(9n);
  });

  it('stays small: old operations are forgotten, epoch and containers are not', async () => {
    const file = new MemoryJournalFile();
    const journal = await FileJournal.open(file, silentLogger);
    await journal.raiseEpoch(2n);
    await journal.record('c', APP);
    for (let serial = 0; serial < 15_000; serial += 1) {
      await journal.begin(`op-${serial}`);
      await journal.end(`op-${serial}`, DONE);
    }
    expect(file.text.split('\n').length).toBeLessThan(30_000);
    expect(journal.operation('op-14999')).toEqual(DONE);
    expect(journal.operation('op-0')).toBeUndefined();
    const again = await FileJournal.open(file, silentLogger);
    expect(again.epoch()).toBe(2n);
    expect(again.recordedApp('c')).toBe(APP);
    expect(file.text.split('\n').length).toBeLessThan(5000);
  });

  it('says so when it cannot write, and writes again later', async () => {
    const file = new MemoryJournalFile();
    const journal = await FileJournal.open(file, silentLogger);
    const append = file.append.bind(file);
    file.append = () => Promise.reject(new Error('no space left on device'));
    await expect(journal.begin('a')).rejects.toThrow('no space left');
    file.append = append;
    await journal.begin('b');
    expect(file.text).toContain('"b"');
  });

  it('forgets containers that are no longer there', async () => {
    const journal = await FileJournal.open(new MemoryJournalFile(), silentLogger);
    await journal.record('here', APP);
    await journal.record('gone', APP);
    await journal.tellFiles('gone', { record: {}, error: '' });
    await journal.tellFiles('only told', { record: {}, error: '' });
    expect(journal.keys()).toEqual(['here', 'gone', 'only told']);
    await journal.forget('gone');
    await journal.forget('only told');
    expect(journal.keys()).toEqual(['here']);
    expect(journal.recordedApp('gone')).toBeUndefined();
    expect(journal.files('only told')).toBeUndefined();
  });

  it('keeps no words of commands on disk', async () => {
    const file = new MemoryJournalFile();
    const journal = await FileJournal.open(file, silentLogger);
    const record = { '/etc/motd': 'digest' };
    await journal.tellFiles('c', { record, error: 'reload ended with 1: s3cret' });
    expect(journal.files('c')?.error).toContain('s3cret');
    expect(file.text).not.toContain('s3cret');
    const again = await FileJournal.open(file, silentLogger);
    expect(again.files('c')).toEqual({ record, error: expect.stringContaining('failed') });
  });

  it('reads the volumes of earlier versions, which knew them by their age, too', async () => {
    const record = (age: string, app: string) => {
      const container = `volume web_data ${age}`;
      return `${JSON.stringify({ t: 'record', container, app })}\n`;
    };
    const forget = `${JSON.stringify({ t: 'forget', container: 'volume web_data 2025' })}\n`;
    const text = record('2025', 'shop/old') + record('2026-01-01T00:00:00Z', APP) + forget;
    const file = new MemoryJournalFile(text);
    const journal = await FileJournal.open(file, silentLogger);
    expect(journal.keys()).toEqual(['volume web_data']);
    expect(journal.recordedApp('volume web_data')).toBe(APP);
  });
});
