import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

const exec = promisify(execFile);
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\/|^[^/]+@[^/]+:/i;

/**
 * What the controller follows: `hosted` is a bare repository in the data folder, made on the
 * first start; a path becomes absolute; an address stays as it is.
 * @throws CliError where a path leads nowhere.
 */
export async function repositoryFor(
  terminal: Terminal,
  repo: string,
  dataDir: string,
  branch: string,
): Promise<string> {
  if (repo === 'hosted') return await hosted(join(dataDir, 'git', 'skep.git'), branch);
  if (HAS_SCHEME.test(repo)) return repo;
  const path = resolve(terminal.cwd, repo);
  if (!existsSync(path)) {
    throw new CliError(`--repo: there is no ${path}`, '`hosted` makes one in the data folder');
  }
  return path;
}

async function hosted(path: string, branch: string): Promise<string> {
  if (existsSync(join(path, 'HEAD'))) return path;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await exec('git', ['init', '--quiet', '--bare', `--initial-branch=${branch}`, path]).catch(
    (error: Error) => {
      throw new CliError(`the hosted repository could not be made: ${error.message}`);
    },
  );
  return path;
}
