import { createHash } from 'node:crypto';
import { createLoadCache, type LoadResult, loadRevision } from '../../controller/core/load/load.ts';
import { offlineReader } from '../../controller/core/load/sealed/open-secrets.ts';
import type { TreeEntryLike } from '../../controller/core/load/tree/file-table.ts';
import {
  type BlobId,
  type CommitSha,
  type HostName,
  type Issue,
  isError,
  type SecretReader,
  toProjectName,
} from '../../schemas/domain/index.ts';
import type { WorkingTree } from '../working-tree.ts';
import { type Files, sealedForShow } from './written-app.ts';

const NO_COMMIT = '0'.repeat(40) as CommitSha;
const PROJECT = toProjectName('default');

/** The repository that is written to, as it is before. */
export interface Repository {
  readonly tree: WorkingTree;
  readonly host: string | undefined;
  readonly now: number;
}

export interface Before {
  /** Errors it has already, by their text. */
  readonly known: ReadonlySet<string>;
  /** Whether some manifest speaks of the project, or of the host. */
  readonly hasProject: boolean;
  readonly hasHost: boolean;
}

/** Loads the repository with more files in it as a controller would, which can open `secrets`. */
export async function loadWith(
  { tree, host, now }: Repository,
  files: Files,
  secrets: Iterable<string> = [],
): Promise<LoadResult> {
  const added = new Map([...files].map(([path, text]) => [blobOf(path), text] as const));
  const entries: TreeEntryLike[] = [...files].map(([path, text]) => {
    return { path, mode: '100644', size: Buffer.byteLength(text), blob: blobOf(path) };
  });
  return await loadRevision({
    revision: NO_COMMIT,
    entries: [...tree.entries.filter(({ path }) => !files.has(path)), ...entries],
    root: '',
    async read(ids) {
      const known = await tree.read(ids);
      const own = ids.flatMap((id) => {
        const text = added.get(id);
        return text === undefined ? [] : [[id, new TextEncoder().encode(text)] as const];
      });
      return new Map([...known, ...own]);
    },
    cache: createLoadCache(),
    implicitHosts: [(host ?? 'local') as HostName],
    now,
    secrets: readerOf(secrets),
    pause: () => new Promise((resume) => setImmediate(resume)),
  });
}

/** Opens what is about to be sealed; of all else it is only known that it is there. */
function readerOf(secrets: Iterable<string>): SecretReader {
  const own = new Map([...secrets].map((value) => [sealedForShow(value), value] as const));
  return {
    async open(sealed) {
      const value = own.get(sealed.text.trim());
      return value === undefined
        ? await offlineReader.open(sealed)
        : { values: new Map([['', value]]) };
    },
  };
}

export async function loadBefore(repository: Repository): Promise<Before> {
  const { desired, issues, heldNames } = await loadWith(repository, new Map());
  const host = repository.host as HostName | undefined;
  const isHeld = (name: string) => heldNames.includes(name);
  return {
    known: new Set(issues.filter(isError).map(textOf)),
    hasProject: desired.projects.get(PROJECT)?.place !== undefined || isHeld(`Project/${PROJECT}`),
    hasHost:
      host !== undefined &&
      (desired.hosts.get(host)?.place !== undefined || isHeld(`Host/${host}`)),
  };
}

/** Errors that the new files bring, in them or in others. */
export function newErrors(
  issues: readonly Issue[],
  files: Files,
  { known }: Before,
): readonly Issue[] {
  return issues.filter(
    (issue) => isError(issue) && (files.has(issue.file) || !known.has(textOf(issue))),
  );
}

export const textOf = ({ file, line, code, path, message }: Issue): string =>
  [file, line, code, path, message].join('\0');

const blobOf = (path: string): BlobId =>
  createHash('sha1').update(`imported ${path}`).digest('hex') as BlobId;
