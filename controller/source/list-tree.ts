import { spawn } from 'node:child_process';
import type { Clock } from '../../kit/clock.ts';
import { Failure } from '../../schemas/domain/index.ts';
import { presentable } from './git.ts';
import { GIT_SETTINGS, type GitEnvironment } from './git-environment.ts';
import type { SourceLimits } from './limits.ts';
import { corrupt } from './object-reader.ts';
import { type ListedEntry, TreeParser } from './tree-parser.ts';

/**
 * Lists a tree with everything below it. The lister is killed the moment a limit is passed, so
 * that a tree of ten objects and ten thousand million paths costs nothing.
 * @throws Failure TooManyFiles, RepositoryLimit, MirrorCorrupt, Aborted
 */
export function listTree(options: {
  readonly tree: string;
  readonly directory: string;
  readonly environment: GitEnvironment;
  readonly limits: SourceLimits;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<readonly ListedEntry[]> {
  const entries: ListedEntry[] = [];
  const parser = new TreeParser(options.limits, (entry) => entries.push(entry));
  const settings = GIT_SETTINGS.flatMap((setting) => ['-c', setting]);
  const args = [...settings, 'ls-tree', '-r', '-t', '-l', '-z', '--full-tree', options.tree];
  const child = spawn('git', args, {
    cwd: options.directory,
    env: { ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let said = '';
    const finish = (error?: Error) => {
      cancel();
      options.signal.removeEventListener('abort', onAbort);
      child.kill('SIGKILL');
      child.stdout.destroy();
      if (error) reject(error);
      else resolve(entries);
    };
    const attempt = (step: () => void) => {
      try {
        step();
      } catch (error) {
        finish(error instanceof Failure ? error : corrupt(String(error), error));
      }
    };
    const onAbort = () => finish(new Failure('Aborted', 'listing the repository was given up'));
    const onDeadline = () =>
      finish(new Failure('RepositoryLimit', 'listing the repository took too long'));
    const cancel = options.clock.setTimer(options.limits.readTimeoutMs, onDeadline);
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (options.signal.aborted) onAbort();
    child.stdout.on('data', (chunk: Buffer) => attempt(() => parser.push(chunk)));
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-2000);
    });
    child.on('error', (error) => finish(corrupt(error.message, error)));
    child.on('close', (code) => {
      if (code !== 0) return finish(corrupt(presentable(said) || `ls-tree ended with ${code}`));
      attempt(() => parser.end());
      finish();
    });
  });
}
