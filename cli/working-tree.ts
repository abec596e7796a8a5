import { createHash } from 'node:crypto';
import { type Dirent, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { TreeEntryLike } from '../controller/core/load/tree/file-table.ts';
import type { BlobId } from '../schemas/domain/index.ts';
import { compareText } from '../schemas/domain/index.ts';
import { CliError } from './exit.ts';

/** A folder on disk, seen as git would see it once everything in it is committed. */
export interface WorkingTree {
  readonly entries: readonly TreeEntryLike[];
  read(ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, Uint8Array>>;
}

/** Of a repository; also what the controller allows by default. */
const ENTRY_LIMIT = 100_000;
const SKIPPED = new Set(['.git', 'node_modules']);

/**
 * @param path folder inside `dir` that is loaded, `.` for all.
 * @throws CliError when the folder is not there or holds more than 100,000 files.
 */
export async function readWorkingTree(dir: string, path: string): Promise<WorkingTree> {
  const files = new Map<BlobId, string>();
  const entries: TreeEntryLike[] = [];
  const folders = [rootOf(path)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const child of children(dir, folder)) {
      const name = posix.join(folder, child.name);
      if (child.isDirectory()) {
        if (!SKIPPED.has(child.name)) folders.push(name);
        continue;
      }
      const entry = entryOf(dir, name);
      if (!entry) continue;
      files.set(entry.blob, join(dir, name));
      entries.push(entry);
    }
    if (entries.length > ENTRY_LIMIT) {
      throw new CliError(`${join(dir, path)} holds more than ${ENTRY_LIMIT} files`);
    }
  }
  entries.sort((a, b) => compareText(a.path, b.path));
  return { entries, read: (ids) => readBlobs(files, ids) };
}

/** A configured path as a folder of the tree: `''` is its root. */
export const rootOf = (path: string): string => posix.normalize(path).replace(/^\.?\/*|\/+$/g, '');

function children(root: string, folder: string): readonly Dirent[] {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    throw new CliError(`${join(root, folder)} cannot be read: ${(error as Error).message}`);
  }
}

/** Sockets, devices and the like are nothing to git. */
function entryOf(root: string, name: string): TreeEntryLike | undefined {
  const stat = lstatSync(join(root, name));
  if (!stat.isFile() && !stat.isSymbolicLink()) return undefined;
  const executable = (stat.mode & 0o100) !== 0;
  const mode = stat.isSymbolicLink() ? '120000' : executable ? '100755' : '100644';
  return { path: name, mode, size: stat.size, blob: blobId(name) };
}

/** Not git's own id: it only has to be unique and of the same form. */
const blobId = (name: string): BlobId => createHash('sha1').update(name).digest('hex') as BlobId;

async function readBlobs(
  files: ReadonlyMap<BlobId, string>,
  ids: readonly BlobId[],
): Promise<ReadonlyMap<BlobId, Uint8Array>> {
  const contents = new Map<BlobId, Uint8Array>();
  for (const id of ids) {
    const file = files.get(id);
    if (file === undefined) continue;
    const link = lstatSync(file).isSymbolicLink();
    contents.set(id, link ? Buffer.from(readlinkSync(file)) : await readFile(file));
  }
  return contents;
}

const TEXT_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Every text file of a folder by its path. A file that is no UTF-8 cannot travel and is left out.
 * @throws CliError above 16 MiB.
 */
export async function readTexts(dir: string): Promise<ReadonlyMap<string, string>> {
  const tree = await readWorkingTree(dir, '.');
  const files = tree.entries.filter(({ mode }) => mode !== '120000');
  const size = files.reduce((sum, entry) => sum + entry.size, 0);
  if (size > TEXT_LIMIT_BYTES) {
    throw new CliError(`${dir} holds more than 16 MiB`, 'push it to a branch and use --rev');
  }
  const contents = await tree.read(files.map(({ blob }) => blob));
  const texts = new Map<string, string>();
  for (const { path, blob } of files) {
    const text = decodeText(contents.get(blob));
    if (text !== undefined) texts.set(path, text);
  }
  return texts;
}

function decodeText(bytes: Uint8Array | undefined): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
