import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../kit/clock.ts';
import { syncFolder } from './journal-file.ts';
import type { FileStore, StoredFile } from './ports.ts';

const MODE_MASK = 0o777;
const NAME = /^[0-9a-f]{64}-[0-7]{1,4}-\d+-\d+$/;
/** How long what no container mounts is kept: a rollout may still be on its way to it. */
export const UNUSED_MS = 60 * 60 * 1000;

/**
 * Repository files under `<data dir>/files`, by content: a file never changes once it is there,
 * so containers of any age may mount it.
 */
export class ContentFileStore implements FileStore {
  readonly #folder: string;
  readonly #clock: Clock;
  /** Names whose bytes this process has compared with their hash. */
  readonly #verified = new Set<string>();
  #serial = 0;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  async path(file: StoredFile): Promise<string | undefined> {
    const name = nameOf(file);
    const path = join(this.#folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    await touch(path);
    if (this.#verified.has(name)) return path;
    // A crash of the machine, or a person, may have left other bytes.
    const bytes = await readFile(path);
    if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) return undefined;
    this.#verified.add(name);
    return path;
  }

  async put(file: StoredFile, content: Uint8Array): Promise<void> {
    const name = nameOf(file);
    await mkdir(this.#folder, { recursive: true, mode: 0o711 });
    this.#serial += 1;
    const temporary = join(this.#folder, `.new-${this.#serial}-${name}`);
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (file.uid !== 0 || file.gid !== 0) await chown(temporary, file.uid, file.gid);
    await chmod(temporary, file.mode & MODE_MASK);
    await rename(temporary, join(this.#folder, name));
    await syncFolder(this.#folder);
    this.#verified.add(name);
  }

  async resolved(path: string): Promise<string> {
    const real = await realpath(path).catch(() => undefined);
    if (real !== undefined || path === '/') return real ?? path;
    return join(await this.resolved(dirname(path)), basename(path));
  }

  /** Removes files that no container mounts and that were put more than an hour ago. */
  async collect(mounted: ReadonlySet<string>): Promise<number> {
    const names = await readdir(this.#folder).catch(() => []);
    let removed = 0;
    for (const name of names) {
      const path = join(this.#folder, name);
      if (mounted.has(path) || !(await this.#isOld(path))) continue;
      if (!NAME.test(name) && !name.startsWith('.new-')) continue;
      this.#verified.delete(name);
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  async #isOld(path: string): Promise<boolean> {
    const found = await lstat(path).catch(() => undefined);
    return found !== undefined && this.#clock.now() - found.ctimeMs > UNUSED_MS;
  }
}

/** Whoever asks for it is about to mount it: it is not collected in between. */
async function touch(path: string): Promise<void> {
  const { mode } = await lstat(path);
  await chmod(path, mode & 0o7777).catch(() => {});
}

const nameOf = (file: StoredFile): string =>
  `${file.sha256}-${(file.mode & MODE_MASK).toString(8)}-${file.uid}-${file.gid}`;
