import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export interface LocalRepository {
  /** Where HEAD lies. */
  readonly gitDir: string;
  /** Where refs/ and packed-refs lie; another one in a linked worktree. */
  readonly commonDir: string;
}

/** Finds the git directory of a bare repository, a checkout or a linked worktree. */
export async function findLocalRepository(path: string): Promise<LocalRepository | undefined> {
  for (const candidate of [join(path, '.git'), path]) {
    const gitDir = await pointedTo(candidate);
    if (gitDir === undefined || !(await exists(join(gitDir, 'HEAD')))) continue;
    const common = await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => '.');
    return { gitDir, commonDir: resolve(gitDir, common.trim()) };
  }
  return undefined;
}

/** Every name under which git may meet the repository, for its check of the owner. */
export async function localGitDirectories(path: string): Promise<readonly string[]> {
  const found = await findLocalRepository(path);
  const named = [path, join(path, '.git'), ...(found ? [found.gitDir, found.commonDir] : [])];
  const real = await Promise.all(named.map((each) => realpath(each).catch(() => each)));
  return [...new Set([...named, ...real])].filter((each) => !/[\r\n]/.test(each));
}

/** A `.git` file holds `gitdir: PATH`. */
async function pointedTo(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return path;
  if (!found?.isFile() || found.size > 4096) return undefined;
  const target = /^gitdir: (.+)$/m.exec(await readFile(path, 'utf8'))?.[1];
  return target === undefined ? undefined : resolve(dirname(path), target.trim());
}

const exists = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;
