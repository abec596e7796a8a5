import { readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { watch } from 'chokidar';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import { findLocalRepository } from './local-repository.ts';

export interface ReferenceWatch {
  /** False once the watched directory is no longer the one at that path. */
  isCurrent(): Promise<boolean>;
  /** Where the branch is; undefined where that cannot be told without asking git. */
  tip(branch: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

const WATCHED_FILES = new Set(['HEAD', 'packed-refs']);

const READY_TIMEOUT_MS = 5_000;

/**
 * Watches the references of a local repository: loose ones, packed ones, reftables. Objects are
 * not watched, and git's lock files are not looked at.
 * @returns undefined where there is no repository (yet).
 */
export async function watchReferences(options: {
  readonly path: string;
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<ReferenceWatch | undefined> {
  const { path, onChange, clock, logger } = options;
  const found = await findLocalRepository(path);
  if (!found) return undefined;
  const { commonDir } = found;
  const identity = await identityOf(commonDir);
  const watcher = watch(commonDir, {
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    ignored: (each) => !isReference(commonDir, each),
  });
  watcher.on('all', onChange);
  watcher.on('error', (error) => {
    logger.warn({ error: String(error), path }, 'the repository cannot be watched, only polled');
  });
  let cancel = () => {};
  await new Promise<void>((resolve) => {
    watcher.once('ready', resolve);
    watcher.once('error', () => resolve());
    cancel = clock.setTimer(READY_TIMEOUT_MS, resolve);
  });
  cancel();
  return {
    isCurrent: async () => identity !== undefined && identity === (await identityOf(commonDir)),
    tip: (branch) => looseTip(commonDir, branch),
    stop: () => watcher.close(),
  };
}

function isReference(root: string, path: string): boolean {
  if (path === root) return true;
  const inside = path.startsWith(root + sep) ? path.slice(root.length + 1).split(sep) : [];
  const [first = '', second] = inside;
  if (path.endsWith('.lock')) return false;
  if (first === 'refs') return second === undefined || second === 'heads';
  return first === 'reftable' || (inside.length === 1 && WATCHED_FILES.has(first));
}

async function looseTip(commonDir: string, branch: string): Promise<string | undefined> {
  const text = await readFile(join(commonDir, 'refs', 'heads', branch), 'utf8').catch(() => '');
  return /^([0-9a-f]{40,64})\n$/.exec(text)?.[1];
}

async function identityOf(directory: string): Promise<string | undefined> {
  const found = await stat(directory).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
}
