import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ExecCommand, ExecResult } from '../core/docker-engine.ts';
import { decodeLogs } from './logs.ts';
import { send, sendForStream } from './request.ts';

/** Of what it says, the last of this is kept. */
const OUTPUT_LIMIT_BYTES = 16 * 1024;
/** The engine notes the end a moment after the output has ended. */
const END_POLL_MS = 20;

interface ExecInspect {
  readonly Running?: boolean;
  readonly ExitCode?: number | null;
}

/** Runs a command in a container to its end. */
export async function exec(
  docker: Docker,
  target: string,
  command: ExecCommand,
  signal: AbortSignal,
): Promise<ExecResult> {
  const { argv, user, privileged, workingDir, env } = command;
  const body = {
    Cmd: argv,
    AttachStdout: true,
    AttachStderr: true,
    ...(user !== undefined && { User: user }),
    ...(privileged && { Privileged: true }),
    ...(workingDir !== undefined && { WorkingDir: workingDir }),
    ...(env && { Env: env }),
  };
  const path = `/containers/${encodeURIComponent(target)}/exec`;
  const made = (await send(docker, { method: 'POST', path, body }, signal)) as { Id?: string };
  const id = encodeURIComponent(String(made.Id));
  const start = { method: 'POST', path: `/exec/${id}/start`, body: { Detach: false } } as const;
  const stream = await sendForStream(docker, start, signal);
  signal.addEventListener('abort', () => stream.destroy(), { once: true });
  const output = await decodeLogs(stream, false, OUTPUT_LIMIT_BYTES);
  for (;;) {
    const read = { method: 'GET', path: `/exec/${id}/json`, call: 'read' } as const;
    const { Running, ExitCode } = (await send(docker, read, signal)) as ExecInspect;
    if (!Running && typeof ExitCode === 'number') return { exitCode: ExitCode, output };
    await delay(END_POLL_MS, undefined, { signal });
  }
}
