import type { Issue } from '../../schemas/domain/index.ts';
import { compareIssues, isError } from '../../schemas/domain/index.ts';
import { type Paint, plain } from './colour.ts';

export const ISSUE_FORMATS = ['text', 'json', 'github'] as const;
export type IssueFormat = (typeof ISSUE_FORMATS)[number];

/** `path:line:col: CODE: message`, and a `hint:` line where there is one. */
export function issueLines(issue: Issue, paint: Paint): string {
  const place = `${plain(issue.file)}:${issue.line}:${issue.column}`;
  const colour = isError(issue) ? 'red' : 'yellow';
  const lines = [`${place}: ${paint(colour, issue.code)}: ${oneLine(issue.message)}`];
  if (issue.hint) lines.push(`  ${paint('grey', 'hint:')} ${oneLine(issue.hint)}`);
  return lines.join('\n');
}

const oneLine = (text: string): string => plain(text).replaceAll(/\s*\n\s*/g, ' ');

/** `3 errors, 1 warning`, or `no issues`. */
export function countIssues(issues: readonly Issue[]): string {
  const errors = issues.filter(isError).length;
  const warnings = issues.length - errors;
  const parts = [count(errors, 'error'), count(warnings, 'warning')].filter((part) => part !== '');
  return parts.join(', ') || 'no issues';
}

export const count = (number: number, noun: string): string =>
  number === 0 ? '' : `${number} ${noun}${number === 1 ? '' : 's'}`;

/** An annotation of a pull request. Source: GitHub's workflow commands. */
function githubLine(issue: Issue): string {
  const level = isError(issue) ? 'error' : 'warning';
  const data = (text: string) =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const place = [`file=${property(issue.file)}`];
  if (issue.line > 0) place.push(`line=${issue.line}`, `col=${Math.max(1, issue.column)}`);
  const text = issue.hint ? `${issue.message}\nhint: ${issue.hint}` : issue.message;
  return `::${level} ${place.join(',')},title=${property(issue.code)}::${data(text)}`;
}

/** What `validate` prints, whole. */
export function renderIssues(issues: readonly Issue[], format: IssueFormat, paint: Paint): string {
  const sorted = [...issues].sort(compareIssues);
  switch (format) {
    case 'json':
      return JSON.stringify({ valid: !sorted.some(isError), issues: sorted }, null, 2);
    case 'github':
      return sorted.map(githubLine).join('\n');
    case 'text':
      return [...sorted.map((issue) => issueLines(issue, paint)), countIssues(sorted)].join('\n');
  }
}
