import { type ChildProcess, spawn } from 'node:child_process';
import { type GitCommand, GitError, type GitFault, presentable, WORKING_DIRECTORY } from './git.ts';
import { GIT_SETTINGS } from './git-environment.ts';

const MAX_SAID_BYTES = 64 * 1024;
const GRACE_MS = 2_000;

/**
 * Runs a git command that talks to another machine, in a process group of its own: its helpers
 * (https, ssh) do not end with it, and simple-git can only signal git itself.
 * @returns what it said beside its output.
 * @throws GitError when it fails, is too slow, says too much or is aborted.
 */
export function runGitGroup(command: GitCommand): Promise<string> {
  const settings = GIT_SETTINGS.flatMap((setting) => ['-c', setting]);
  const child = spawn('git', [...settings, ...command.args], {
    cwd: WORKING_DIRECTORY,
    env: { ...command.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  return new Promise((resolve, reject) => {
    let said = '';
    let fault: GitFault | undefined;
    let cancelKill = () => {};
    const halt = (why: GitFault) => {
      if (fault) return;
      fault = why;
      // Asked first, so that git removes its locks and half packs.
      signalGroup(child, 'SIGTERM');
      cancelKill = command.clock.setTimer(GRACE_MS, () => signalGroup(child, 'SIGKILL'));
    };
    const onAbort = () => halt('aborted');
    const cancel = command.clock.setTimer(command.timeoutMs, () => halt('timeout'));
    command.signal.addEventListener('abort', onAbort, { once: true });
    if (command.signal.aborted) onAbort();
    const settle = (error?: GitError) => {
      cancel();
      cancelKill();
      command.signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve(presentable(said));
    };
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      if (said.length > MAX_SAID_BYTES) halt('output');
      said = said.slice(0, MAX_SAID_BYTES);
    });
    child.once('error', (error) => settle(new GitError('exit', presentable(error.message))));
    child.once('close', (code, signal) => {
      if (fault) return settle(new GitError(fault, presentable(said)));
      if (code === 0) return settle();
      settle(new GitError('exit', presentable(said) || `git ended with ${signal ?? code}`));
    });
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group is gone already.
  }
}
