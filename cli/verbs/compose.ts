import { renderConfig } from '../../controller/core/load/compose/render-config.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { type ComposeOptions, loadFiles, printIssues } from './compose-files.ts';

/** Prints the normalised model; issues go to standard error. */
export function composeConfig(terminal: Terminal, options: ComposeOptions): ExitCode {
  const { model, extensions, issues } = loadFiles(terminal, options);
  printIssues(terminal, issues);
  if (!model) return EXIT.error;
  terminal.out(renderConfig(model, extensions ?? {}));
  return EXIT.ok;
}
