import type {
  BlobId,
  CommitSha,
  HostName,
  SecretReader,
} from '../../../../schemas/domain/index.ts';
import { sha256, toBlobId, toCommitSha, toHostName } from '../../../../schemas/domain/index.ts';
import { createLoadCache, type LoadCache, type LoadResult, loadRevision } from '../load.ts';
import type { TreeEntryLike } from '../tree/file-table.ts';

export const REVISION: CommitSha = toCommitSha('c'.repeat(40));

export type FileContent =
  | string
  | Uint8Array
  | { readonly mode: string; readonly text?: string; readonly size?: number };

/** A repository in memory, by path. */
export interface MemoryRepository {
  readonly entries: readonly TreeEntryLike[];
  readonly blobs: ReadonlyMap<BlobId, Uint8Array>;
  /** Every id that was read, in order. */
  readonly reads: BlobId[];
}

export function aRepository(files: Readonly<Record<string, FileContent>>): MemoryRepository {
  const blobs = new Map<BlobId, Uint8Array>();
  const entries = Object.entries(files).map(([path, content]) => {
    const plain = typeof content === 'string' || content instanceof Uint8Array;
    const text = plain ? content : (content.text ?? '');
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    const blob = toBlobId(sha256(bytes).slice(0, 40));
    blobs.set(blob, bytes);
    const mode = plain ? '100644' : content.mode;
    const size = plain ? bytes.length : (content.size ?? bytes.length);
    return { path, mode, size, blob };
  });
  return { entries, blobs, reads: [] };
}

export interface LoadOptions {
  readonly cache?: LoadCache;
  readonly implicitHosts?: readonly HostName[];
  readonly now?: number;
  readonly root?: string;
  readonly pause?: () => Promise<void>;
  readonly revision?: CommitSha;
  readonly secrets?: SecretReader;
}

const sharedCache = createLoadCache();

/** Loads files as one revision, with the host `local` declared implicitly. */
export async function loadFiles(
  files: Readonly<Record<string, FileContent>>,
  options: LoadOptions = {},
): Promise<LoadResult> {
  return await loadRepository(aRepository(files), options);
}

export async function loadRepository(
  repository: MemoryRepository,
  options: LoadOptions = {},
): Promise<LoadResult> {
  return await loadRevision({
    revision: options.revision ?? REVISION,
    entries: repository.entries,
    read: async (ids) => {
      repository.reads.push(...ids);
      return new Map(
        ids.flatMap((id) => {
          const bytes = repository.blobs.get(id);
          return bytes ? [[id, bytes] as const] : [];
        }),
      );
    },
    cache: options.cache ?? sharedCache,
    implicitHosts: options.implicitHosts ?? [toHostName('local')],
    now: options.now ?? 0,
    pause: options.pause ?? (async () => undefined),
    ...(options.secrets && { secrets: options.secrets }),
    ...(options.root !== undefined && { root: options.root }),
  });
}

/** `file:line:column: CODE path` of every issue: what a table test compares. */
export function shown(result: { readonly issues: LoadResult['issues'] }): string[] {
  return result.issues.map(({ file, line, column, code, path }) => {
    return `${file}:${line}:${column}: ${code}${path === '' ? '' : ` ${path}`}`;
  });
}

/** Every issue as a person is shown it: place, code, path, message and hint. */
export function said(result: { readonly issues: LoadResult['issues'] }): string[] {
  return result.issues.map(({ file, line, column, code, path, message, hint }) => {
    const where = path === '' ? '' : ` ${path}`;
    return `${file}:${line}:${column}: ${code}${where}: ${message}${hint ? ` (${hint})` : ''}`;
  });
}

/** A manifest's text. */
export function manifest(kind: string, name: string, spec: string): string {
  const body = spec === '' ? '' : `spec:\n${spec.replace(/^/gm, '  ')}\n`;
  return `apiVersion: skep/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${body}`;
}
