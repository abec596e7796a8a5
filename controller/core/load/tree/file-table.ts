import { type BlobId, compareText } from '../../../../schemas/domain/index.ts';
import type { FileRead, PathKind } from '../compose/files.ts';
import { pathFault } from './judge-path.ts';

/** One entry of a commit's tree; the shape of `TreeEntry` in reconcile/ports.ts. */
export interface TreeEntryLike {
  readonly path: string;
  readonly mode: string;
  readonly size: number;
  readonly blob: BlobId;
}

export const SYMLINK = '120000';
const SUBMODULE = '160000';
const EXECUTABLE = '100755';

export const isPlainFile = (entry: TreeEntryLike): boolean =>
  entry.mode !== SYMLINK && entry.mode !== SUBMODULE;

export const isExecutable = (entry: TreeEntryLike): boolean => entry.mode === EXECUTABLE;

type Refused = Extract<FileRead, { kind: 'refused' }>;

/** The tree of a revision, by path. */
export class FileTable {
  readonly #entries: ReadonlyMap<string, TreeEntryLike>;
  #folders: ReadonlySet<string> | undefined;
  #sorted: readonly TreeEntryLike[] | undefined;

  constructor(entries: readonly TreeEntryLike[]) {
    this.#entries = new Map(entries.map((entry) => [entry.path, entry]));
  }

  entry(path: string): TreeEntryLike | undefined {
    return this.#entries.get(path);
  }

  /** What a path is; links, submodules and odd names are refused, also on the way there. */
  kindOf(path: string): PathKind {
    const entry = this.#entries.get(path);
    if (entry) return refusal(entry) ?? { kind: 'file', size: entry.size };
    return this.#refusedParent(path) ?? { kind: this.isFolder(path) ? 'directory' : 'missing' };
  }

  isFolder(path: string): boolean {
    this.#folders ??= foldersOf(this.#entries.keys());
    return path === '' || this.#folders.has(path);
  }

  /** Every entry below a folder, by path; of the root, all. */
  below(folder: string): readonly TreeEntryLike[] {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => compareText(a.path, b.path));
    if (folder === '') return this.#sorted;
    const start = `${folder}/`;
    const found: TreeEntryLike[] = [];
    for (let at = firstFrom(this.#sorted, start); ; at += 1) {
      const entry = this.#sorted[at];
      if (!entry?.path.startsWith(start)) return found;
      found.push(entry);
    }
  }

  #refusedParent(path: string): Refused | undefined {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      const entry = this.#entries.get(path.slice(0, at));
      const refused = entry && refusal(entry);
      if (refused) return refused;
    }
    return undefined;
  }
}

/** Why an entry cannot be used, whoever refers to it. */
export function refusal(entry: TreeEntryLike): Refused | undefined {
  const { path } = entry;
  if (entry.mode === SYMLINK) {
    const message = `${JSON.stringify(path)} is a symbolic link`;
    const hint = 'put the file itself there; links are never followed';
    return { kind: 'refused', code: 'E_REPO_SYMLINK', message, hint };
  }
  if (entry.mode === SUBMODULE) {
    const message = `${JSON.stringify(path)} is a submodule`;
    const hint = 'copy what is needed into the repository; submodules are never fetched';
    return { kind: 'refused', code: 'E_REPO_SUBMODULE', message, hint };
  }
  const fault = pathFault(path);
  return fault === undefined
    ? undefined
    : { kind: 'refused', code: 'E_REPO_PATH', message: fault, hint: 'rename it' };
}

/** Where the first path that is not before `start` stands. */
function firstFrom(sorted: readonly TreeEntryLike[], start: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareText(sorted[middle]?.path ?? '', start) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}
