import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { Definitions } from './command.ts';
import { defineDaemons } from './commands/daemons.ts';
import { defineOffline } from './commands/offline.ts';
import { defineOperator } from './commands/operator.ts';
import { defineReads } from './commands/reads.ts';
import type { ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

const AFTER_HELP = `
Exit codes: 0 well; 1 an error, or issues found by validate; 2 plan: something would change;
3 status: not everything is healthy; 4 wait: failed or refused; 5 wait: time ran out.

Run \`skep VERB --help\` for a verb's own options and examples.`;

/** Every verb with its help. The verbs' code is loaded when one of them runs. */
export function createProgram(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  const program = new Command('skep')
    .description('GitOps for plain Docker hosts: what a git repository declares is what runs.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText('after', AFTER_HELP)
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      getOutHelpWidth: () => Math.min(100, terminal.columns()),
      getErrHelpWidth: () => 100,
      getOutHasColors: () => terminal.colour,
    });
  const definitions: Definitions = {
    program,
    terminal,
    verb:
      (run) =>
      async (...args) =>
        exit(await run(...args)),
  };
  defineDaemons(definitions);
  defineReads(definitions);
  defineOffline(definitions);
  defineOperator(definitions);
  return program;
}
