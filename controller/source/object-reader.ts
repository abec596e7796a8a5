import { createHash } from 'node:crypto';
import type { Clock } from '../../kit/clock.ts';
import { Failure } from '../../schemas/domain/index.ts';
import type { BatchAnswer } from './batch-parser.ts';
import { BatchProcess, BatchProcessEnded } from './batch-process.ts';
import type { GitEnvironment } from './git-environment.ts';

export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly content: Uint8Array;
}

export interface ObjectHeader {
  readonly id: string;
  readonly type: string;
  readonly size: number;
}

export interface ObjectReaderOptions {
  readonly environment: GitEnvironment;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * Reads objects of one mirror. Sizes are asked before contents, and every content is held against
 * its id: git itself checks neither an id nor an index when it reads.
 */
export class ObjectReader {
  readonly #options: ObjectReaderOptions;
  readonly #processes = new Map<'--batch' | '--batch-check', BatchProcess>();
  #stopped = false;

  constructor(options: ObjectReaderOptions) {
    this.#options = options;
  }

  /** Undefined for a name that names nothing. @throws Failure MirrorCorrupt */
  async headers(names: readonly string[]): Promise<readonly (ObjectHeader | undefined)[]> {
    const answers = await this.#ask('--batch-check', names);
    return answers.map((answer) => (answer.found ? answer : undefined));
  }

  /**
   * @param ids of objects whose sizes were judged.
   * @throws Failure MirrorCorrupt for an object that is missing or not what its id says.
   */
  async contents(ids: readonly string[]): Promise<readonly GitObject[]> {
    const answers = await this.#ask('--batch', ids);
    return answers.map((answer, index) => verified(answer, ids[index] ?? ''));
  }

  stop(): void {
    this.#stopped = true;
    for (const process of this.#processes.values()) process.stop();
    this.#processes.clear();
  }

  /** A process that died is replaced once: somebody may have killed it. */
  async #ask(
    mode: '--batch' | '--batch-check',
    names: readonly string[],
  ): Promise<readonly BatchAnswer[]> {
    try {
      return await this.#process(mode).ask(names);
    } catch (error) {
      if (this.#stopped || !(error instanceof BatchProcessEnded)) throw stopped(error);
    }
    try {
      return await this.#process(mode).ask(names);
    } catch (error) {
      if (this.#stopped) throw stopped(error);
      throw corrupt(error instanceof Error ? error.message : String(error), error);
    }
  }

  #process(mode: '--batch' | '--batch-check'): BatchProcess {
    const running = this.#processes.get(mode);
    if (running && !running.ended) return running;
    const { environment, clock, timeoutMs } = this.#options;
    const process = new BatchProcess({ mode, environment, clock, timeoutMs });
    this.#processes.set(mode, process);
    return process;
  }
}

function verified(answer: BatchAnswer, id: string): GitObject {
  if (!answer.found) throw corrupt(`object ${id} is missing`);
  if (answer.id !== id || objectId(answer, id.length) !== id) {
    throw corrupt(`object ${id} is not what its id says`);
  }
  return answer;
}

function objectId(object: GitObject, digits: number): string {
  const hash = createHash(digits === 64 ? 'sha256' : 'sha1');
  hash.update(`${object.type} ${object.content.length}\0`);
  return hash.update(object.content).digest('hex');
}

export function corrupt(what: string, cause?: unknown): Failure {
  return new Failure('MirrorCorrupt', `the mirror of the repository is damaged: ${what}`, {
    cause,
  });
}

const stopped = (cause: unknown): Failure =>
  new Failure('Aborted', 'the source was stopped', { retry: 'never', cause });
