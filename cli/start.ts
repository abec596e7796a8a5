import { detachEnvironment } from '../kit/environment.ts';
import { processTerminal } from './process-terminal.ts';
import { runCli } from './run-cli.ts';

/** Runs the verb of this process's command line, `before` put in front, and ends the process. */
export async function startCli(...before: readonly string[]): Promise<never> {
  detachEnvironment();
  const interrupted = new AbortController();
  // The first signal asks the verb to end; a second one ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
      interrupted.abort();
    });
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of the pipe has seen enough (`| head`).
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const argv = [...before, ...process.argv.slice(2)];
  const code = await runCli(argv, processTerminal(interrupted.signal));
  // Only writes to files, pipes and terminals are synchronous; a program that starts this one may
  // have given it a socket.
  await Promise.all([process.stdout, process.stderr].map(written));
  // Not only `exitCode`: what a failed start left open must not keep the process.
  process.exit(code);
}

const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });
