import type { Issue } from '../../../../schemas/domain/index.ts';

/** Shorter values stand in every text by chance; whoever seals them hides nothing. */
const LEAST_LENGTH = 3;
const MASK = '(secret)';

/** The text without any of the values: longest first, so that no rest of one remains. */
export function maskText(text: string, values: ReadonlySet<string>): string {
  const sorted = [...values]
    .filter((value) => value.length >= LEAST_LENGTH)
    .sort((a, b) => b.length - a.length);
  return sorted.reduce((masked, value) => masked.replaceAll(value, MASK), text);
}

export function maskIssue(issue: Issue, values: ReadonlySet<string>): Issue {
  if (values.size === 0) return issue;
  const { message, hint } = issue;
  return {
    ...issue,
    message: maskText(message, values),
    ...(hint !== undefined && { hint: maskText(hint, values) }),
  };
}
