/** Everything a verb sees of the world around it; tests hand in their own. */
export interface Terminal {
  /** One or more whole lines to standard output. */
  out(text: string): void;
  /** One or more whole lines to standard error. */
  err(text: string): void;
  /** Text as it is to standard output: progress and live tables. */
  raw(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly isTerminal: boolean;
  readonly inputIsTerminal: boolean;
  readonly colour: boolean;
  /** Columns of the terminal; Infinity in a pipe. */
  columns(): number;
  now(): number;
  /** Standard input to its end, at most 64 KiB. */
  readInput(): Promise<string>;
  /** One line; with `hidden` without echo. */
  ask(question: string, hidden?: boolean): Promise<string>;
  /** Aborts on the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export type Environment = Terminal['env'];

/** Whether to colour: `NO_COLOR` and `FORCE_COLOR` first, then whether a terminal looks. */
export function wantsColour(env: Environment, isTerminal: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return isTerminal && env['TERM'] !== 'dumb';
}
