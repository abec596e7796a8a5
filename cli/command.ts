import { type Command, Option } from 'commander';
import { CliError, type ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** What the definitions of the verbs share. */
export interface Definitions {
  readonly program: Command;
  readonly terminal: Terminal;
  /** Wraps a verb: its exit code becomes the program's. */
  readonly verb: <A extends readonly unknown[]>(
    run: (...args: A) => Promise<ExitCode> | ExitCode,
  ) => (...args: A) => Promise<void>;
}

export const formatOption = (choices: readonly string[] = ['text', 'json']): Option =>
  new Option('--format <format>', 'how to print').choices(choices).default('text');

export const serverOption = (): Option =>
  new Option('--server <url>', 'the controller (SKEP_SERVER; else that of the last login)');

export const dataDirOption = (whose = "the controller's"): Option =>
  new Option('--data-dir <dir>', `${whose} data folder (SKEP_DATA_DIR; /var/lib/skep)`);

/** A count of at least one. @throws CliError */
export function positive(text: string): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new CliError(`not a number from 1: ${text}`);
  return number;
}

/** `KEY=VALUE` once more. @throws CliError */
export function collectPair(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new CliError(`not KEY=VALUE: ${text}`);
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

export const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];
