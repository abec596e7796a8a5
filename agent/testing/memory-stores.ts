import type { JournalFile } from '../execute/journal.ts';
import type { FileStore, MountedTree, StoredFile, TreeStore } from '../execute/ports.ts';

/** A journal's file in memory; it outlives the journal as a disk outlives a process. */
export class MemoryJournalFile implements JournalFile {
  text: string;
  /** How often something was forced to disk. */
  synced = 0;

  constructor(text = '') {
    this.text = text;
  }

  async read(): Promise<string> {
    return this.text;
  }

  async append(text: string, sync: boolean): Promise<void> {
    this.text += text;
    if (sync) this.synced += 1;
  }

  async replace(text: string): Promise<void> {
    this.text = text;
    this.synced += 1;
  }
}

export class MemoryFileStore implements FileStore {
  readonly files = new Map<string, Uint8Array>();
  /** Symbolic links of host paths. */
  readonly links = new Map<string, string>();

  async path(file: StoredFile): Promise<string | undefined> {
    const path = pathOf(file);
    return this.files.has(path) ? path : undefined;
  }

  async put(file: StoredFile, content: Uint8Array): Promise<void> {
    this.files.set(pathOf(file), content);
  }

  async resolved(path: string): Promise<string> {
    return this.links.get(path) ?? path;
  }
}

export class MemoryTreeStore implements TreeStore {
  readonly trees = new Map<string, string>();

  async path(source: string): Promise<string | undefined> {
    return this.trees.has(source) ? `/data/trees/${source}` : undefined;
  }

  async size(): Promise<number> {
    return 0;
  }

  async put({ source, entries }: MountedTree): Promise<'done' | 'unchanged'> {
    const text = JSON.stringify(entries);
    if (this.trees.get(source) === text) return 'unchanged';
    this.trees.set(source, text);
    return 'done';
  }
}

const pathOf = ({ sha256, mode, uid, gid }: StoredFile): string =>
  `/data/files/${sha256}-${mode.toString(8)}-${uid}-${gid}`;
