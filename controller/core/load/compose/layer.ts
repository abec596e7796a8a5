import { posix } from 'node:path';
import { faultIssue } from '../issues.ts';
import type { YamlNode } from '../yaml/node.ts';
import { type ParsedYaml, parseYaml } from '../yaml/parse.ts';
import { placeOf } from '../yaml/text.ts';
import { adopt } from './adopt.ts';
import { applyExtends } from './extends.ts';
import { type FileRead, REMOTE, type Repository, repositoryPath } from './files.ts';
import { applyIncludes } from './include.ts';
import { interpolate, type Variables } from './interpolate.ts';
import type { Asked, LayerDocument, LayerPort, PlainFile, ServiceSource } from './layer-port.ts';
import { mergeFiles } from './merge.ts';
import type { ComposeMap, ComposeNode, Origin } from './node.ts';
import type { Reading } from './reading.ts';
import { applyResets, takeResets } from './resets.ts';
import { checkFile } from './schema/file.ts';
import type { Lookup } from './template.ts';
import { uniqueLists } from './unicity.ts';

/** What the files of one load share. */
export interface LayerWorld {
  readonly reading: Reading;
  readonly read: (path: string, wanted: 'bytes' | 'yaml') => FileRead;
  readonly repository?: Repository;
  /** Variables told of as not set. */
  readonly told: Set<string>;
  readonly strict: boolean;
  readonly grammar?: Variables['grammar'];
}

/**
 * Files that are merged with one another and share a folder and variables: those of the project,
 * or those of one include.
 */
export class Layer implements LayerPort {
  readonly reading: Reading;
  readonly world: LayerWorld;
  readonly directory: string;
  readonly lookup: Lookup;
  readonly including: readonly string[];
  readonly extended = new Map<string, ServiceSource | null>();

  constructor(
    world: LayerWorld,
    directory: string,
    lookup: Lookup,
    including: readonly string[] = [],
  ) {
    this.world = world;
    this.reading = world.reading;
    this.directory = directory;
    this.lookup = lookup;
    this.including = including;
  }

  /** The documents in order -> one merged tree that fits the specification. */
  merge(documents: readonly LayerDocument[]): ComposeMap | undefined {
    let merged: ComposeMap | undefined;
    for (const { file, root } of documents) {
      const filled = interpolate(this.reading, root, this.#variables());
      if (filled.kind !== 'map') continue;
      const taken = takeResets(filled);
      const whole = applyExtends(this, taken.root, file, taken.resets);
      const base = merged && (applyResets(merged, taken.resets) as ComposeMap);
      const including = new Layer(this.world, this.directory, this.lookup, [
        ...this.including,
        file,
      ]);
      const complete = applyIncludes(including, whole);
      const joined = base ? mergeFiles(this.reading, base, complete) : complete;
      merged = checkFile(this.reading, uniqueLists(joined));
    }
    return merged;
  }

  loadPlain(file: string, asked: Asked): PlainFile | undefined {
    let merged: PlainFile | undefined;
    for (const { root } of this.readDocuments(file, asked)) {
      const filled = interpolate(this.reading, root, this.#variables());
      if (filled.kind !== 'map') continue;
      const taken = takeResets(filled);
      const base = merged && (applyResets(merged.root, taken.resets) as ComposeMap);
      const joined = base ? mergeFiles(this.reading, base, taken.root) : taken.root;
      merged = { root: joined, resets: taken.resets };
    }
    return merged;
  }

  mergeElsewhere(
    directory: string,
    lookup: Lookup,
    files: readonly (Asked & { readonly file: string })[],
  ): ComposeMap | undefined {
    const inner = new Layer(this.world, directory, lookup, this.including);
    return inner.merge(files.flatMap((asked) => inner.readDocuments(asked.file, asked)));
  }

  /** @param asked absent for a file of the project itself. */
  readDocuments(file: string, asked?: Asked): readonly LayerDocument[] {
    const read = this.read(file, 'yaml');
    switch (read.kind) {
      case 'later':
        return [];
      case 'missing':
        this.#reportMissing(file, asked);
        return [];
      case 'refused': {
        const { code, message, hint } = read;
        if (asked) this.reading.at(code, asked.node, asked.path, message, hint);
        else this.reading.elsewhere(code, { file, line: 0, column: 0 }, message, hint);
        return [];
      }
      case 'file':
        return this.#documents(file, read.yaml ?? parseYaml(read.bytes));
    }
  }

  adoptRoot(root: YamlNode, origin: Origin): readonly LayerDocument[] {
    const { file, lineStarts } = origin;
    const adopted = adopt(this.reading, root, { file, lineStarts }, '');
    if (adopted.kind === 'map') return [{ file, root: adopted }];
    this.reading.at('E_TYPE', adopted, '', 'a Compose file must be a mapping');
    return [];
  }

  get read(): LayerWorld['read'] {
    return this.world.read;
  }

  resolve(written: string, node: ComposeNode, path: string): string | undefined {
    if (REMOTE.test(written)) {
      const message = 'only local files can be used here, nothing is fetched';
      const hint = 'copy the file into the repository';
      return this.reading.at('E_FIELD_NOT_ALLOWED', node, path, message, hint);
    }
    const { repository } = this.world;
    if (!repository) return posix.resolve(this.directory, written);
    const resolved = repositoryPath(written, this.directory, repository.reach);
    if ('path' in resolved) return resolved.path;
    return this.reading.at(resolved.code, node, path, resolved.message, resolved.hint);
  }

  #documents(file: string, yaml: ParsedYaml): readonly LayerDocument[] {
    const { issues } = this.reading;
    issues.push(...yaml.faults.map((fault) => faultIssue(fault, file, yaml.lineStarts)));
    if (yaml.faults.length > 0) return [];
    if (yaml.documents.length === 0) {
      const message = 'the Compose file is empty';
      this.reading.put('E_APP_EMPTY', { file, line: 1, column: 1 }, '', message);
    } else if (yaml.empty.length > 0) {
      const place = placeOf(file, yaml.lineStarts, yaml.empty[0] ?? 0);
      const hint = 'remove the --- that nothing follows';
      this.reading.put('E_TYPE', place, '', 'an empty document', hint);
    }
    const origin = { file, lineStarts: yaml.lineStarts };
    return yaml.documents.flatMap(({ root }) => this.adoptRoot(root, origin));
  }

  #reportMissing(file: string, asked?: Asked): void {
    if (!asked) {
      const place = { file, line: 0, column: 0 };
      this.reading.elsewhere('E_FILE_MISSING', place, 'the Compose file is not there');
      return;
    }
    const message = `the file ${JSON.stringify(file)} is not there`;
    this.reading.at('E_FILE_MISSING', asked.node, asked.path, message);
  }

  #variables() {
    const { told, strict, grammar } = this.world;
    return { lookup: this.lookup, told, strict, ...(grammar && { grammar }) };
  }
}
