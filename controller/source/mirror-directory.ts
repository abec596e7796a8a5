import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../schemas/domain/index.ts';

export type ObjectFormat = 'sha1' | 'sha256';

/** In every mirror we made; a directory without it is somebody else's. */
export interface MirrorMarker {
  readonly program: 'skep';
  readonly version: 1;
  readonly key: string;
  readonly objectFormat: ObjectFormat;
}

const MARKER = 'skep-mirror.json';

/**
 * Judges a directory before any git looks into it: a repository that somebody planted runs
 * commands through its configuration.
 * @returns the format of its objects; `damaged` where it is ours but cannot be used.
 * @throws Failure MirrorForeign
 */
export async function judgeMirror(
  directory: string,
  key: string,
): Promise<'absent' | 'damaged' | ObjectFormat> {
  const stat = await lstat(directory).catch(() => undefined);
  if (!stat) return 'absent';
  if (!stat.isDirectory()) throw foreign(directory, 'is not a directory');
  if (stat.uid !== process.geteuid?.()) throw foreign(directory, 'belongs to another user');
  if ((stat.mode & 0o022) !== 0) throw foreign(directory, 'is writable by others');
  const marker = await lstat(join(directory, MARKER)).catch(() => undefined);
  if (!marker?.isFile()) throw foreign(directory, 'was not made by skep');
  return await readMarker(directory, key);
}

async function readMarker(directory: string, key: string): Promise<'damaged' | ObjectFormat> {
  try {
    const marker: Partial<MirrorMarker> = JSON.parse(
      await readFile(join(directory, MARKER), 'utf8'),
    );
    if (marker.version !== 1 || marker.key !== key) return 'damaged';
    const format = marker.objectFormat;
    return format === 'sha1' || format === 'sha256' ? format : 'damaged';
  } catch {
    return 'damaged';
  }
}

export async function writeMarker(
  directory: string,
  key: string,
  objectFormat: ObjectFormat,
): Promise<void> {
  const marker: MirrorMarker = { program: 'skep', version: 1, key, objectFormat };
  await writeFile(join(directory, MARKER), `${JSON.stringify(marker)}\n`);
}

const MIRROR_CONFIG: Readonly<Record<ObjectFormat, string>> = {
  sha1: '[core]\n\trepositoryformatversion = 0\n\tbare = true\n',
  sha256:
    '[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n',
};

/** Files through which a repository can reach beyond itself; a mirror has none of them. */
const UNWANTED = ['hooks', 'commondir', 'config.worktree', 'info', 'shallow', 'objects/info'];

/** Makes a mirror that a killed process left behind usable: our configuration, no locks, no rest. */
export async function tidyMirror(directory: string, format: ObjectFormat): Promise<void> {
  for (const name of UNWANTED) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  await removeMatching(directory, /\.lock$/);
  await removeMatching(join(directory, 'refs', 'skep'), /\.lock$/);
  await removeMatching(join(directory, 'objects'), /^(?:tmp_|incoming-)/);
  await removeMatching(join(directory, 'objects', 'pack'), /^tmp_|\.lock$/);
  await rm(join(directory, 'config'), { recursive: true, force: true });
  await writeFile(join(directory, 'config'), MIRROR_CONFIG[format]);
}

async function removeMatching(directory: string, pattern: RegExp): Promise<void> {
  const names = await readdir(directory).catch((): string[] => []);
  for (const name of names.filter((each) => pattern.test(each))) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** Removes what an interrupted exchange of this mirror left beside it. */
export async function removeLeftovers(directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const name = basename(directory).replaceAll('.', '\\.');
  await removeMatching(dirname(directory), new RegExp(`^${name}\\.(?:new|old)-`));
}

/** Puts a finished mirror in the place of the old one. Interrupted in between, it is made anew. */
export async function exchangeMirror(fresh: string, directory: string): Promise<void> {
  const old = fresh.replace('.new-', '.old-');
  await rename(directory, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(fresh, directory);
  await rm(old, { recursive: true, force: true });
}

function foreign(directory: string, why: string): Failure {
  return new Failure(
    'MirrorForeign',
    `${directory} ${why}: it is not used; move it away or choose another data directory`,
    { retry: 'never' },
  );
}
