import { posix } from 'node:path';
import type { Issue } from '../../../../schemas/domain/index.ts';
import { fileIssue } from '../issues.ts';
import type { Pacer } from '../pacer.ts';
import { TOO_MUCH_HINT, YAML_LIMITS } from '../yaml/limits.ts';
import { tooLargeToRead } from './blob-reader.ts';
import { isPlainFile, refusal, SYMLINK, type TreeEntryLike } from './file-table.ts';
import { type IgnoreFile, isIgnored } from './ignore.ts';
import { hasOddPart, inDotFolder, isYamlPath, pathFault } from './judge-path.ts';
import { IGNORE_NAME } from './read-ignore.ts';

type Judging = { [K in keyof JudgedTree]: JudgedTree[K][number][] };

/** Entries that are judged without a look at the pacer. */
const ENTRIES_PER_SLICE = 200;

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
export async function judgeTree(
  entries: readonly TreeEntryLike[],
  ignore: readonly IgnoreFile[],
  root: string,
  pacer: Pacer,
): Promise<JudgedTree> {
  const judged: Judging = { candidates: [], issues: [], held: [], heldFolders: [] };
  const patterns = ignore.reduce((sum, file) => sum + file.patterns.length, 0);
  for (const [index, entry] of entries.entries()) {
    if (index % ENTRIES_PER_SLICE === 0) await pacer.spent(ENTRIES_PER_SLICE * (1 + patterns / 5));
    const odd = !isPlainFile(entry) || pathFault(entry.path) !== undefined;
    if (!odd && !isYamlPath(entry.path)) continue;
    if (posix.basename(entry.path) === IGNORE_NAME) continue;
    if (inDotFolder(entry.path, root) && !hasOddPart(entry.path)) continue;
    if (isIgnored(ignore, entry.path)) continue;
    sortEntry(entry, odd, judged);
  }
  return judged;
}

function sortEntry(entry: TreeEntryLike, odd: boolean, judged: Judging): void {
  const yaml = isYamlPath(entry.path);
  const issue = judgeEntry(entry, yaml, odd);
  if (!issue) {
    judged.candidates.push(entry);
    return;
  }
  judged.issues.push(issue);
  if (yaml) judged.held.push(entry.path);
  else if (!isPlainFile(entry)) judged.heldFolders.push(entry.path);
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
  return fileIssue(code, path, message, TOO_MUCH_HINT);
}

function warningFor(entry: TreeEntryLike): 'W_REPO_SYMLINK' | 'W_REPO_SUBMODULE' | 'W_REPO_PATH' {
  if (isPlainFile(entry)) return 'W_REPO_PATH';
  return entry.mode === SYMLINK ? 'W_REPO_SYMLINK' : 'W_REPO_SUBMODULE';
}
