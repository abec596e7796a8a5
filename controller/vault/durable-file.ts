import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../schemas/domain/index.ts';

/**
 * Writes a file so that after a crash it holds the old bytes or the new, never a mix:
 * temporary file, fsync, rename, fsync of the folder. Mode 0600.
 */
export async function writeDurable(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    throw new Failure('VaultUnwritable', `${path} could not be written`, { cause });
  }
}

/** Removes a file; it stays removed after a crash. Gone already is fine. */
export async function removeDurable(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** The bytes, or undefined where there is no such file. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure('VaultUnreadable', `${path} could not be read`, { retry: 'never', cause });
  }
}

/** @throws Failure VaultCorrupt, naming the file: a person must decide what to do with it. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as T;
  } catch (cause) {
    const message = `${path} is damaged; restore it from a backup or remove it`;
    throw new Failure('VaultCorrupt', message, { retry: 'never', cause });
  }
}

/** Every `*.json` of a folder, in name order; leftovers of a crash are skipped. */
export async function readAllJson<T>(folder: string): Promise<readonly T[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const values: T[] = [];
  for (const name of names) {
    const value = await readJson<T>(join(folder, name));
    if (value !== undefined) values.push(value);
  }
  return values;
}
