import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileRead } from '../../controller/core/load/compose/files.ts';
import { loadCompose } from '../../controller/core/load/compose/load-compose.ts';
import type { ComposeModel } from '../../schemas/domain/index.ts';
import { compareIssues } from '../../schemas/domain/index.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { paintWith } from '../render/colour.ts';
import { issueLines } from '../render/issues.ts';
import type { Terminal } from '../terminal.ts';

export interface ComposeOptions {
  readonly file?: readonly string[];
  readonly envFile?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  readonly projectName?: string;
  readonly projectDirectory?: string;
}

/** Where none is named, in Compose's own order. */
const DEFAULT_FILES = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
] as const;

/** Prints the normalised model; issues go to standard error. */
export function composeConfig(terminal: Terminal, options: ComposeOptions): ExitCode {
  const files = options.file ?? [defaultFile(terminal.cwd)];
  const first = resolve(terminal.cwd, files[0] ?? '');
  const { projectDirectory, projectName, envFile, set } = options;
  const { model, issues } = loadCompose({
    files,
    readFile: (path) => readAnyFile(resolve(terminal.cwd, path)),
    projectDirectory: resolve(terminal.cwd, projectDirectory ?? dirname(first)),
    ...(projectName !== undefined && { projectName }),
    ...(envFile && { envFiles: envFile }),
    values: new Map(Object.entries(set ?? {})),
  });
  const paint = paintWith(terminal.colour);
  for (const issue of [...issues].sort(compareIssues)) terminal.err(issueLines(issue, paint));
  if (!model) return EXIT.error;
  terminal.out(JSON.stringify(withoutEmpty(model), null, 2));
  return EXIT.ok;
}

function defaultFile(cwd: string): string {
  const found = DEFAULT_FILES.find((name) => existsSync(join(cwd, name)));
  if (found !== undefined) return found;
  throw new CliError(`no compose.yaml in ${basename(cwd)}`, 'name one with --file');
}

function readAnyFile(path: string): FileRead {
  try {
    return { kind: 'file', bytes: readFileSync(path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    throw new CliError(`${path} cannot be read: ${message}`);
  }
}

/** Compose prints no empty sections. */
function withoutEmpty(model: ComposeModel): Partial<ComposeModel> {
  const filled = Object.entries(model).filter(
    ([, value]) => typeof value !== 'object' || Object.keys(value as object).length > 0,
  );
  return Object.fromEntries(filled);
}
