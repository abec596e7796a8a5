import { type CommitSha, Failure, toCommitSha } from '../../schemas/domain/index.ts';
import type { Commit } from '../reconcile/ports.ts';
import { presentable } from './git.ts';

/** Fields end in NUL, which no commit can hold; trailer values are unfolded to one line each. */
const FORMAT = '%H%x00%an <%ae>%x00%cI%x00%s%x00%(trailers:key=Allow-Destroy,valueonly,unfold)%x00';
const FIELDS = 5;

/**
 * Arguments of the `git log` whose output `parseLog` reads.
 * @param until whose commits are left out, or null for the whole history.
 */
export function logArguments(
  from: CommitSha,
  until: CommitSha | null,
  limit: number,
): readonly string[] {
  const range = until === null ? [from] : [from, `^${until}`];
  const shape = ['--no-color', '--no-mailmap', '--no-notes', '--no-show-signature'];
  return [
    'log',
    '--first-parent',
    ...shape,
    `--max-count=${Math.max(0, Math.floor(limit))}`,
    `--format=tformat:${FORMAT}`,
    ...range,
    '--',
  ];
}

/** @throws Failure MirrorCorrupt when the output is not of that format. */
export function parseLog(output: string): readonly Commit[] {
  const fields = output.split('\0');
  const commits: Commit[] = [];
  for (let at = 0; at + FIELDS < fields.length; at += FIELDS) {
    const [sha = '', author = '', committedAt = '', subject = '', trailers = ''] = fields.slice(
      at,
      at + FIELDS,
    );
    commits.push({
      sha: parsedSha(sha.trim()),
      subject: presentable(subject),
      author: presentable(author),
      committedAt,
      allowDestroy: trailers
        .split('\n')
        .map((value) => value.trim())
        .filter((value) => value !== ''),
    });
  }
  return commits;
}

function parsedSha(text: string): CommitSha {
  try {
    return toCommitSha(text);
  } catch (cause) {
    throw new Failure('MirrorCorrupt', 'git log gave no commit id', { cause });
  }
}
