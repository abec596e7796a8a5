import { posix } from 'node:path';
import type { Issue } from '../../../schemas/domain/index.ts';
import type { LoadCache } from './cache.ts';
import { faultIssue, fileIssue, issueAt } from './issues.ts';
import type { ReadYamlFile } from './manifests/declare.ts';
import { readManifests } from './manifests/read-manifests.ts';
import { Pacer } from './pacer.ts';
import type { LoadInput } from './result.ts';
import { BlobReader, isLfsPointer, lfsRefusal } from './tree/blob-reader.ts';
import { FileTable, type TreeEntryLike } from './tree/file-table.ts';
import { judgeTree } from './tree/judge-tree.ts';
import { readIgnoreFiles } from './tree/read-ignore.ts';
import { decodeText } from './yaml/decode.ts';
import { placeOf } from './yaml/text.ts';

/** Manifests that one pause may lie between, in rough microseconds each. */
const US_PER_MANIFEST_FILE = 50;

/** The tree of a revision with its manifests read (phases 1 to 3). */
export interface TreeRead {
  readonly pacer: Pacer;
  readonly table: FileTable;
  readonly reader: BlobReader;
  /** YAML files that may be looked at: not hidden, not ignored. */
  readonly candidates: readonly TreeEntryLike[];
  /** YAML files that parse. */
  readonly files: readonly ReadYamlFile[];
  /** Of files that cannot be read; left out where an app uses the file as something else. */
  readonly issues: readonly Issue[];
  readonly heldFiles: readonly string[];
  readonly heldFolders: readonly string[];
  /** Some YAML file was not even read: too large, or a link. */
  readonly unread: boolean;
  /** Whether a file that does not parse may declare this: its text has the word. */
  readonly mayHold: (word: string) => boolean;
}

export async function readTree(input: LoadInput): Promise<TreeRead> {
  const { cache, entries } = input;
  const pacer = new Pacer(input.pause);
  const table = new FileTable(entries);
  const reader = new BlobReader(table, cache, input.read, pacer);
  await pacer.spent(entries.length);
  const root = input.root ?? '';
  const ignore = await readIgnoreFiles(entries, root, reader);
  const judged = await judgeTree(entries, ignore.files, root, pacer);
  const unread = [...judged.held, ...ignore.held];
  const paths = judged.candidates.map((entry) => entry.path);
  await reader.fetch(paths);
  await reader.parse(paths);
  const issues = [...judged.issues, ...ignore.issues];
  const found: Found = { files: [], issues, held: [...unread], texts: [] };
  for (const path of paths) {
    readFile(path, reader, table, cache, found);
    await pacer.spent(US_PER_MANIFEST_FILE);
  }
  return {
    pacer,
    table,
    reader,
    candidates: judged.candidates,
    files: found.files,
    issues: found.issues,
    heldFiles: found.held,
    heldFolders: judged.heldFolders,
    unread: unread.length > 0,
    mayHold: (word) => found.texts.some((text) => hasWord(text, word)),
  };
}

interface Found {
  readonly files: ReadYamlFile[];
  readonly issues: Issue[];
  readonly held: string[];
  /** Texts of the files that do not parse. */
  readonly texts: string[];
}

function readFile(
  path: string,
  reader: BlobReader,
  table: FileTable,
  cache: LoadCache,
  found: Found,
): void {
  const entry = table.entry(path);
  const record = entry && reader.record(entry.blob);
  if (!record?.yaml) return;
  if (isLfsPointer(record.bytes)) {
    const { code, message, hint } = lfsRefusal(path);
    found.issues.push(fileIssue(code, path, message, hint));
    found.held.push(path);
    return;
  }
  const { faults, lineStarts } = record.yaml;
  if (faults.length > 0) {
    const hidden = posix.basename(path).startsWith('.');
    const text = decodeText(record.bytes).text;
    if (hidden && !text.includes('skep/')) return;
    found.issues.push(...faults.map((fault) => faultIssue(fault, path, lineStarts)));
    found.held.push(path);
    found.texts.push(text);
    return;
  }
  record.manifests ??= readManifests(record.yaml, cache.validate);
  found.files.push({ path, lineStarts, file: record.manifests });
  if (!record.manifests.held) return;
  found.held.push(path);
  found.texts.push(decodeText(record.bytes).text);
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + word.length] ?? ' ';
    if (!/[A-Za-z0-9-]/.test(before) && !/[A-Za-z0-9-]/.test(after)) return true;
  }
  return false;
}

/** Phase 9: YAML files that nothing uses, nor a file that cannot be read, and that declare nothing. */
export function unusedFiles(tree: TreeRead, used: ReadonlySet<string>): readonly Issue[] {
  return tree.files.flatMap(({ path, file, lineStarts }) => {
    const hidden = posix.basename(path).startsWith('.');
    if (file.others.length === 0 || used.has(path) || hidden) return [];
    if (tree.mayHold(posix.basename(path))) return [];
    if (file.manifests.length === 0 && !file.held) {
      const message = 'neither a manifest nor used by one';
      const hint = 'name it in .skepignore if it is not for skep';
      return [fileIssue('W_FILE_UNUSED', path, message, hint)];
    }
    return file.others.map((at) => {
      const place = placeOf(path, lineStarts, at);
      return issueAt('W_FILE_UNUSED', place, '', 'this document is not a manifest');
    });
  });
}
