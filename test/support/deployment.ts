import type { CommandResult } from './run.ts';

/** A running skep, as a user sees it. */
export interface Deployment {
  /** Runs a verb of the command line. Never throws for its exit code. */
  cli(...args: string[]): Promise<CommandResult>;
  /** GET below `/api/v1`, as JSON. @throws Error with the body when it is not 200. */
  get<T>(path: string): Promise<T>;
  /** Last lines of its log, for a failing test's message. */
  readonly log: string;
  destroy(): Promise<void>;
}
