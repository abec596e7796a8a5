import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileRead } from '../../controller/core/load/compose/files.ts';
import {
  type ComposeResult,
  loadCompose,
} from '../../controller/core/load/compose/load-compose.ts';
import type { Target } from '../../controller/core/load/compose/support.ts';
import { compareIssues, type Issue } from '../../schemas/domain/index.ts';
import { CliError } from '../exit.ts';
import { paintWith } from '../render/colour.ts';
import { issueLines } from '../render/issues.ts';
import type { Terminal } from '../terminal.ts';

export interface ComposeOptions {
  readonly file?: readonly string[];
  readonly envFile?: readonly string[];
  /** Unset variables and text that is dropped are errors. */
  readonly strict?: boolean;
  readonly set?: Readonly<Record<string, string>>;
  readonly profile?: readonly string[];
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

export interface LoadedFiles extends ComposeResult {
  /** Absolute. */
  readonly projectDirectory: string;
}

/** The Compose files that the options name, loaded. @throws CliError where one cannot be read. */
export function loadFiles(
  { cwd }: Terminal,
  options: ComposeOptions,
  target: Target = 'container',
): LoadedFiles {
  const files = options.file ?? [defaultFile(cwd)];
  const first = resolve(cwd, files[0] ?? '');
  const { profile, projectName, envFile, set, strict = false } = options;
  const projectDirectory = resolve(cwd, options.projectDirectory ?? dirname(first));
  const loaded = loadCompose({
    files,
    readFile: (path) => readAnyFile(resolve(cwd, path)),
    projectDirectory,
    ...(projectName !== undefined && { projectName }),
    ...(envFile && { envFiles: envFile }),
    ...(profile && { profiles: profile }),
    home: homedir(),
    target,
    strict,
    values: new Map(Object.entries(set ?? {})),
  });
  return { ...loaded, projectDirectory };
}

/** To standard error, so that what is printed stays JSON. */
export function printIssues(terminal: Terminal, issues: readonly Issue[]): void {
  const paint = paintWith(terminal.colour);
  for (const issue of [...issues].sort(compareIssues)) terminal.err(issueLines(issue, paint));
}

function defaultFile(cwd: string): string {
  const found = DEFAULT_FILES.find((name) => existsSync(join(cwd, name)));
  if (found !== undefined) return found;
  throw new CliError(`no compose.yaml in ${basename(cwd)}`, 'name one with --file');
}

/** @throws CliError for a file that is there and cannot be read. */
export function readAnyFile(path: string): FileRead {
  try {
    return { kind: 'file', bytes: readFileSync(path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    throw new CliError(`${path} cannot be read: ${message}`);
  }
}
