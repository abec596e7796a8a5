import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { promisify } from 'node:util';
import type { SourceStatus, StatusSummary } from '../schemas/domain/index.ts';
import type { Api } from './api/client.ts';
import { wakeups } from './api/wakeups.ts';
import { CliError } from './exit.ts';
import type { Terminal } from './terminal.ts';

const exec = promisify(execFile);
const FULL_SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const GIT_DEADLINE_MS = 10_000;

/**
 * The commit meant by `--rev`: a full id, or a name that git knows in this folder (`HEAD`, a
 * short id). Without `--rev`: what the followed branch points at now, as the repository itself
 * says where it can be asked, else what the controller saw last.
 * @returns undefined when the signal aborts first.
 * @throws CliError when the name means nothing here.
 */
export async function wantedRevision(
  terminal: Terminal,
  api: Api,
  name: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (name === undefined) return await newestRevision(terminal, api, signal);
  if (FULL_SHA.test(name)) return name;
  const sha = await git(
    terminal,
    terminal.cwd,
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${name}^{commit}`,
  );
  if (sha !== undefined) return sha;
  throw new CliError(
    `no commit ${name} in ${terminal.cwd}`,
    'give the whole id, or run it in your clone',
  );
}

async function newestRevision(terminal: Terminal, api: Api, signal: AbortSignal) {
  for await (const _wake of wakeups(api, signal)) {
    const { source } = await api.get<StatusSummary>('/status');
    if (!source) continue;
    const head = (await branchHead(terminal, source)) ?? source.head;
    if (head !== null) return head;
  }
  return undefined;
}

/**
 * The controller may not have seen a push of a moment ago, so the repository is asked: at its
 * path where it lies on this machine, else through a remote of this folder's clone that has that
 * very address. An address that only the server names is never contacted.
 */
async function branchHead(terminal: Terminal, source: SourceStatus): Promise<string | undefined> {
  const { repository, branch } = source;
  const ref = `refs/heads/${branch}`;
  if (isAbsolute(repository) && existsSync(repository)) {
    return await git(terminal, repository, 'rev-parse', '--verify', '--quiet', ref);
  }
  const remotes = (await git(terminal, terminal.cwd, 'remote', '-v'))?.split('\n') ?? [];
  const remote = remotes.map((line) => line.split(/\s+/)).find(([, url]) => url === repository);
  if (!remote?.[0]) return undefined;
  const line = await git(terminal, terminal.cwd, 'ls-remote', '--', remote[0], ref);
  return line?.split('\t')[0] || undefined;
}

/** Standard output without its last line break; undefined when git fails or is not there. */
async function git(
  terminal: Terminal,
  cwd: string,
  ...args: string[]
): Promise<string | undefined> {
  const env = { ...terminal.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  try {
    const { stdout } = await exec('git', args, { cwd, env, timeout: GIT_DEADLINE_MS });
    return stdout.trimEnd() || undefined;
  } catch {
    return undefined;
  }
}
