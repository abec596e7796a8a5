import { resolve } from 'node:path';
import { createLoadCache, loadRevision } from '../../controller/core/load/load.ts';
import { strictIssues } from '../../controller/core/load/strict.ts';
import type { CommitSha, HostName, Issue } from '../../schemas/domain/index.ts';
import { isError } from '../../schemas/domain/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { paintWith } from '../render/colour.ts';
import { type IssueFormat, renderIssues } from '../render/issues.ts';
import type { Terminal } from '../terminal.ts';
import { readWorkingTree, rootOf } from '../working-tree.ts';

export interface ValidateOptions {
  readonly format: IssueFormat;
  readonly path: string;
  /** As if every App said `strict: true`. */
  readonly strict?: boolean;
}

/** Every phase of loading that needs no host, on a working tree. */
export async function validate(
  terminal: Terminal,
  dir: string,
  options: ValidateOptions,
): Promise<ExitCode> {
  const found = await validateTree(resolve(terminal.cwd, dir), options.path, terminal.now());
  const issues = options.strict ? strictIssues(found) : found;
  const text = renderIssues(issues, options.format, paintWith(terminal.colour));
  if (text !== '') terminal.out(text);
  return issues.some(isError) ? EXIT.error : EXIT.ok;
}

/** A revision that no commit has: the tree as it lies on the disk. */
const WORKING_TREE = '0'.repeat(40) as CommitSha;

async function validateTree(dir: string, path: string, now: number): Promise<readonly Issue[]> {
  const tree = await readWorkingTree(dir, path);
  const { issues } = await loadRevision({
    revision: WORKING_TREE,
    entries: tree.entries,
    root: rootOf(path),
    read: (ids) => tree.read(ids),
    cache: createLoadCache(),
    implicitHosts: ['local' as HostName],
    now,
    pause: () => new Promise((resume) => setImmediate(resume)),
  });
  return issues;
}
