import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pausePath, readPause, removePause, writePause } from './pause-file.ts';

describe('a pause', () => {
  let folder: string;
  const pause = { reason: 'disk swap', untilMs: 2000 };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skep-pause-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is in force until its end', async () => {
    expect(readPause(folder, 1000)).toBeUndefined();
    await writePause(folder, pause);
    expect(readPause(folder, 1999)).toEqual(pause);
    expect(readPause(folder, 2000)).toBeUndefined();
  });

  it('can be ended before', async () => {
    await writePause(folder, pause);
    await removePause(folder);
    expect(readPause(folder, 1000)).toBeUndefined();
  });

  it('holds where its file is damaged', async () => {
    await writePause(folder, pause);
    writeFileSync(pausePath(folder), '{');
    expect(readPause(folder, 1000)?.reason).toContain('cannot be read');
  });

  it('does not count where anybody could have written it', async () => {
    await writePause(folder, pause);
    chmodSync(pausePath(folder), 0o666);
    expect(readPause(folder, 1000)).toBeUndefined();
  });
});
