import type { Issue } from '../../../../schemas/domain/index.ts';
import { fileIssue } from '../issues.ts';
import { YAML_LIMITS } from '../yaml/limits.ts';
import { HUGE_BYTES, tooLargeToRead } from './blob-reader.ts';
import { isPlainFile, refusal, SYMLINK, type TreeEntryLike } from './file-table.ts';
import { type IgnoreFile, isIgnored } from './ignore.ts';
import { inDotFolder, isYamlPath, pathFault } from './judge-path.ts';

export interface JudgedTree {
  /** YAML files to be looked at. */
  readonly candidates: readonly TreeEntryLike[];
  readonly issues: readonly Issue[];
  /** Files that may have declared something and cannot be read: keep what they declared. */
  readonly held: readonly string[];
  /** Links and submodules: what was declared below such a path stays too. */
  readonly heldFolders: readonly string[];
}

/** Phase 1: which files of the tree are looked at, and which must not be. */
export function judgeTree(
  entries: readonly TreeEntryLike[],
  ignore: readonly IgnoreFile[],
  root: string,
): JudgedTree {
  const candidates: TreeEntryLike[] = [];
  const issues: Issue[] = [];
  const held: string[] = [];
  const heldFolders: string[] = [];
  for (const entry of entries) {
    const { path } = entry;
    const yaml = isYamlPath(path);
    const odd = !isPlainFile(entry) || pathFault(path) !== undefined;
    if (!yaml && !odd) continue;
    if (inDotFolder(path, root) || isIgnored(ignore, path)) continue;
    const issue = judgeEntry(entry, yaml, odd);
    if (!issue) {
      candidates.push(entry);
      continue;
    }
    issues.push(issue);
    if (yaml) held.push(path);
    else if (!isPlainFile(entry)) heldFolders.push(path);
  }
  return { candidates, issues, held, heldFolders };
}

function judgeEntry(entry: TreeEntryLike, yaml: boolean, odd: boolean): Issue | undefined {
  const { path, size } = entry;
  if (odd) {
    const refused = refusal(entry);
    if (!refused) return undefined;
    const code = yaml ? refused.code : warningFor(entry);
    return fileIssue(code, path, refused.message, refused.hint);
  }
  if (size <= YAML_LIMITS.fileBytes) return undefined;
  const { code, message } = tooLargeToRead(size, YAML_LIMITS.fileBytes, 'yaml');
  const hint =
    size > HUGE_BYTES ? undefined : 'split it, or name it in .skepignore if it is not for skep';
  return fileIssue(code, path, message, hint);
}

function warningFor(entry: TreeEntryLike): 'W_REPO_SYMLINK' | 'W_REPO_SUBMODULE' | 'W_REPO_PATH' {
  if (isPlainFile(entry)) return 'W_REPO_PATH';
  return entry.mode === SYMLINK ? 'W_REPO_SYMLINK' : 'W_REPO_SUBMODULE';
}
