import { Failure } from '../../schemas/domain/index.ts';
import type { GitError } from './git.ts';

/** Said by git about the other side, in the C locale. First match wins. */
const REMOTE_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/couldn't find remote ref/i, 'BranchNotFound'],
  [/error in object|fsck error|unpack-objects.*strict|fatal: fsck/i, 'RepositoryRejected'],
  [/authentication failed|permission denied|could not read Username|publickey/i, 'SourceDenied'],
  [/host key verification failed/i, 'SourceDenied'],
  [/dubious ownership/i, 'SourceDenied'],
  [/transport '.*' not allowed/i, 'SourceDenied'],
  [/repository .* not found|does not appear to be a git repository/i, 'SourceUnreachable'],
  [
    /unable to access|could not resolve|connection|could not read from remote/i,
    'SourceUnreachable',
  ],
  [/the remote end hung up|early EOF|unexpected disconnect|protocol error/i, 'SourceUnreachable'],
];

const ADVICE: Readonly<Record<string, string>> = {
  BranchNotFound: 'the branch is not in the repository',
  RepositoryRejected: 'the repository holds objects that git refuses as malformed',
  SourceDenied: 'the repository refused access',
  SourceUnreachable: 'the repository could not be reached',
};

/**
 * What a failed fetch means. The only place that looks at git's words; whatever it does not know
 * is `MirrorCorrupt`, which a fresh mirror either heals or explains.
 */
export function classifyFetchError(error: GitError, address: string): Failure {
  const code = codeOf(error);
  const advice = ADVICE[code] ?? 'the mirror of the repository could not be updated';
  const said = error.fault === 'timeout' ? 'the deadline passed' : error.message;
  return new Failure(code, `${advice} (${address}): ${said}`, { cause: error });
}

function codeOf(error: GitError): string {
  if (error.fault === 'timeout') return 'SourceUnreachable';
  if (error.fault === 'output') return 'RepositoryLimit';
  if (error.fault === 'aborted') return 'Aborted';
  return REMOTE_FAULTS.find(([pattern]) => pattern.test(error.message))?.[1] ?? 'MirrorCorrupt';
}

/** True where git told of a repository with another object format than the mirror's. */
export const isOtherObjectFormat = (error: GitError): boolean =>
  /mismatched algorithms|object format/i.test(error.message);
