import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const CLI = resolve(import.meta.dirname, '../../cli/main.ts');
const STOP_DEADLINE_MS = 15_000;
const LINES_KEPT = 400;

/** One daemon of skep: started, ended politely or not, and started again. */
export class Program {
  readonly #args: readonly string[];
  readonly #env: () => NodeJS.ProcessEnv;
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;

  constructor(args: readonly string[], env: () => NodeJS.ProcessEnv) {
    this.#args = args;
    this.#env = env;
  }

  get isUp(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Last lines of its log. */
  get log(): string {
    return this.#lines.slice(-60).join('\n');
  }

  start(): void {
    if (this.isUp) throw new Error(`${this.#args[0]} runs already`);
    const child = spawn(process.execPath, [CLI, ...this.#args], {
      env: { ...process.env, SKEP_LOG_LEVEL: 'debug', ...this.#env() },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#lines.push(line);
      if (this.#lines.length > LINES_KEPT) this.#lines.splice(0, LINES_KEPT / 2);
    });
  }

  /** Resolves when the process is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || !this.isUp) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await gone;
    clearTimeout(timer);
  }
}
