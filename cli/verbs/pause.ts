import { removePause, writePause } from '../../agent/execute/pause-file.ts';
import { dataDirOf } from '../api/connect.ts';
import { parseDuration } from '../duration.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

export interface PauseOptions {
  readonly for: string;
  readonly reason: string;
  readonly dataDir?: string;
}

const LONGEST_MS = 24 * 3_600_000;

/** @throws CliError where the time or the reason is no good. */
export async function pause(terminal: Terminal, options: PauseOptions): Promise<ExitCode> {
  const ms = parseDuration('--for', options.for);
  if (ms > LONGEST_MS) throw new CliError('--for is at most 24h', 'pause again before it ends');
  const reason = options.reason.trim();
  if (reason === '') throw new CliError('--reason is empty', 'say why, for whoever looks next');
  const untilMs = terminal.now() + ms;
  await writePause(dataDirOf(terminal.env, options.dataDir), { reason, untilMs });
  terminal.out(`paused until ${new Date(untilMs).toISOString()}: ${reason}`);
  return EXIT.ok;
}

export async function resume(
  terminal: Terminal,
  options: { readonly dataDir?: string },
): Promise<ExitCode> {
  await removePause(dataDirOf(terminal.env, options.dataDir));
  terminal.out('not paused');
  return EXIT.ok;
}
