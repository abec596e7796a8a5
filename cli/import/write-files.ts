import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../exit.ts';
import type { Files } from './written-app.ts';

/**
 * All of them or none, never over one that is there. Each is complete before it has its name, and
 * an App comes after all that it needs, so that nobody who looks meanwhile sees half of one.
 * @returns their paths, in the order in which they came.
 */
export function writeFiles(root: string, files: Files): readonly string[] {
  const present = [...files.keys()].filter((path) => existsSync(join(root, path)));
  if (present.length > 0) throw alreadyThere(present);
  const undo: (() => void)[] = [];
  try {
    makeFolder(root, undo);
    return link(root, files, undo);
  } catch (error) {
    for (const step of undo.reverse()) quietly(step);
    if (error instanceof CliError) throw error;
    throw new CliError(`nothing is written: ${(error as Error).message}`);
  }
}

function link(root: string, files: Files, undo: (() => void)[]): readonly string[] {
  const staging = mkdtempSync(join(root, '.skep-import-'));
  try {
    const paths = [...files.keys()].sort((a, b) => Number(isApp(a)) - Number(isApp(b)));
    const staged = paths.map((path, index) => {
      const file = join(staging, String(index));
      writeFileSync(file, files.get(path) ?? '', { flag: 'wx', flush: true });
      return [path, file] as const;
    });
    for (const [path, file] of staged) {
      const target = join(root, path);
      makeFolder(dirname(target), undo);
      linkAs(path, file, target);
      undo.push(() => unlinkSync(target));
    }
    return paths;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function linkAs(path: string, file: string, target: string): void {
  try {
    linkSync(file, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere([path]);
    throw error;
  }
}

/** With those above it; what was made is undone from within outwards, where nothing else came. */
function makeFolder(folder: string, undo: (() => void)[]): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  const made: string[] = [];
  for (let one = resolve(folder); one !== dirname(resolve(first)); one = dirname(one)) {
    made.unshift(one);
  }
  for (const one of made) undo.push(() => rmdirSync(one));
}

const isApp = (path: string): boolean => basename(path) === 'app.yaml';

const alreadyThere = (paths: readonly string[]): CliError =>
  new CliError(
    `${paths.join(', ')}: there already, and never overwritten`,
    'name another folder with --dir, or remove them',
  );

function quietly(step: () => void): void {
  try {
    step();
  } catch {
    // Something else is in it, or it is gone: the first fault is what counts.
  }
}
