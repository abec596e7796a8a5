import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Clock } from '../../kit/clock.ts';
import { type BatchAnswer, BatchParser } from './batch-parser.ts';
import { presentable, WORKING_DIRECTORY } from './git.ts';
import { GIT_SETTINGS, type GitEnvironment } from './git-environment.ts';

export interface BatchProcessOptions {
  readonly mode: '--batch' | '--batch-check';
  readonly environment: GitEnvironment;
  readonly clock: Clock;
  /** For all answers to one question. */
  readonly timeoutMs: number;
}

interface Request {
  readonly answers: BatchAnswer[];
  readonly wanted: number;
  readonly resolve: (answers: readonly BatchAnswer[]) => void;
  readonly reject: (error: Error) => void;
}

/** The process ended under its requests: an object it could not read, or somebody killed it. */
export class BatchProcessEnded extends Error {
  override readonly name = 'BatchProcessEnded';
}

/**
 * One long-lived `git cat-file`, asked for many objects in a row without waiting in between.
 * It sees packs and loose objects that arrive later.
 */
export class BatchProcess {
  readonly #options: BatchProcessOptions;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #requests: Request[] = [];
  #said = '';
  #ended = false;
  #cancelDeadline: (() => void) | undefined;

  constructor(options: BatchProcessOptions) {
    this.#options = options;
    const settings = GIT_SETTINGS.flatMap((setting) => ['-c', setting]);
    this.#child = spawn('git', [...settings, 'cat-file', options.mode], {
      cwd: WORKING_DIRECTORY,
      env: { ...options.environment },
      stdio: 'pipe',
    });
    const parser = new BatchParser(options.mode === '--batch', (answer) => this.#answer(answer));
    this.#child.stdout.on('data', (chunk: Buffer) => this.#guard(() => parser.push(chunk)));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString('utf8')).slice(-2000);
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', () => this.#end(this.#said));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Answers in the order of the names, which hold no line feed. @throws BatchProcessEnded */
  ask(names: readonly string[]): Promise<readonly BatchAnswer[]> {
    if (names.length === 0) return Promise.resolve([]);
    if (this.#ended) return Promise.reject(new BatchProcessEnded('git cat-file is not running'));
    return new Promise((resolve, reject) => {
      this.#requests.push({ answers: [], wanted: names.length, resolve, reject });
      if (this.#requests.length === 1) this.#setDeadline();
      this.#child.stdin.write(`${names.join('\n')}\n`);
    });
  }

  stop(): void {
    this.#child.kill('SIGKILL');
    this.#end('stopped');
  }

  #answer(answer: BatchAnswer): void {
    const request = this.#requests[0];
    if (!request) throw new Error('cat-file: an answer to no question');
    request.answers.push(answer);
    if (request.answers.length < request.wanted) return;
    this.#requests.shift();
    this.#setDeadline();
    request.resolve(request.answers);
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#child.kill('SIGKILL');
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  #setDeadline(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
    if (this.#requests.length === 0) return;
    this.#cancelDeadline = this.#options.clock.setTimer(this.#options.timeoutMs, () => {
      this.#child.kill('SIGKILL');
      this.#end('no answer within the deadline');
    });
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelDeadline?.();
    const error = new BatchProcessEnded(presentable(why) || 'git cat-file ended');
    for (const request of this.#requests.splice(0)) request.reject(error);
  }
}
