import { posix } from 'node:path';
import type { Issue } from '../../../../schemas/domain/index.ts';
import { fileIssue, issueAt } from '../issues.ts';
import { decodeText } from '../yaml/decode.ts';
import { lineStartsOf, placeOf } from '../yaml/text.ts';
import type { BlobReader } from './blob-reader.ts';
import type { TreeEntryLike } from './file-table.ts';
import {
  IGNORE_LIMITS,
  type IgnoreFile,
  ignoreAll,
  ignoreFault,
  isIgnored,
  parseIgnore,
} from './ignore.ts';
import { inDotFolder } from './judge-path.ts';

export const IGNORE_NAME = '.skepignore';

export interface IgnoreRead {
  readonly files: readonly IgnoreFile[];
  readonly issues: readonly Issue[];
  /** Folders whose .skepignore cannot be read: nothing in them is, and what they declared stays. */
  readonly held: readonly string[];
}

const HINT = 'until it is mended, what this folder declared stays and nothing else in it is read';

/** Phase 1a: the .skepignore files, outermost first. One that is ignored itself means nothing. */
export async function readIgnoreFiles(
  entries: readonly TreeEntryLike[],
  root: string,
  reader: BlobReader,
): Promise<IgnoreRead> {
  const found = entries
    .filter(({ path }) => posix.basename(path) === IGNORE_NAME && !inDotFolder(path, root))
    .sort((a, b) => a.path.length - b.path.length);
  await reader.fetch(found.filter(isSmall).map(({ path }) => path));
  const files: IgnoreFile[] = [];
  const issues: Issue[] = [];
  const held: string[] = [];
  for (const entry of found) {
    if (isIgnored(files, entry.path)) continue;
    const read = readOne(entry, reader);
    if ('patterns' in read) {
      files.push(read);
      continue;
    }
    const all = ignoreAll(entry.path);
    files.push(all);
    held.push(all.folder === '' ? '.' : all.folder);
    issues.push(read);
  }
  return { files, issues, held };
}

const isSmall = ({ size }: TreeEntryLike): boolean => size <= IGNORE_LIMITS.fileBytes;

function readOne(entry: TreeEntryLike, reader: BlobReader): IgnoreFile | Issue {
  const { path } = entry;
  if (!isSmall(entry)) {
    const message = `${entry.size} bytes; ${IGNORE_LIMITS.fileBytes / 1024} KiB are allowed`;
    return fileIssue('E_SKEPIGNORE', path, message, HINT);
  }
  const read = reader.read(path, 'bytes');
  if (read.kind === 'refused') return fileIssue(read.code, path, read.message, read.hint);
  const { text, fault } = decodeText(read.kind === 'file' ? read.bytes : new Uint8Array());
  const wrong = fault ?? ignoreFault(text);
  if (!wrong) return parseIgnore(path, text);
  const place = placeOf(path, lineStartsOf(text), wrong.at);
  return issueAt('E_SKEPIGNORE', place, '', wrong.message, HINT);
}
