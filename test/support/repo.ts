import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** A bare repository and a clone of it, as a user has them. */
export class Repo {
  readonly root: string;
  readonly bare: string;
  readonly work: string;

  private constructor(root: string) {
    this.root = root;
    this.bare = join(root, 'deploy.git');
    this.work = join(root, 'work');
  }

  static async create(files: Readonly<Record<string, string>> = {}): Promise<Repo> {
    const repo = new Repo(await mkdtemp(join(tmpdir(), 'skep-repo-')));
    await exec('git', ['init', '-q', '--bare', '-b', 'main', repo.bare]);
    await exec('git', ['clone', '-q', repo.bare, repo.work]);
    await repo.git('checkout', '-q', '-B', 'main');
    await repo.git('config', 'user.name', 'Test');
    await repo.git('config', 'user.email', 'test@example.com');
    if (Object.keys(files).length > 0) await repo.push(files);
    return repo;
  }

  async git(...args: string[]): Promise<string> {
    const { stdout } = await exec('git', ['-C', this.work, ...args]);
    return stdout.trim();
  }

  /** Writes files in the clone; null removes one. */
  async write(files: Readonly<Record<string, string | null>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.work, path);
      if (text === null) {
        await rm(file, { recursive: true, force: true });
        continue;
      }
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  /** Writes files, commits and pushes. @returns the commit. */
  async push(files: Readonly<Record<string, string | null>>, message = 'change'): Promise<string> {
    await this.write(files);
    await this.git('add', '-A');
    await this.git('commit', '-q', '--allow-empty', '-m', message);
    await this.git('push', '-q', 'origin', 'HEAD:main');
    return await this.git('rev-parse', 'HEAD');
  }

  async destroy(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
