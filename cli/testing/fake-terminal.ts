import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Terminal } from '../terminal.ts';

export interface FakeTerminal extends Terminal, Disposable {
  /** What was printed so far. */
  readonly printed: { readonly out: string; readonly err: string; readonly raw: string };
  interrupt(): void;
}

export interface FakeTerminalOptions {
  readonly env?: Terminal['env'];
  readonly cwd?: string;
  readonly isTerminal?: boolean;
  readonly inputIsTerminal?: boolean;
  readonly input?: string;
  /** Answers to questions, in order. */
  readonly answers?: readonly string[];
  readonly now?: number;
}

/** A terminal that records, in an own empty home folder. */
export function fakeTerminal(options: FakeTerminalOptions = {}): FakeTerminal {
  const home = mkdtempSync(join(tmpdir(), 'skep-cli-'));
  const printed = { out: '', err: '', raw: '' };
  const answers = [...(options.answers ?? [])];
  const interrupted = new AbortController();
  return {
    printed,
    out(text) {
      printed.out += `${text}\n`;
    },
    err(text) {
      printed.err += `${text}\n`;
    },
    raw(text) {
      printed.raw += text;
    },
    env: { HOME: home, PATH: process.env['PATH'], SKEP_DATA_DIR: home, ...options.env },
    cwd: options.cwd ?? home,
    isTerminal: options.isTerminal ?? false,
    inputIsTerminal: options.inputIsTerminal ?? false,
    colour: false,
    columns: () => (options.isTerminal ? 80 : Number.POSITIVE_INFINITY),
    now: () => options.now ?? Date.parse('2030-01-01T00:00:00Z'),
    readInput: async () => options.input ?? '',
    async ask() {
      const answer = answers.shift();
      if (answer === undefined) throw new Error('asked more than expected');
      return answer;
    },
    signal: interrupted.signal,
    interrupt: () => interrupted.abort(),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
