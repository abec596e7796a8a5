import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import {
  Failure,
  type OperationErrorCode,
  type OperationProgress,
  type Outcome,
  parseAppId,
  splitUnitKey,
} from '../../schemas/domain/index.ts';
import type { DockerEngine, ObjectRef } from '../core/docker-engine.ts';
import { OperationFailure, operationError } from '../core/operation-failure.ts';
import type { SwarmEngine } from '../core/swarm-engine.ts';
import type { ExecuteRequest, Executor } from '../session/ports.ts';
import type { Context } from './context.ts';
import type { HostPolicy } from './host-policy.ts';
import { isKnown, lockedObjects, perform } from './perform.ts';
import type { FileStore, Journal, PauseState, TreeStore } from './ports.ts';
import { throttled } from './throttle.ts';
import { Turns } from './turns.ts';

export interface ExecutorOptions {
  /** With deadlines on its calls (`timedEngine`). */
  readonly engine: DockerEngine;
  readonly swarm?: SwarmEngine;
  readonly journal: Journal;
  readonly files: FileStore;
  readonly trees: TreeStore;
  /** @throws OperationFailure FileBudgetExceeded where the host keeps no more files. */
  readonly admit: (bytes: number) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The root-owned policy of this host, read afresh. */
  readonly policy: () => HostPolicy;
  readonly paused: () => PauseState | undefined;
  /** Reports these objects as they are now (`HostObserver.refresh`). */
  readonly refresh: (refs: readonly ObjectRef[]) => Promise<void>;
  /** Operations under way at once, pulls apart. */
  readonly concurrency?: number;
  /** Pulls under way at once: they take long, and share one line. */
  readonly pulls?: number;
}

const CONCURRENCY = 8;
const PULLS = 3;
const QUEUE_LIMIT = 4096;
const PROGRESS_INTERVAL_MS = 500;

/** Performs operations: each id once, each object one at a time, only what is ours. */
export class HostExecutor implements Executor {
  readonly #options: ExecutorOptions;
  readonly #turns: Turns;
  readonly #pulls: Turns;
  readonly #running = new Map<string, Promise<Outcome>>();
  readonly #stopped = new AbortController();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#turns = new Turns(options.concurrency ?? CONCURRENCY);
    this.#pulls = new Turns(options.pulls ?? PULLS);
  }

  running(): readonly string[] {
    return [...this.#running.keys()];
  }

  epoch(): bigint {
    return this.#options.journal.epoch();
  }

  /** Waits for what is under way; what has not begun is not begun any more. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Failure('Stopped', 'the agent stops'));
    await Promise.allSettled(this.#running.values());
  }

  execute(
    request: ExecuteRequest,
    progress: (progress: OperationProgress) => void,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const running = this.#running.get(request.operationId);
    if (running) return running;
    const outcome = this.#outcome(request, progress, signal).finally(() =>
      this.#running.delete(request.operationId),
    );
    this.#running.set(request.operationId, outcome);
    return outcome;
  }

  async #outcome(
    request: ExecuteRequest,
    progress: (progress: OperationProgress) => void,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { clock, logger } = this.#options;
    const startedMs = clock.now();
    try {
      await this.#admit(request);
      const known = this.#known(request.operationId);
      if (known) return known;
      return await this.#inTurn(request, progress, signal);
    } catch (error) {
      const failed = operationError(error);
      logger.warn({ operation: request.operationId, error: failed }, 'operation refused');
      return { status: 'failed', durationMs: clock.now() - startedMs, error: failed };
    }
  }

  /** @throws OperationFailure StaleEpoch, HostPaused, HostPolicy, InvalidSpec */
  async #admit(request: ExecuteRequest): Promise<void> {
    const { journal, policy } = this.#options;
    this.#refuseStale(request);
    if (request.epoch > journal.epoch()) await journal.raiseEpoch(request.epoch);
    this.#refuseWhilePaused();
    if (!isKnown(request.operation.kind)) {
      const message = `this agent does not know ${JSON.stringify(request.operation.kind)}; update it`;
      throw new OperationFailure('InvalidSpec', 'host', message);
    }
    const { project } = parseAppId(splitUnitKey(request.unit).app);
    const { projects } = policy();
    if (projects && !projects.includes(project)) {
      const message = `this host's policy does not allow project ${project}`;
      throw new OperationFailure('HostPolicy', 'host', message);
    }
    if (this.#running.size > QUEUE_LIMIT) {
      throw new OperationFailure('EngineError', 'world', 'too many operations wait on this host');
    }
  }

  #refuseStale({ epoch }: ExecuteRequest): void {
    const known = this.#options.journal.epoch();
    if (epoch >= known) return;
    const message = `epoch ${epoch} is below ${known}: another controller is in charge`;
    throw new OperationFailure('StaleEpoch', 'host', message);
  }

  #refuseWhilePaused(): void {
    const pause = this.#options.paused();
    if (!pause) return;
    const until = new Date(pause.untilMs).toISOString();
    throw new OperationFailure('HostPaused', 'host', `paused until ${until}: ${pause.reason}`);
  }

  #known(operationId: string): Outcome | undefined {
    const known = this.#options.journal.operation(operationId);
    if (known !== 'begun') return known;
    const message = 'the agent was interrupted while it did this; what became of it is observed';
    return { status: 'failed', durationMs: 0, error: failure('Interrupted', message) };
  }

  #inTurn(
    request: ExecuteRequest,
    progress: (progress: OperationProgress) => void,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const objects = lockedObjects(request.operation).map((name) => `${request.unit} ${name}`);
    const turns = request.operation.kind === 'pull-image' ? this.#pulls : this.#turns;
    return turns.take(objects, async () => {
      if (signal.aborted || this.#stopped.signal.aborted) {
        throw new OperationFailure('Interrupted', 'world', 'not begun: nobody waits for it');
      }
      // Both may have changed while it waited for its turn, behind slow pulls for a long time.
      this.#refuseStale(request);
      this.#refuseWhilePaused();
      await this.#options.journal.begin(request.operationId);
      const outcome = await this.#perform(request, progress, signal);
      await this.#options.journal.end(request.operationId, outcome);
      return outcome;
    });
  }

  async #perform(
    request: ExecuteRequest,
    progress: (progress: OperationProgress) => void,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { clock, refresh } = this.#options;
    const touched = new Map<string, ObjectRef>();
    const deadline = new AbortController();
    const cancel = clock.setTimer(request.deadlineMs, () => deadline.abort());
    const words = throttled(clock, PROGRESS_INTERVAL_MS, progress);
    const context: Context = {
      ...this.#options,
      policy: this.#options.policy(),
      installation: request.installation,
      app: splitUnitKey(request.unit).app,
      content: request.content,
      progress: (told) => words.say(told),
      signal: AbortSignal.any([deadline.signal, this.#stopped.signal]),
      abandoned: signal,
      stopped: this.#stopped.signal,
      touch: (ref) => touched.set(`${ref.kind} ${ref.id}`, ref),
    };
    const startedMs = clock.now();
    const result = await this.#result(request, context, deadline.signal);
    cancel();
    words.end();
    const durationMs = clock.now() - startedMs;
    await refresh([...touched.values()]);
    return { ...result, durationMs };
  }

  async #result(
    request: ExecuteRequest,
    context: Context,
    deadline: AbortSignal,
  ): Promise<Omit<Outcome, 'durationMs'>> {
    try {
      return { status: await perform(request.operation, context) };
    } catch (thrown) {
      if (deadline.aborted) {
        const message = `not done within its ${request.deadlineMs / 1000} s`;
        return { status: 'failed', error: failure('EngineTimeout', message) };
      }
      return { status: 'failed', error: operationError(thrown) };
    }
  }
}

const failure = (code: OperationErrorCode, message: string) =>
  ({ code, fault: 'world', message }) as const;
