/** Exit codes, a contract with scripts: see docs/design section 6. */
export const EXIT = {
  ok: 0,
  error: 1,
  /** `plan`: something would change. */
  changes: 2,
  /** `status`: not everything is healthy. */
  unhealthy: 3,
  /** `wait`: the revision failed or was refused. */
  failed: 4,
  /** `wait`: the time ran out. */
  timeout: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the program with one line for the user, no stack. */
export class CliError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'CliError';
    this.hint = hint;
  }
}
