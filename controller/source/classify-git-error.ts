import { Failure } from '../../schemas/domain/index.ts';
import type { GitError } from './git.ts';

/** What git says in the C locale; the first match wins. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/no space left on device|disk quota exceeded/i, 'DiskFull'],
  [/read-only file system/i, 'DataDirectory'],
  [/spawn git ENOENT/, 'GitMissing'],
  [/couldn't find remote ref/i, 'BranchNotFound'],
  [/shallow roots are not allowed|shallow update not allowed/i, 'SourceShallow'],
  [/error in object|fsck error|fatal: fsck/i, 'RepositoryRejected'],
  [/authentication failed|permission denied|could not read username|publickey/i, 'SourceDenied'],
  [/host key verification failed|dubious ownership|transport '.*' not allowed/i, 'SourceDenied'],
  [/repository .* not found|does not appear to be a git repository/i, 'SourceUnreachable'],
  [
    /unable to access|could not resolve|connection|could not read from remote/i,
    'SourceUnreachable',
  ],
  [/remote end hung up|early EOF|unexpected disconnect|protocol error/i, 'SourceUnreachable'],
];

const ADVICE: Readonly<Record<string, string>> = {
  DiskFull: 'the disk of the data directory is full',
  DataDirectory: 'the data directory cannot be written',
  GitMissing: 'git is not installed, or not in a folder of the system',
  BranchNotFound: 'the branch is not in the repository',
  SourceShallow: 'the repository is a shallow clone; complete it with git fetch --unshallow',
  RepositoryRejected: 'the repository holds objects that git refuses as malformed',
  SourceDenied: 'the repository refused access',
  SourceUnreachable: 'the repository could not be reached',
  RepositoryLimit: 'git said too much while it fetched the repository',
};

/**
 * What a failed fetch means. The only place that looks at git's words; whatever it does not know
 * is `MirrorCorrupt`, which a fresh mirror either heals or explains.
 */
export function classifyGitError(error: GitError, address: string): Failure {
  const code = codeOf(error);
  const advice = ADVICE[code] ?? 'the mirror of the repository could not be updated';
  const said = error.fault === 'timeout' ? 'the deadline passed' : error.message;
  return new Failure(code, `${advice} (${address}): ${said}`, { cause: error });
}

function codeOf(error: GitError): string {
  if (error.fault === 'timeout') return 'SourceUnreachable';
  if (error.fault === 'output') return 'RepositoryLimit';
  if (error.fault === 'aborted') return 'Aborted';
  return KNOWN.find(([pattern]) => pattern.test(error.message))?.[1] ?? 'MirrorCorrupt';
}

/** A fetch from a shallow clone brings nothing and still ends well. */
export const isShallowRefusal = (said: string): boolean => /shallow roots are not/i.test(said);

/** True where git told of a repository with another object format than the mirror's. */
export const isOtherObjectFormat = (error: GitError): boolean =>
  /mismatched algorithms|object format/i.test(error.message);
