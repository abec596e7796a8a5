import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JournalFile } from './journal.ts';

/** A journal at `path`, readable by its owner alone. One process at a time may have it. */
export async function openJournalFile(
  path: string,
): Promise<JournalFile & { close(): Promise<void> }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const openToAppend = () => open(path, 'a', 0o600);
  let handle = await openToAppend();
  return {
    read: () => readFile(path, 'utf8'),
    async append(text, sync) {
      await handle.appendFile(text);
      if (sync) await handle.datasync();
    },
    async replace(text) {
      const temporary = `${path}.new`;
      const next = await open(temporary, 'w', 0o600);
      await next.writeFile(text);
      await next.sync();
      await next.close();
      await rename(temporary, path);
      await syncFolder(dirname(path));
      await handle.close();
      handle = await openToAppend();
    },
    close: () => handle.close(),
  };
}

/** A rename is on disk only once its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
