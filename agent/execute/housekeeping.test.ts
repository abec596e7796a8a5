import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../kit/logger.ts';
import type { AppId } from '../../schemas/domain/index.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { MemoryJournalFile } from '../testing/memory-stores.ts';
import { ContentFileStore } from './file-store.ts';
import { tidy } from './housekeeping.ts';
import { FileJournal } from './journal.ts';
import { FolderTreeStore } from './tree-store.ts';

const APP = 'shop/web' as AppId;

describe('a round of housekeeping', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-house-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('forgets what is gone, and nothing that was made while it looked', async () => {
    const engine = new FakeEngine();
    engine.host.addImage('a:1');
    const clock = new DrivenClock();
    const journal = await FileJournal.open(new MemoryJournalFile(), silentLogger);
    const kept = engine.host.create('kept', { Image: 'a:1' });
    await journal.record(kept.id, APP);
    await journal.record('gone', APP);
    await journal.tellFiles('gone', { record: {}, error: '' });
    let made = '';
    const listNetworks = engine.listNetworks.bind(engine);
    engine.listNetworks = async (signal) => {
      made = engine.host.create('made meanwhile', { Image: 'a:1' }).id;
      await journal.record(made, APP);
      await journal.tellFiles(made, { record: {}, error: '' });
      return await listNetworks(signal);
    };
    const files = new ContentFileStore(join(folder, 'files'), clock);
    const trees = new FolderTreeStore(join(folder, 'trees'));
    const options = { engine, files, trees, journal, clock, logger: silentLogger };
    await tidy(options, new AbortController().signal);
    expect(journal.keys()).toEqual([kept.id, made]);
    expect(journal.files('gone')).toBeUndefined();
    expect(journal.files(made)).toBeDefined();
  });
});
