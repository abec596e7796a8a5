import type { ComposeModel } from '../../schemas/domain/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { type ComposeOptions, loadFiles, printIssues } from './compose-files.ts';

/** Prints the normalised model; issues go to standard error. */
export function composeConfig(terminal: Terminal, options: ComposeOptions): ExitCode {
  const { model, issues } = loadFiles(terminal, options);
  printIssues(terminal, issues);
  if (!model) return EXIT.error;
  terminal.out(JSON.stringify(withoutEmpty(model), null, 2));
  return EXIT.ok;
}

/** Compose prints no empty sections. */
function withoutEmpty(model: ComposeModel): Partial<ComposeModel> {
  const filled = Object.entries(model).filter(
    ([, value]) => typeof value !== 'object' || Object.keys(value as object).length > 0,
  );
  return Object.fromEntries(filled);
}
