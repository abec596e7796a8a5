import { simpleGit } from 'simple-git';
import type { Clock } from '../../kit/clock.ts';
import { GIT_SETTINGS, type GitEnvironment } from './git-environment.ts';

export interface GitCommand {
  /** Ours alone; text from outside stands after `--` or was judged before. */
  readonly args: readonly string[];
  readonly environment: GitEnvironment;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export type GitFault = 'exit' | 'timeout' | 'output' | 'aborted';

/** A git command that did not end well; `message` is what git said, made fit to show. */
export class GitError extends Error {
  readonly fault: GitFault;

  constructor(fault: GitFault, message: string) {
    super(message);
    this.name = 'GitError';
    this.fault = fault;
  }
}

/** GIT_DIR says where to work; this directory is always there. */
export const WORKING_DIRECTORY = '/';

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const MAX_MESSAGE_LENGTH = 600;

/**
 * Runs one git command that stays on this machine and answers its standard output.
 * @throws GitError
 */
export async function runGit(command: GitCommand): Promise<string> {
  const stop = new AbortController();
  const halt = (fault: GitFault) => stop.abort(fault);
  const onAbort = () => halt('aborted');
  command.signal.addEventListener('abort', onAbort, { once: true });
  if (command.signal.aborted) halt('aborted');
  const cancel = command.clock.setTimer(command.timeoutMs, () => halt('timeout'));
  try {
    return await client(command, stop.signal, () => halt('output')).raw([...command.args]);
  } catch (error) {
    throw asGitError(error, stop.signal);
  } finally {
    cancel();
    command.signal.removeEventListener('abort', onAbort);
  }
}

function client(command: GitCommand, abort: AbortSignal, tooMuch: () => void) {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) tooMuch();
  };
  return simpleGit({
    baseDir: WORKING_DIRECTORY,
    abort,
    config: [...GIT_SETTINGS],
    allowEnvironment: Object.keys(command.environment),
    // What simple-git would refuse from a stranger is here a constant of ours.
    unsafe: {
      allowUnsafeConfigPaths: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeSshCommand: true,
      allowUnsafeTemplateDir: true,
    },
  })
    .env({ ...command.environment })
    .outputHandler((_name, stdout, stderr) => {
      stdout.on('data', count);
      stderr.on('data', count);
    });
}

function asGitError(error: unknown, stop: AbortSignal): GitError {
  const text = error instanceof Error ? error.message : String(error);
  if (stop.aborted) return new GitError(stop.reason as GitFault, presentable(text));
  return new GitError('exit', presentable(text));
}

/** One printable line without credentials. */
export function presentable(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replace(/([a-z]+:\/\/)[^\s/@]+@/gi, '$1***@')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line;
}
