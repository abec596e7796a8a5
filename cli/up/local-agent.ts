import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { type BackoffPolicy, backoffMs } from '../../kit/backoff.ts';
import type { Environment } from '../terminal.ts';

export interface LocalAgentOptions {
  readonly dataDir: string;
  readonly env: Environment;
  readonly logLevel: string;
  readonly logFormat: string;
  readonly joinToken: () => Promise<string>;
  readonly report: (line: string) => void;
}

/** Compiled, this file and the agent's end in .js. */
const AGENT = resolve(import.meta.dirname, `../../agent/main${extname(import.meta.filename)}`);
const RESTART: BackoffPolicy = { firstMs: 500, maxMs: 15_000, factor: 2 };
/** One that ran so long starts anew at the first delay. */
const STEADY_MS = 30_000;
const STOP_MS = 10_000;

/**
 * The agent of this machine, as a process of its own so that the end of one does not take the
 * other down with it. It is started again when it ends, until `stop`; when this process is
 * killed, the agent sees its standard input end, and ends too.
 */
export class LocalAgent {
  readonly #options: LocalAgentOptions;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #attempt = 0;
  #stopped = false;

  constructor(options: LocalAgentOptions) {
    this.#options = options;
    // Ports, host name and CA may be others than at the last start: on one machine joining again
    // costs nothing. What the agent did (its journal) is kept elsewhere.
    rmSync(join(options.dataDir, 'agent', 'identity'), { recursive: true, force: true });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const { dataDir, env, logLevel, logFormat, joinToken } = this.#options;
    const token = await joinToken();
    if (this.#stopped) return;
    const startedAt = performance.now();
    const child = spawn(process.execPath, [AGENT], {
      env: {
        ...env,
        SKEP_DATA_DIR: dataDir,
        SKEP_JOIN_TOKEN: token,
        SKEP_LOG_LEVEL: logLevel,
        SKEP_LOG_FORMAT: logFormat,
        SKEP_EXIT_WITH_PARENT: '1',
      },
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    this.#child = child;
    child.once('error', (error) => this.#options.report(`the agent: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (performance.now() - startedAt > STEADY_MS) this.#attempt = 0;
      this.#ended(code ?? signal);
    });
  }

  #ended(how: number | string | null): void {
    if (this.#stopped) return;
    this.#attempt += 1;
    const delayMs = backoffMs(RESTART, this.#attempt);
    this.#options.report(`the agent ended (${how}); started again in ${delayMs} ms`);
    this.#restart = setTimeout(() => {
      this.start().catch((error: unknown) => this.#ended(String(error)));
    }, delayMs);
  }

  /** Resolves when its process is gone: at the latest after 10 s, then by force. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }
}
