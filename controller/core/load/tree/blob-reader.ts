import { type BlobId, sha256 } from '../../../../schemas/domain/index.ts';
import type { AppFiles } from '../apps/load-app.ts';
import { type BlobRecord, type LoadCache, sha256Of } from '../cache.ts';
import type { FileRead } from '../compose/files.ts';
import { SHIPPED_LIMITS } from '../compose/paths.ts';
import type { Pacer } from '../pacer.ts';
import { YAML_LIMITS } from '../yaml/limits.ts';
import { parseYamlSliced } from '../yaml/parse.ts';
import { type FileTable, isExecutable } from './file-table.ts';

/** From here on a file is not looked at, whatever it is called. */
const HUGE_BYTES = 16 * 1024 * 1024;
const READ_BATCH = { files: 500, bytes: 8 * 1024 * 1024 };
const US_PER_SLICE = 4_000;
const US_PER_BYTE = 0.2;

export type ReadBlobs = (ids: readonly BlobId[]) => Promise<ReadonlyMap<BlobId, Uint8Array>>;

/**
 * Files of one revision: bytes and parsed forms at hand for this load, fetched in batches. What
 * was fetched stays at hand to the end of the load, however small the cache is.
 */
export class BlobReader implements AppFiles {
  readonly #table: FileTable;
  readonly #cache: LoadCache;
  readonly #readBlobs: ReadBlobs;
  readonly #pacer: Pacer;
  readonly #atHand = new Map<BlobId, BlobRecord>();
  /** Paths whose parsed form somebody waits for, whatever they are called. */
  readonly #unparsed = new Set<string>();

  constructor(table: FileTable, cache: LoadCache, readBlobs: ReadBlobs, pacer: Pacer) {
    this.#table = table;
    this.#cache = cache;
    this.#readBlobs = readBlobs;
    this.#pacer = pacer;
  }

  /** Brings what was answered with `later` to hand. */
  async bring(paths: ReadonlySet<string>): Promise<void> {
    await this.fetch(paths);
    await this.parse([...paths].filter((path) => this.#unparsed.has(path)));
  }

  /** Brings files to hand; unknown paths and what is refused are left out. */
  async fetch(paths: Iterable<string>): Promise<void> {
    const wanted = new Map<BlobId, number>();
    for (const path of paths) {
      const entry = this.#table.entry(path);
      if (!entry || this.#table.kindOf(path).kind !== 'file' || entry.size > HUGE_BYTES) continue;
      if (!this.record(entry.blob)) wanted.set(entry.blob, entry.size);
    }
    for (const batch of batches(wanted)) {
      const found = await this.#readBlobs(batch);
      for (const id of batch) {
        const bytes = found.get(id);
        if (!bytes) throw new Error(`the reader gave no bytes for blob ${id}`);
        this.#keep(id, { bytes });
      }
    }
  }

  /** Parses files that are at hand and are not parsed yet, in slices. */
  async parse(paths: Iterable<string>): Promise<void> {
    for (const path of paths) {
      const entry = this.#table.entry(path);
      const record = entry && this.record(entry.blob);
      if (!record || record.yaml) continue;
      const steps = parseYamlSliced(record.bytes);
      let step = steps.next();
      while (!step.done) {
        await this.#pacer.spent(US_PER_SLICE);
        step = steps.next();
      }
      record.yaml = step.value;
      await this.#pacer.spent(record.bytes.length * US_PER_BYTE);
    }
  }

  record(id: BlobId): BlobRecord | undefined {
    const known = this.#atHand.get(id);
    if (known) return known;
    const cached = this.#cache.blobs.get(id);
    if (cached) this.#atHand.set(id, cached);
    return cached;
  }

  read(path: string, wanted: 'bytes' | 'yaml'): FileRead {
    const kind = this.#table.kindOf(path);
    if (kind.kind === 'refused') return kind;
    const entry = this.#table.entry(path);
    if (kind.kind !== 'file' || !entry) return notAFile(kind.kind, path);
    const limit = wanted === 'yaml' ? YAML_LIMITS.fileBytes : SHIPPED_LIMITS.fileBytes;
    if (entry.size > limit) return tooLargeToRead(entry.size, limit, wanted);
    const record = this.record(entry.blob);
    if (record && isLfsPointer(record.bytes)) return lfsRefusal(path);
    if (!record || (wanted === 'yaml' && !record.yaml)) {
      if (wanted === 'yaml') this.#unparsed.add(path);
      return { kind: 'later' };
    }
    const { bytes, yaml } = record;
    return { kind: 'file', bytes, ...(yaml && { yaml }) };
  }

  kindOf(path: string) {
    return this.#table.kindOf(path);
  }

  below(path: string): readonly string[] {
    return this.#table.below(path).map((entry) => entry.path);
  }

  content(path: string) {
    const entry = this.#table.entry(path);
    const record = entry && this.record(entry.blob);
    if (!entry || !record) return undefined;
    const file = {
      sha256: sha256Of(record),
      size: record.bytes.length,
      executable: isExecutable(entry),
    };
    return { file, bytes: record.bytes };
  }

  stamp(path: string): string {
    if (path.endsWith('/')) return this.#folderStamp(path.slice(0, -1));
    const entry = this.#table.entry(path);
    if (entry) return `${entry.mode} ${entry.blob}`;
    const kind = this.#table.kindOf(path);
    return kind.kind === 'refused' ? kind.message : kind.kind;
  }

  #folderStamp(folder: string): string {
    const lines = this.#table
      .below(folder)
      .map(({ path, mode, blob }) => `${mode} ${blob} ${path}`);
    return sha256(lines.join('\n'));
  }

  #keep(id: BlobId, record: BlobRecord): void {
    this.#atHand.set(id, record);
    this.#cache.blobs.put(id, record);
  }
}

function* batches(wanted: ReadonlyMap<BlobId, number>): Iterable<readonly BlobId[]> {
  let batch: BlobId[] = [];
  let bytes = 0;
  for (const [id, size] of wanted) {
    batch.push(id);
    bytes += size;
    if (batch.length < READ_BATCH.files && bytes < READ_BATCH.bytes) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

const LFS = new TextEncoder().encode('version https://git-lfs.github.com/spec/');

/** A file whose content is elsewhere. */
export const isLfsPointer = (bytes: Uint8Array): boolean =>
  bytes.length < 1_024 && LFS.every((byte, index) => bytes[index] === byte);

type Refused = Extract<FileRead, { kind: 'refused' }>;

export function lfsRefusal(path: string): Refused {
  const message = `${JSON.stringify(path)} is a Git LFS pointer, not the file`;
  const hint = 'commit the file itself';
  return { kind: 'refused', code: 'E_REPO_LFS', message, hint };
}

function notAFile(kind: 'missing' | 'directory' | 'file', path: string): FileRead {
  if (kind !== 'directory') return { kind: 'missing' };
  const message = `${JSON.stringify(path)} is a folder`;
  return { kind: 'refused', code: 'E_REPO_DIRECTORY', message, hint: 'name one file' };
}

export function tooLargeToRead(size: number, limit: number, wanted: 'bytes' | 'yaml'): Refused {
  const message = `${size} bytes; ${limit / 1024} KiB are allowed`;
  const hint = wanted === 'yaml' ? 'split it into several files' : 'put it into an image instead';
  if (size > HUGE_BYTES) return { kind: 'refused', code: 'E_REPO_FILE_TOO_LARGE', message, hint };
  const code = wanted === 'yaml' ? 'E_YAML_SIZE' : 'E_FILE_TOO_LARGE';
  return { kind: 'refused', code, message, hint };
}
