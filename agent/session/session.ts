import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import {
  encodeEngine,
  encodeLines,
  encodeManifest,
  encodeOutcome,
  encodePause,
  encodeProgress,
  type PauseState,
  PROTOCOL,
} from '../../proto/codec.ts';
import type {
  Delta,
  InspectManifest,
  Operation,
  SessionRequest,
  SessionResponse,
  TailLogs,
  Welcome,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import type { ObservedDelta, OperationProgress, Outcome } from '../../schemas/domain/index.ts';
import { operationError } from '../core/operation-failure.ts';
import {
  INITIAL_SESSION,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  stepSession,
} from '../core/session-machine.ts';
import type { Link, SessionStream } from './channel.ts';
import { classifyStreamEnd, type StreamEnd } from './classify-stream-end.ts';
import { readRequest } from './execute-request.ts';
import type { Identity } from './identity.ts';
import { IncomingContent } from './incoming-content.ts';
import type { Executor, LogReader, ManifestReader, Observer, Snapshot } from './ports.ts';
import { deltaParts, objectParts } from './split.ts';

export interface SessionOptions {
  readonly identity: Identity;
  readonly observer: Observer;
  readonly executor: Executor;
  readonly logs: LogReader;
  readonly manifests: ManifestReader;
  /** The host owner's pause, read afresh. */
  readonly paused: () => PauseState | undefined;
  /** Called with each message of the controller. */
  readonly heard?: () => void;
  readonly agentVersion: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How a session ended. `welcomed`: it got through, so the next dial need not be slowed down. */
export interface SessionEnd {
  readonly cause: string;
  readonly welcomed: boolean;
  readonly kind: StreamEnd;
}

const WELCOME_DEADLINE_MS = 15_000;
const PAUSE_LOOK_MS = 1_000;
const LEAST_HEARTBEAT_MS = 1_000;
/** What waits to be sent when nothing of it goes: then the link is as good as dead. */
const MOST_UNSENT = 5_000;
const FAREWELL_MS = 2_000;

/**
 * One session from dial to end, on one link: the shell around core's session machine. Its
 * `ended` never rejects.
 */
export class AgentSession {
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #link: Link;
  readonly #stream: SessionStream;
  readonly #abort = new AbortController();
  readonly #operations = new Map<string, AbortController>();
  readonly #outcomes = new Map<string, Outcome>();
  readonly #timers = new Set<() => void>();
  readonly #content = new IncomingContent();
  #resolve: (end: SessionEnd) => void = () => {};
  #state: SessionState = INITIAL_SESSION;
  #installation = '';
  #snapshot: Snapshot | undefined;
  #delta: readonly Delta[] = [];
  /** As last told. */
  #pause = '';

  constructor(link: Link, options: SessionOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#link = link;
    this.#stream = link.stream;
    this.#stream.on('data', (message: SessionResponse) => this.#receive(message));
    this.#stream.on('error', (error) => this.#on({ type: 'closed', cause: error.message }));
    this.#stream.on('end', () => this.#on({ type: 'closed', cause: 'the controller ended it' }));
    this.#stream.on('drain', () => this.#on({ type: 'drained' }));
    this.#after(WELCOME_DEADLINE_MS, () => this.#on({ type: 'no-welcome' }));
    const { identity, agentVersion, executor } = options;
    const running = [...executor.running()];
    const [protocol, host, epoch] = [PROTOCOL, identity.host, executor.epoch()];
    this.#send({ hello: { protocol, host, agentVersion, epoch, running } });
  }

  stop(): void {
    this.#on({ type: 'stop' });
  }

  /** Ends as soon as no operation is under way. */
  retire(): void {
    this.#on({ type: 'retire' });
  }

  #receive(message: SessionResponse): void {
    this.#options.heard?.();
    this.#on({ type: 'heard', nowMs: this.#options.clock.now() });
    if (message.welcome) this.#welcome(message.welcome);
    else if (message.content) this.#content.add(message.content);
    else if (message.operation) void this.#execute(message.operation);
    else if (message.cancel) this.#operations.get(message.cancel.operationId)?.abort();
    else if (message.tailLogs) void this.#tail(message.tailLogs);
    else if (message.inspectManifest) void this.#inspectManifest(message.inspectManifest);
    else if (message.snapshotRequest) {
      this.#on({ type: 'resync', cause: message.snapshotRequest.cause });
    }
  }

  #welcome({ installation, heartbeatMs: asked, session }: Welcome): void {
    if (this.#state.phase !== 'greeting') return;
    this.#installation = installation;
    this.#options.logger.info({ session }, 'connected');
    this.#options.observer.listen({
      delta: (delta) => this.#onDelta(delta),
      resync: (cause) => this.#on({ type: 'resync', cause }),
    });
    this.#lookAtPause();
    const heartbeatMs = Math.max(LEAST_HEARTBEAT_MS, asked);
    this.#on({ type: 'welcome', heartbeatMs, nowMs: this.#options.clock.now() });
    this.#every(heartbeatMs, () => this.#on({ type: 'beat', nowMs: this.#options.clock.now() }));
    this.#every(PAUSE_LOOK_MS, () => this.#lookAtPause());
  }

  #onDelta(delta: ObservedDelta): void {
    this.#delta = deltaParts(delta);
    const backlog = this.#stream.writableLength;
    this.#on({ type: 'delta', messages: this.#delta.length, backlog });
  }

  #on(event: SessionEvent): void {
    const { state, effects } = stepSession(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SessionEffect): void {
    switch (effect.do) {
      case 'take-snapshot':
        void this.#takeSnapshot(effect.cause);
        return;
      case 'send-snapshot':
        this.#sendSnapshot(effect.sequence);
        return;
      case 'send-delta':
        this.#delta.forEach((part, index) => {
          this.#send({ delta: { ...part, sequence: effect.sequence + BigInt(index) } });
        });
        return;
      case 'send-outcome':
        this.#sendOutcome(effect.operationId);
        return;
      case 'send-heartbeat':
        this.#send({ heartbeat: {} });
        return;
      case 'close':
        this.#close(effect.cause);
    }
  }

  async #takeSnapshot(cause: string): Promise<void> {
    try {
      this.#snapshot = await this.#options.observer.snapshot(this.#abort.signal);
      this.#options.logger.debug({ cause }, 'snapshot taken');
      this.#on({ type: 'snapshot-taken' });
    } catch (error) {
      // Without a view of the engine there is nothing to say: dial again, slowly.
      this.#on({ type: 'snapshot-failed', message: messageOf(error) });
    }
  }

  #sendSnapshot(sequence: bigint): void {
    if (!this.#snapshot) return;
    const engine = encodeEngine(this.#snapshot.engine);
    const parts = objectParts(this.#snapshot);
    this.#snapshot = undefined;
    parts.forEach((objects, index) => {
      const last = index === parts.length - 1;
      this.#send({ snapshot: { engine, objects, last, sequence } });
    });
  }

  async #execute(wire: Operation): Promise<void> {
    const { operationId } = wire;
    if (this.#state.phase === 'greeting' || this.#operations.has(operationId)) return;
    const content = this.#content.take(operationId, wire.contentSize);
    const { identity, executor } = this.#options;
    const request = readRequest(wire, content, identity.host, this.#installation);
    const abort = new AbortController();
    this.#operations.set(operationId, abort);
    this.#on({ type: 'operation' });
    const progress = (told: OperationProgress) =>
      this.#send({ progress: encodeProgress(operationId, told) });
    const outcome =
      'status' in request ? request : await executor.execute(request, progress, abort.signal);
    this.#operations.delete(operationId);
    this.#outcomes.set(operationId, outcome);
    this.#on({ type: 'outcome', operationId });
  }

  #sendOutcome(operationId: string): void {
    const outcome = this.#outcomes.get(operationId);
    this.#outcomes.delete(operationId);
    if (outcome) this.#send({ outcome: encodeOutcome(operationId, outcome) });
  }

  async #tail({ requestId, container, lines }: TailLogs): Promise<void> {
    const read = this.#options.logs.tail(container, lines, this.#abort.signal);
    this.#send({ logs: encodeLines(requestId, await read.catch(() => [])) });
  }

  async #inspectManifest({ requestId, reference, auth }: InspectManifest): Promise<void> {
    const login = auth.length > 0 ? auth : undefined;
    const read = this.#options.manifests.read(reference, login, this.#abort.signal);
    const answer = read.then(
      (manifest) => ({ manifest }),
      (error: unknown) => ({ error: operationError(error) }),
    );
    this.#send({ manifest: encodeManifest(requestId, await answer) });
  }

  /** The host owner's pause is told at once, and again within a second of each change. */
  #lookAtPause(): void {
    const pause = this.#options.paused();
    const text = JSON.stringify(pause ?? null);
    if (text === this.#pause) return;
    this.#pause = text;
    this.#send({ pause: encodePause(pause) });
  }

  #every(ms: number, fn: () => void): void {
    this.#after(ms, () => {
      fn();
      this.#every(ms, fn);
    });
  }

  #after(ms: number, fn: () => void): void {
    if (this.#abort.signal.aborted) return;
    const cancel = this.#options.clock.setTimer(ms, () => {
      this.#timers.delete(cancel);
      fn();
    });
    this.#timers.add(cancel);
  }

  #send(message: Partial<SessionRequest>): void {
    if (this.#abort.signal.aborted) return;
    if (this.#stream.writableLength > MOST_UNSENT) {
      this.#on({ type: 'closed', cause: 'the link takes nothing any more' });
      return;
    }
    this.#stream.write(message as SessionRequest);
  }

  #close(cause: string): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new Error(cause));
    for (const cancel of this.#timers) cancel();
    const welcomed = this.#installation !== '';
    const finish = () => {
      this.#stream.cancel();
      this.#link.close();
      this.#resolve({ cause, welcomed, kind: classifyStreamEnd(cause) });
    };
    if (cause !== 'retired') {
      finish();
      return;
    }
    // What was just sent still has to arrive.
    const cancel = this.#options.clock.setTimer(FAREWELL_MS, finish);
    this.#stream.once('status', () => {
      cancel();
      finish();
    });
    this.#stream.end();
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
