import { createHash, createHmac, randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseTreeSource } from '../../engine/files.ts';
import type { TreeEntry } from '../../schemas/domain/index.ts';
import { sizeOf } from './file-budget.ts';
import { syncFolder } from './journal-file.ts';
import type { MountedTree, TreeStore } from './ports.ts';

const MODE_MASK = 0o777;
const FOLDER_MODE = 0o755;
const SALT_BYTES = 32;
/** A tree, or what a crash left of one. */
const COLLECTED = /^(?:[0-9a-f]{64}|\.new-.*)$/;
const OWN_UID = process.getuid?.() ?? 0;
const OWN_GID = process.getgid?.() ?? 0;

/** Brings the content of an entry; its files are never empty-handed but for the empty one. */
export type ReadContent = (entry: TreeEntry) => Promise<Uint8Array>;

/**
 * Mounted folders, and single files that change in place, under `<data dir>/trees`. What is there
 * keeps its inode for good: a container that mounts it sees each file change as a whole, one after
 * another. Their names hold a secret of this host, so that nobody on it can guess a path.
 */
export class FolderTreeStore implements TreeStore {
  readonly #folder: string;
  #salt: Promise<Buffer> | undefined;
  #serial = 0;
  /** One change of a tree at a time: two apps may share one by content. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async path(source: string): Promise<string | undefined> {
    const path = await this.#pathOf(source);
    return (await lstat(path).catch(() => undefined)) ? path : undefined;
  }

  async size(source: string): Promise<number> {
    const path = await this.#pathOf(source);
    const found = await lstat(path).catch(() => undefined);
    return found?.isFile() ? found.size : await sizeOf([path]);
  }

  /** Removes trees that no container mounts and that were last put before `before` (ms). */
  async collect(mounted: ReadonlySet<string>, before: number): Promise<number> {
    const names = await readdir(this.#folder).catch(() => []);
    let removed = 0;
    for (const name of names) {
      const path = join(this.#folder, name);
      if (mounted.has(path) || this.#turns.has(path) || !COLLECTED.test(name)) continue;
      if (await this.#inTurn(path, () => removeOld(path, before))) removed += 1;
    }
    return removed;
  }

  async put(tree: MountedTree, read: ReadContent): Promise<'done' | 'unchanged'> {
    const path = await this.#pathOf(tree.source);
    return await this.#inTurn(path, async () => {
      const result = await this.#put(path, tree, read);
      await touch(path);
      return result;
    });
  }

  /** What is asked for one tree happens in the order in which it was asked. */
  async #inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(path) ?? Promise.resolve();
    const turn = before.then(work);
    const settled = turn.catch(() => {});
    this.#turns.set(path, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(path) === settled) this.#turns.delete(path);
    }
  }

  async #put(path: string, tree: MountedTree, read: ReadContent): Promise<'done' | 'unchanged'> {
    await mkdir(this.#folder, { recursive: true, mode: 0o711 });
    const [only] = tree.entries;
    if (!tree.folder && only) return await this.#putFile(path, only, read);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory()) return await this.#conform(path, tree.entries, read);
    // Whole or not at all: a folder that is half there is never found under its name.
    const fresh = this.#temporary();
    await mkdir(fresh, { mode: FOLDER_MODE });
    await this.#conform(fresh, tree.entries, read);
    await rm(path, { recursive: true, force: true });
    await rename(fresh, path);
    await syncFolder(this.#folder);
    return 'done';
  }

  /** Makes the folder hold exactly these entries; the folder itself stays the one it is. */
  async #conform(root: string, entries: readonly TreeEntry[], read: ReadContent) {
    let changed = false;
    const folders = foldersOf(entries);
    await chmod(root, FOLDER_MODE);
    for (const folder of folders) if (await makeFolder(join(root, folder))) changed = true;
    for (const entry of entries) {
      if (entry.sha256 === undefined || (await isAsAsked(join(root, entry.path), entry))) continue;
      await this.#replaceFile(join(root, entry.path), entry, await read(entry));
      changed = true;
    }
    const wanted = new Set([...folders, ...entries.map(({ path }) => path)]);
    if (await removeOthers(root, '', wanted)) changed = true;
    if (changed) for (const folder of ['', ...folders]) await syncFolder(join(root, folder));
    return changed ? 'done' : 'unchanged';
  }

  async #putFile(path: string, entry: TreeEntry, read: ReadContent): Promise<'done' | 'unchanged'> {
    if (await isAsAsked(path, entry)) return 'unchanged';
    const content = await read(entry);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile()) await overwrite(path, entry, content);
    else await this.#replaceFile(path, entry, content);
    return 'done';
  }

  async #replaceFile(path: string, entry: TreeEntry, content: Uint8Array): Promise<void> {
    const fresh = this.#temporary();
    const handle = await open(fresh, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chown(fresh, uidOf(entry), gidOf(entry));
    await chmod(fresh, entry.mode & MODE_MASK);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory()) await rm(path, { recursive: true });
    await rename(fresh, path);
    await syncFolder(dirname(path));
  }

  #temporary(): string {
    this.#serial += 1;
    return join(this.#folder, `.new-${process.pid}-${this.#serial}`);
  }

  async #pathOf(source: string): Promise<string> {
    if (!parseTreeSource(source)) throw new TypeError(`not a mounted tree: ${source}`);
    this.#salt ??= this.#readSalt();
    const name = createHmac('sha256', await this.#salt)
      .update(source)
      .digest('hex');
    return join(this.#folder, name);
  }

  async #readSalt(): Promise<Buffer> {
    await mkdir(this.#folder, { recursive: true, mode: 0o711 });
    const path = join(this.#folder, '.salt');
    const known = await readFile(path).catch(() => undefined);
    if (known?.length === SALT_BYTES) return known;
    const salt = randomBytes(SALT_BYTES);
    const fresh = this.#temporary();
    const handle = await open(fresh, 'w', 0o600);
    await handle.writeFile(salt);
    await handle.sync();
    await handle.close();
    await rename(fresh, path);
    await syncFolder(this.#folder);
    return salt;
  }
}

/** @returns false where it was put since, or is gone. */
async function removeOld(path: string, before: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found || found.ctimeMs >= before) return false;
  await rm(path, { recursive: true, force: true });
  return true;
}

/** It counts as put now (ctime), also where nothing had to be changed; its time of change stays. */
async function touch(path: string): Promise<void> {
  const { mode } = await lstat(path);
  await chmod(path, mode & 0o7777);
}

/** Every folder that the entries name or need, outer ones first. */
function foldersOf(entries: readonly TreeEntry[]): readonly string[] {
  const folders = new Set<string>();
  for (const { path, sha256 } of entries) {
    const parts = path.split('/');
    const depth = sha256 === undefined ? parts.length : parts.length - 1;
    for (let end = 1; end <= depth; end += 1) folders.add(parts.slice(0, end).join('/'));
  }
  return [...folders].sort();
}

async function makeFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory()) return false;
  if (found) await rm(path);
  await mkdir(path);
  await chmod(path, FOLDER_MODE);
  return true;
}

/** Deletes what is not wanted; links are removed, never followed. */
async function removeOthers(root: string, at: string, wanted: ReadonlySet<string>) {
  let removed = false;
  for (const child of await readdir(join(root, at), { withFileTypes: true })) {
    const path = at === '' ? child.name : `${at}/${child.name}`;
    if (!wanted.has(path)) {
      await rm(join(root, path), { recursive: true });
      removed = true;
    } else if (child.isDirectory() && (await removeOthers(root, path, wanted))) removed = true;
  }
  return removed;
}

async function isAsAsked(path: string, entry: TreeEntry): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile() || (found.mode & 0o7777) !== (entry.mode & MODE_MASK)) return false;
  if (found.uid !== uidOf(entry) || found.gid !== gidOf(entry)) return false;
  const hash = createHash('sha256').update(await readFile(path));
  return hash.digest('hex') === entry.sha256;
}

/**
 * A mounted file is bound by its inode: a new one under its name would not be seen. A reader may
 * see it half written; the program is told only afterwards.
 */
async function overwrite(path: string, entry: TreeEntry, content: Uint8Array): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.chown(uidOf(entry), gidOf(entry));
    await handle.chmod(entry.mode & MODE_MASK);
    // To the last byte, or it throws: a disk that is full takes a part of what one write holds.
    await handle.writeFile(content);
    if ((await handle.stat()).size > content.length) await handle.truncate(content.length);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Root's files are the agent's own where it does not run as root. */
const uidOf = ({ uid }: TreeEntry): number => (uid === 0 ? OWN_UID : uid);
const gidOf = ({ gid }: TreeEntry): number => (gid === 0 ? OWN_GID : gid);
