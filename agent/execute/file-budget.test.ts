import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../schemas/domain/index.ts';
import { AgentFixture } from '../testing/agent-fixture.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { MemoryFileStore } from '../testing/memory-stores.ts';
import { FileBudget, sizeOf } from './file-budget.ts';

describe('a budget for mounted files', () => {
  let folder: string;
  let tidied: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skep-budget-'));
    await mkdir(join(folder, 'files', 'deep'), { recursive: true });
    await writeFile(join(folder, 'files', 'deep', 'a'), 'x'.repeat(600));
    tidied = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  const budget = (limitBytes: number, tidy: () => Promise<void> = async () => {}) =>
    new FileBudget({
      folders: [join(folder, 'files'), join(folder, 'none')],
      limitBytes,
      tidy: async () => {
        tidied += 1;
        await tidy();
      },
    });

  it('admits what fits, to the byte', async () => {
    await budget(1000).admit(400);
    await budget(100).admit(0);
    expect(tidied).toBe(0);
    await expect(budget(1000).admit(401)).rejects.toMatchObject({
      code: 'FileBudgetExceeded',
      fault: 'host',
    });
  });

  it('makes room by what nothing uses before it refuses', async () => {
    await budget(1000, () => rm(join(folder, 'files', 'deep'), { recursive: true })).admit(900);
    expect(tidied).toBe(1);
    expect(await sizeOf([join(folder, 'files')])).toBe(0);
  });

  it('says how much there is, how much there may be, and where that is set', async () => {
    await writeFile(join(folder, 'files', 'b'), 'x'.repeat(2 ** 20));
    await expect(budget(2 ** 20).admit(2 ** 20)).rejects.toThrow(
      'mounted files would take 2.0 MiB on this host, and may take 1.0 MiB (SKEP_FILES_LIMIT)',
    );
  });

  it('is asked before a file or a folder is put', async () => {
    const files = new MemoryFileStore();
    const options = { engine: new FakeEngine(), clock: new DrivenClock(), files };
    const agent = await AgentFixture.start(options);
    const asked: number[] = [];
    agent.admit = async (bytes) => {
      asked.push(bytes);
      if (bytes > 3) await budget(0).admit(bytes);
    };
    const put = (text: string) => {
      const fields = { sha256: sha256(text), size: text.length, mode: 0o644, uid: 0, gid: 0 };
      return agent.run({ kind: 'put-file', ...fields }, { content: Buffer.from(text) });
    };
    expect((await put('abc')).status).toBe('done');
    expect((await put('abcd')).error?.code).toBe('FileBudgetExceeded');
    expect(files.files.size).toBe(1);
    const entry = { path: 'a', sha256: sha256(''), mode: 0o644, uid: 0, gid: 0 };
    const source = `skep-tree:${'a'.repeat(64)}`;
    await agent.run({ kind: 'put-tree', source, folder: true, entries: [entry] });
    expect(asked).toEqual([3, 4, 0]);
    await agent.stop();
  });
});
