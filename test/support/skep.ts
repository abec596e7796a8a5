import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Deployment } from './deployment.ts';
import { CLI } from './program.ts';
import { type CommandResult, run } from './run.ts';

/** The one line `skep up --json` prints when it is ready. */
export interface Ready {
  readonly ready: true;
  readonly api: string;
  readonly agentListen: string;
  readonly git: string;
  readonly user: string;
  readonly password: string;
  readonly dataDir: string;
  readonly engine: string;
}

export interface SkepOptions {
  readonly repo: string;
  readonly dataDir?: string;
  readonly dockerHost?: string;
  readonly hostName?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const READY_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 15_000;

/** `skep up` as a user starts it: one process tree, driven from outside. */
export class Skep implements Deployment {
  readonly options: SkepOptions;
  readonly dataDir: string;
  #child: ChildProcess | undefined;
  #ready: Ready | undefined;
  #log: string[] = [];
  #token: string | undefined;

  private constructor(options: SkepOptions, dataDir: string) {
    this.options = options;
    this.dataDir = dataDir;
  }

  static async up(options: SkepOptions): Promise<Skep> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'skep-')));
    const skep = new Skep(options, dataDir);
    await skep.start();
    return skep;
  }

  get ready(): Ready {
    if (!this.#ready) throw new Error('skep is not up');
    return this.#ready;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('skep is not up');
    return pid;
  }

  /** Last lines of its log, for a failing test's message. */
  get log(): string {
    return this.#log.slice(-60).join('\n');
  }

  /** Everything it has logged. */
  get wholeLog(): string {
    return this.#log.join('\n');
  }

  async start(): Promise<void> {
    const args = ['up', '--json', '--repo', this.options.repo, '--data-dir', this.dataDir];
    args.push('--host-name', this.options.hostName ?? 'local');
    args.push('--api-listen', '127.0.0.1:0', '--agent-listen', '127.0.0.1:0');
    args.push('--enroll-listen', '127.0.0.1:0');
    const child = spawn(process.execPath, [CLI, ...args], {
      env: { ...this.#env(), ...this.options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.#log.push(line));
    const lines = createInterface({ input: child.stdout });
    const timer = setTimeout(() => child.kill('SIGKILL'), READY_DEADLINE_MS);
    for await (const line of lines) {
      const parsed = line.startsWith('{') ? (JSON.parse(line) as Ready) : undefined;
      if (!parsed?.ready) continue;
      clearTimeout(timer);
      this.#ready = parsed;
      this.#token = undefined;
      return;
    }
    clearTimeout(timer);
    throw new Error(`skep up did not get ready:\n${this.log}`);
  }

  #env(): NodeJS.ProcessEnv {
    const { dockerHost } = this.options;
    return {
      ...process.env,
      ...(dockerHost && { DOCKER_HOST: dockerHost }),
      SKEP_LOG_LEVEL: 'debug',
      SKEP_LOG_FORMAT: 'json',
    };
  }

  /** Ends the process tree; containers stay. `SIGKILL` hits the controller's process alone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await once(child, 'exit');
    clearTimeout(timer);
    this.#child = undefined;
  }

  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  async destroy(): Promise<void> {
    await this.stop();
    if (!this.options.dataDir) await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Runs a CLI verb as the generated user. Never throws for its exit code. */
  async cli(...args: string[]): Promise<CommandResult> {
    const token = await this.token();
    return await run(process.execPath, [CLI, ...args], {
      ...process.env,
      SKEP_SERVER: this.ready.api,
      SKEP_TOKEN: token,
      SKEP_DATA_DIR: this.dataDir,
    });
  }

  async token(): Promise<string> {
    if (this.#token) return this.#token;
    const { user, password, api } = this.ready;
    const response = await fetch(`${api}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: user, password }),
    });
    const body = (await response.json()) as { accessToken?: string };
    if (!body.accessToken) throw new Error(`login failed: ${response.status}`);
    this.#token = body.accessToken;
    return body.accessToken;
  }

  /** GET below `/api/v1`, as JSON. @throws Error with the body when it is not 200. */
  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.ready.api}/api/v1${path}`, {
      headers: { authorization: `Bearer ${await this.token()}` },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
