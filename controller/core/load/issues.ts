import { compareIssues, type Issue, isError, type Place } from '../../../schemas/domain/index.ts';
import type { Code } from './codes.ts';
import type { Fault } from './yaml/fault.ts';
import { placeOf } from './yaml/text.ts';

/** Errors shown of one file, and issues shown of one revision. */
const ISSUE_LIMITS = { perFile: 20, inAll: 200 } as const;

const MESSAGE_LENGTH = 400;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
const UNPRINTABLE = /[\0-\x1F\x7F-\x9F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

/** Text of the repository, safe to print: no escapes, no line breaks, no change of direction. */
export function printable(text: string): string {
  const safe = text.replace(UNPRINTABLE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return safe.length > MESSAGE_LENGTH ? `${safe.slice(0, MESSAGE_LENGTH)}…` : safe;
}

/** An issue; the severity is the code's (`W_…` = warning). */
export function issueAt(
  code: Code,
  place: Place,
  path: string,
  message: string,
  hint?: string,
): Issue {
  return {
    severity: code.startsWith('W_') ? 'warning' : 'error',
    code,
    file: printable(place.file),
    line: place.line,
    column: place.column,
    path: printable(path),
    message: printable(message),
    ...(hint !== undefined && { hint: printable(hint) }),
  };
}

/** Of a whole file: line and column 0. */
export function fileIssue(code: Code, file: string, message: string, hint?: string): Issue {
  return issueAt(code, { file, line: 0, column: 0 }, '', message, hint);
}

export function faultIssue(fault: Fault, file: string, lineStarts: readonly number[]): Issue {
  const place = placeOf(file, lineStarts, fault.at);
  const first =
    fault.relatedAt === undefined ? undefined : placeOf(file, lineStarts, fault.relatedAt);
  const message = first ? `${fault.message}, first in line ${first.line}` : fault.message;
  return issueAt(fault.code, place, fault.path ?? '', message, fault.hint);
}

/** `file:line:column` of a second place, for messages. */
export const showPlace = (place: Place): string => `${place.file}:${place.line}:${place.column}`;

/**
 * Sorted, without repeats, at most 20 errors of one file and 200 issues in all; what is left out
 * is counted in an issue of its own. Errors go before warnings where not all can be shown.
 */
export function limitIssues(issues: readonly Issue[]): readonly Issue[] {
  const kept: Issue[] = [];
  const perFile = new Map<string, { errors: number; warnings: number }>();
  for (const issue of unique([...issues].sort(compareIssues))) {
    const seen = perFile.get(issue.file) ?? { errors: 0, warnings: 0 };
    const count = isError(issue) ? ++seen.errors : ++seen.warnings;
    perFile.set(issue.file, seen);
    if (count <= ISSUE_LIMITS.perFile) kept.push(issue);
  }
  for (const [file, { errors, warnings }] of perFile) {
    const [moreErrors, moreWarnings] = [over(errors), over(warnings)];
    const message = `${moreErrors + moreWarnings} more issues in this file`;
    if (moreErrors > 0) kept.push(fileIssue('E_MORE_ISSUES', file, message));
    else if (moreWarnings > 0) kept.push(fileIssue('W_MORE_ISSUES', file, message));
  }
  return limitAll(kept.sort(compareIssues));
}

const over = (count: number): number => Math.max(0, count - ISSUE_LIMITS.perFile);

function limitAll(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length <= ISSUE_LIMITS.inAll) return issues;
  const errors = issues.filter(isError);
  const warnings = issues.filter((issue) => !isError(issue));
  const kept = [...errors, ...warnings].slice(0, ISSUE_LIMITS.inAll - 1).sort(compareIssues);
  const files = new Set(issues.map((issue) => issue.file)).size;
  const message = `${issues.length - kept.length} more issues; ${files} files have some`;
  const code = errors.length > 0 ? 'E_MORE_ISSUES' : 'W_MORE_ISSUES';
  return [...kept, fileIssue(code, '', message)];
}

function unique(sorted: readonly Issue[]): Issue[] {
  return sorted.filter((issue, index) => {
    const before = sorted[index - 1];
    return !(
      before &&
      compareIssues(before, issue) === 0 &&
      before.path === issue.path &&
      before.message === issue.message
    );
  });
}
