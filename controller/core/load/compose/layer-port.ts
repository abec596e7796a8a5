import type { FileRead } from './files.ts';
import type { ComposeMap, ComposeNode } from './node.ts';
import type { Reading } from './reading.ts';
import type { Resets } from './resets.ts';
import type { Lookup } from './template.ts';

/** One document of a file, as it stands there. */
export interface LayerDocument {
  readonly file: string;
  readonly root: ComposeMap;
}

/** Where a file is named in another one. */
export interface Asked {
  readonly node: ComposeNode;
  readonly path: string;
}

/** A file that is only looked up: neither checked nor merged with the others. */
export interface PlainFile {
  readonly root: ComposeMap;
  readonly resets: Resets | undefined;
}

/** One file's services, for others to build on. */
export interface ServiceSource {
  readonly file: string;
  readonly services: ComposeMap;
  readonly resets: Resets | undefined;
  /** Results so far: a service that many build on is made once. */
  readonly done: Map<string, ComposeNode>;
}

/** What `extends` and `include` need of the files that they stand in. */
export interface LayerPort {
  readonly reading: Reading;
  /** Relative paths start here. */
  readonly directory: string;
  readonly lookup: Lookup;
  /** Files on the way here, outermost first. */
  readonly including: readonly string[];
  /** Files that services extend, by the path as written; null = there is none. */
  readonly extended: Map<string, ServiceSource | null>;
  readonly read: (path: string, wanted: 'bytes' | 'yaml') => FileRead;
  /** A path as written here -> one for `read`; what is remote or leads outside is reported. */
  resolve(written: string, node: ComposeNode, path: string): string | undefined;
  readDocuments(file: string, asked: Asked): readonly LayerDocument[];
  loadPlain(file: string, asked: Asked): PlainFile | undefined;
  /** Merges files of another folder, with variables of their own. */
  mergeElsewhere(
    directory: string,
    lookup: Lookup,
    files: readonly (Asked & { readonly file: string })[],
  ): ComposeMap | undefined;
}
