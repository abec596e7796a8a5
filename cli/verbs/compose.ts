import { EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

export interface ComposeOptions {
  readonly file: readonly string[];
  readonly envFile?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly profile?: readonly string[];
  readonly projectName?: string;
  readonly projectDirectory?: string;
}

export async function composeConfig(
  _terminal: Terminal,
  _options: ComposeOptions,
): Promise<ExitCode> {
  return EXIT.error;
}
