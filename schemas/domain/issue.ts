/** A fault in what the user wrote. Lines and columns count from 1; 0 means "the whole file". */
export interface Issue {
  readonly severity: 'error' | 'warning';
  /** Stable, documented: `E_…` for the language, `P_…` for policy, `W_…` for warnings. */
  readonly code: string;
  /** Path inside the repository, `/`-separated, without a leading slash. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Dotted path inside the document (`spec.hosts[0]`), empty for the document itself. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** A place in a repository file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export const isError = (issue: Issue): boolean => issue.severity === 'error';

/** Order of presentation: file, line, column, code. */
export function compareIssues(a: Issue, b: Issue): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.code, b.code)
  );
}

/** Plain code-unit order, equal on every machine (never localeCompare). */
export function compareText(a: string, b: string): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
