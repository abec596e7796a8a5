import { CommanderError } from 'commander';
import { Failure } from '../schemas/domain/index.ts';
import { CliError, EXIT, type ExitCode } from './exit.ts';
import { createProgram } from './program.ts';
import { paintWith } from './render/colour.ts';
import type { Terminal } from './terminal.ts';

/** Runs one verb. Never throws: what went wrong is told on standard error. @returns the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = createProgram(terminal, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    // Whoever pressed Ctrl-C needs no message about it.
    if (terminal.signal.aborted) return EXIT.error;
    return tell(terminal, error);
  }
}

function tell(terminal: Terminal, error: unknown): ExitCode {
  // Help and version end with 0; commander has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.error;
  const paint = paintWith(terminal.colour);
  if (error instanceof CliError || error instanceof Failure) {
    terminal.err(`${paint('red', 'skep:')} ${error.message}`);
    if (error instanceof CliError && error.hint) terminal.err(`  hint: ${error.hint}`);
    return EXIT.error;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.err(`${paint('red', 'skep:')} a fault of skep itself: ${text}`);
  return EXIT.error;
}
