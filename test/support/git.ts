import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Nobody's configuration, one author, fixed times where none is given. */
const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Test Author',
  GIT_AUTHOR_EMAIL: 'author@example.org',
  GIT_COMMITTER_NAME: 'Test Author',
  GIT_COMMITTER_EMAIL: 'author@example.org',
};

/** Runs git in a directory and answers its trimmed standard output. */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  return await gitWith({ directory, args });
}

export async function gitWith(options: {
  readonly directory: string;
  readonly args: readonly string[];
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<string> {
  const running = run('git', [...options.args], {
    cwd: options.directory,
    env: { ...ENVIRONMENT, ...options.env },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (options.input !== undefined) running.child.stdin?.end(options.input);
  return (await running).stdout.trim();
}

/** A directory that goes away with `await using` or `remove()`. */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  remove(): Promise<void>;
}

export async function temporaryDirectory(prefix = 'skep-test-'): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  return { path, remove, [Symbol.asyncDispose]: remove };
}

/** Path -> content; null removes the file. A path that ends in `*` is made executable. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

export interface CommitOptions {
  readonly message?: string;
  /** Not pushed when false; true by default. */
  readonly push?: boolean;
  /** Replaces the last commit and pushes with force. */
  readonly amend?: boolean;
  readonly allowEmpty?: boolean;
}

/**
 * A bare repository as a team would push to, and a checkout that pushes to it, both in one
 * temporary directory.
 */
export class TestRepository implements AsyncDisposable {
  /** The bare repository: what SKEP_REPO names. */
  readonly path: string;
  readonly checkout: string;
  readonly branch: string;
  readonly #directory: TemporaryDirectory;

  private constructor(directory: TemporaryDirectory, branch: string) {
    this.#directory = directory;
    this.path = join(directory.path, 'repo.git');
    this.checkout = join(directory.path, 'checkout');
    this.branch = branch;
  }

  /** @param files of a first commit; none = the repository stays empty. */
  static async create(
    files?: Files,
    options: { readonly branch?: string; readonly objectFormat?: 'sha1' | 'sha256' } = {},
  ): Promise<TestRepository> {
    const branch = options.branch ?? 'main';
    const directory = await temporaryDirectory();
    const repository = new TestRepository(directory, branch);
    const format = `--object-format=${options.objectFormat ?? 'sha1'}`;
    const init = ['init', '--quiet', format, `--initial-branch=${branch}`];
    await git(directory.path, ...init, '--bare', repository.path);
    await git(directory.path, ...init, repository.checkout);
    await git(repository.checkout, 'remote', 'add', 'origin', repository.path);
    if (files) await repository.commit(files);
    return repository;
  }

  /** Writes the files, commits and pushes. @returns the new commit. */
  async commit(files: Files, options: CommitOptions = {}): Promise<string> {
    await this.write(files);
    await git(this.checkout, 'add', '--all');
    const amend = options.amend ? ['--amend'] : [];
    const empty = options.allowEmpty ? ['--allow-empty'] : [];
    const message = options.message ?? 'Change files';
    await git(this.checkout, 'commit', '--quiet', ...amend, ...empty, '-m', message);
    if (options.push ?? true) await this.push(options.amend ? ['--force'] : []);
    return await this.head();
  }

  async write(files: Files): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      const executable = name.endsWith('*');
      const path = join(this.checkout, executable ? name.slice(0, -1) : name);
      if (content === null) {
        await rm(path, { recursive: true });
        continue;
      }
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      if (executable) await chmod(path, 0o755);
    }
  }

  async push(options: readonly string[] = []): Promise<void> {
    await git(this.checkout, 'push', '--quiet', ...options, 'origin', this.branch);
  }

  /** The checkout's commit. */
  async head(): Promise<string> {
    return await git(this.checkout, 'rev-parse', 'HEAD');
  }

  async remove(): Promise<void> {
    await this.#directory.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}
