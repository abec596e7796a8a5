import { compareText, Failure, toBlobId } from '../../schemas/domain/index.ts';
import type { TreeEntry } from '../reconcile/ports.ts';
import type { SourceLimits } from './limits.ts';
import { corrupt, type ObjectReader } from './object-reader.ts';
import { parseTree, type RawTreeEntry, SUBMODULE_MODE, TREE_MODE } from './tree-object.ts';

/** A tree entry with the size of its blob; 0 for trees and submodules. */
interface SizedEntry extends RawTreeEntry {
  readonly size: number;
}

interface Folder {
  readonly prefix: string;
  readonly lossy: boolean;
  readonly tree: string;
}

const KEPT_ENTRIES = 200_000;

/**
 * Lists trees as `ls-tree -r -l` does, but from objects that were held against their ids, and
 * reads only those it has not seen: a push that changes one file costs the trees above that file.
 */
export class TreeWalker {
  readonly #objects: ObjectReader;
  readonly #limits: SourceLimits;
  /** By tree id, least recently used first. */
  readonly #known = new Map<string, readonly SizedEntry[]>();
  #keptEntries = 0;

  constructor(objects: ObjectReader, limits: SourceLimits) {
    this.#objects = objects;
    this.#limits = limits;
  }

  /** Id of the tree at a path of folders below `root`; undefined where there is no such folder. */
  async find(root: string, folder: string): Promise<string | undefined> {
    let tree = root;
    for (const name of folder.split('/').filter((part) => part !== '')) {
      const entries = (await this.#read([tree])).get(tree);
      const entry = entries?.find((each) => each.name === name && each.mode === TREE_MODE);
      if (!entry) return undefined;
      tree = entry.id;
    }
    return tree;
  }

  async isEmpty(tree: string): Promise<boolean> {
    return (await this.#read([tree])).get(tree)?.length === 0;
  }

  /**
   * Everything below a tree, by path. Level by level, so that a tree of ten objects and ten
   * thousand million paths ends at the limit; folders count, since a bomb may hold no files.
   * @throws Failure TooManyFiles, RepositoryLimit, MirrorCorrupt
   */
  async list(tree: string): Promise<readonly TreeEntry[]> {
    const budget = new ListingBudget(this.#limits);
    const found: TreeEntry[] = [];
    let level: readonly Folder[] = [{ prefix: '', lossy: false, tree }];
    while (level.length > 0) {
      const trees = await this.#read(level.map((folder) => folder.tree));
      const next: Folder[] = [];
      for (const folder of level) {
        for (const entry of trees.get(folder.tree) ?? []) {
          const path = folder.prefix + entry.name;
          const lossy = folder.lossy || entry.lossy;
          budget.charge(path);
          if (entry.mode === TREE_MODE) next.push({ prefix: `${path}/`, lossy, tree: entry.id });
          else found.push(asTreeEntry(entry, path, lossy));
        }
      }
      level = next;
    }
    return found.sort((a, b) => compareText(a.path, b.path));
  }

  /** The entries of each tree, with sizes. */
  async #read(ids: readonly string[]): Promise<ReadonlyMap<string, readonly SizedEntry[]>> {
    const trees = new Map<string, readonly SizedEntry[]>();
    const missing = new Set<string>();
    for (const id of ids) {
      const known = this.#recall(id);
      if (known) trees.set(id, known);
      else missing.add(id);
    }
    const fresh = await this.#fetch([...missing]);
    const sizes = await this.#sizes([...fresh.values()].flat());
    for (const [id, entries] of fresh) {
      const sized = entries.map((entry) => ({ ...entry, size: sizes.get(entry.id) ?? 0 }));
      trees.set(id, sized);
      this.#keep(id, sized);
    }
    return trees;
  }

  async #fetch(ids: readonly string[]): Promise<Map<string, readonly RawTreeEntry[]>> {
    const headers = await this.#objects.headers(ids);
    headers.forEach((header, index) => {
      if (header?.type !== 'tree') throw corrupt(`folder ${ids[index]} is missing`);
      if (header.size <= this.#limits.maxFileBytes) return;
      throw tooLarge('RepositoryLimit', `a single folder has ${header.size} bytes`);
    });
    const objects = await this.#objects.contents(ids);
    return new Map(objects.map(({ id, content }) => [id, parsed(id, content)]));
  }

  async #sizes(entries: readonly RawTreeEntry[]): Promise<ReadonlyMap<string, number>> {
    const isBlob = ({ mode }: RawTreeEntry) => mode !== TREE_MODE && mode !== SUBMODULE_MODE;
    const ids = [...new Set(entries.filter(isBlob).map((entry) => entry.id))];
    if (ids.length > this.#limits.maxEntries) throw tooManyFiles(this.#limits);
    const headers = await this.#objects.headers(ids);
    return new Map(
      headers.map((header, index) => {
        if (header?.type !== 'blob') throw corrupt(`file ${ids[index]} is missing`);
        return [header.id, header.size];
      }),
    );
  }

  #recall(id: string): readonly SizedEntry[] | undefined {
    const entries = this.#known.get(id);
    if (!entries) return undefined;
    this.#known.delete(id);
    this.#known.set(id, entries);
    return entries;
  }

  #keep(id: string, entries: readonly SizedEntry[]): void {
    this.#known.set(id, entries);
    this.#keptEntries += entries.length + 1;
    for (const [oldest, old] of this.#known) {
      if (this.#keptEntries <= KEPT_ENTRIES) break;
      this.#known.delete(oldest);
      this.#keptEntries -= old.length + 1;
    }
  }
}

class ListingBudget {
  readonly #limits: SourceLimits;
  #entries = 0;
  #bytes = 0;

  constructor(limits: SourceLimits) {
    this.#limits = limits;
  }

  /** @throws Failure TooManyFiles, RepositoryLimit */
  charge(path: string): void {
    this.#entries += 1;
    this.#bytes += path.length;
    if (this.#entries > this.#limits.maxEntries) throw tooManyFiles(this.#limits);
    if (this.#bytes <= this.#limits.maxListingBytes) return;
    const what = `its paths are longer than ${this.#limits.maxListingBytes} letters together`;
    throw tooLarge('RepositoryLimit', what);
  }
}

function parsed(id: string, content: Uint8Array): readonly RawTreeEntry[] {
  try {
    return parseTree(content, id.length / 2);
  } catch (error) {
    throw corrupt(`folder ${id}: ${String(error)}`, error);
  }
}

function asTreeEntry(entry: SizedEntry, path: string, lossy: boolean): TreeEntry {
  const { mode, size } = entry;
  const blob = toBlobId(entry.id);
  return lossy ? { path, mode, size, blob, notUtf8: true } : { path, mode, size, blob };
}

const tooManyFiles = (limits: SourceLimits): Failure =>
  tooLarge('TooManyFiles', `it holds more than ${limits.maxEntries} files and folders`);

function tooLarge(code: string, what: string): Failure {
  return new Failure(code, `the repository is too large under the configured path: ${what}`, {
    retry: 'never',
  });
}
