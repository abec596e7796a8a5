import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError } from './exit.ts';
import { type Terminal, wantsColour } from './terminal.ts';

const INPUT_LIMIT_BYTES = 64 * 1024;

/** The terminal of this process. */
export function processTerminal(signal: AbortSignal): Terminal {
  const { stdout, stderr, stdin, env } = process;
  const isTerminal = stdout.isTTY === true;
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    raw: (text) => void stdout.write(text),
    env,
    cwd: process.cwd(),
    isTerminal,
    inputIsTerminal: stdin.isTTY === true,
    colour: wantsColour(env, isTerminal),
    columns: () => (isTerminal ? stdout.columns || 80 : Number.POSITIVE_INFINITY),
    now: () => Date.now(),
    readInput: () => readInput(stdin),
    ask: (question, hidden) => ask(question, hidden === true, signal),
    signal,
  };
}

async function readInput(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Buffer);
    size += bytes.length;
    if (size > INPUT_LIMIT_BYTES) throw new CliError('standard input is longer than 64 KiB');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The question goes to standard error, so that standard output stays clean for pipes. */
async function ask(question: string, hidden: boolean, signal: AbortSignal): Promise<string> {
  process.stderr.write(question);
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!hidden) process.stderr.write(chunk as Buffer);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: hidden });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => reject(new CliError('no answer on standard input')));
      lines.once('SIGINT', () => reject(new CliError('interrupted')));
      signal.addEventListener('abort', () => reject(new CliError('interrupted')), { once: true });
    });
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}
