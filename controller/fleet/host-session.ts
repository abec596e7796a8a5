import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import {
  decodeDelta,
  decodeEngine,
  decodeObjects,
  decodeOutcome,
  encodeOperation,
} from '../../proto/codec.ts';
import type {
  Hello,
  Pause,
  SessionRequest,
  SessionResponse,
  SnapshotPart,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import type { HostName, Outcome, UnitKey } from '../../schemas/domain/index.ts';
import type { Dispatch } from '../reconcile/ports.ts';
import type { HostObjects, HostState } from './host-state.ts';

export type Stream = ServerDuplexStream<SessionRequest, SessionResponse>;

export interface SessionEvents {
  /** A full snapshot is in. */
  readonly snapshot: (session: HostSession, parts: SnapshotFacts) => void;
  readonly changed: (session: HostSession, units: readonly UnitKey[] | 'all') => void;
  readonly ended: (session: HostSession, cause: string) => void;
}

export interface SnapshotFacts {
  readonly engine: ReturnType<typeof decodeEngine>;
  readonly objects: HostObjects;
}

interface PendingOperation {
  readonly resolve: (outcome: Outcome) => void;
  readonly cancelTimer: () => void;
}

export const HEARTBEAT_MS = 5_000;
const MISSED_HEARTBEATS = 3;
/** Objects of one snapshot, all kinds together. */
const MOST_OBJECTS = 50_000;
const MOST_PENDING = 1_000;
const TAIL_DEADLINE_MS = 3_000;
/** Past its own deadline the agent gets this long to say so itself. */
const OUTCOME_GRACE_MS = 5_000;

/** One connection of one agent, from its Hello to its end. Speaks for one host only. */
export class HostSession {
  readonly host: HostName;
  readonly id: string;
  readonly hello: Hello;
  state: HostState | undefined;
  paused: { readonly reason: string; readonly untilMs: number } | null = null;
  readonly #stream: Stream;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: SessionEvents;
  readonly #pending = new Map<string, PendingOperation>();
  readonly #tails = new Map<string, (lines: readonly string[]) => void>();
  #parts: HostObjects[] = [];
  #objects = 0;
  #sequence = 0n;
  #heardMs: number;
  #cancelHeartbeat: () => void = () => {};
  #ended = false;

  constructor(
    host: HostName,
    id: string,
    hello: Hello,
    stream: Stream,
    clock: Clock,
    logger: Logger,
    events: SessionEvents,
  ) {
    this.host = host;
    this.id = id;
    this.hello = hello;
    this.#stream = stream;
    this.#clock = clock;
    this.#logger = logger;
    this.#events = events;
    this.#heardMs = clock.now();
    this.#beat();
  }

  welcome(installation: string, epoch: bigint): void {
    const welcome = { session: this.id, installation, epoch, heartbeatMs: HEARTBEAT_MS };
    this.#send({ welcome });
  }

  receive(message: SessionRequest): void {
    this.#heardMs = this.#clock.now();
    if (message.snapshot) this.#snapshot(message.snapshot);
    else if (message.delta) this.#delta(message.delta);
    else if (message.outcome) {
      this.#settle(message.outcome.operationId, decodeOutcome(message.outcome));
    } else if (message.logs) this.#tails.get(message.logs.requestId)?.(message.logs.lines);
    else if (message.progress) {
      const { operationId, text } = message.progress;
      this.#logger.debug({ host: this.host, operationId, text: text.slice(0, 200) }, 'progress');
    }
  }

  /** Never rejects: a lost session and a missed deadline are outcomes too. */
  execute(dispatch: Dispatch, epoch: bigint, signal: AbortSignal): Promise<Outcome> {
    if (this.#ended || this.#pending.size >= MOST_PENDING) {
      return Promise.resolve(lost('the host is not connected'));
    }
    const { operationId, unit, operation, content, deadlineMs } = dispatch;
    return new Promise((resolve) => {
      const cancelTimer = this.#clock.setTimer(deadlineMs + OUTCOME_GRACE_MS, () => {
        this.#settle(operationId, timedOut(deadlineMs));
      });
      this.#pending.set(operationId, { resolve, cancelTimer });
      // Only a pull is worth cutting short: everything else is quick and better left whole.
      if (operation.kind === 'pull-image') {
        signal.addEventListener('abort', () => this.#send({ cancel: { operationId } }), {
          once: true,
        });
      }
      this.#send({
        operation: {
          operationId,
          epoch,
          unit,
          operation: encodeOperation(operation),
          content: Buffer.from(content ?? new Uint8Array()),
          deadlineMs,
        },
      });
    });
  }

  tailLogs(requestId: string, container: string, lines: number): Promise<readonly string[]> {
    if (this.#ended) return Promise.resolve([]);
    return new Promise((resolve) => {
      const finish = (answer: readonly string[]) => {
        cancel();
        this.#tails.delete(requestId);
        resolve(answer.slice(-lines));
      };
      const cancel = this.#clock.setTimer(TAIL_DEADLINE_MS, () => finish([]));
      this.#tails.set(requestId, finish);
      this.#send({ tailLogs: { requestId, container, lines } });
    });
  }

  /** Ends the session once; everything pending is answered. */
  end(cause: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelHeartbeat();
    for (const id of [...this.#pending.keys()]) this.#settle(id, lost(cause));
    for (const finish of [...this.#tails.values()]) finish([]);
    this.#stream.end();
    this.#events.ended(this, cause);
  }

  #settle(operationId: string, outcome: Outcome): void {
    const pending = this.#pending.get(operationId);
    if (!pending) return;
    this.#pending.delete(operationId);
    pending.cancelTimer();
    pending.resolve(outcome);
  }

  #snapshot(part: SnapshotPart): void {
    const objects = decodeObjects(part.objects);
    this.#objects += objects.containers.length + objects.networks.length;
    this.#objects += objects.volumes.length + objects.images.length;
    if (this.#objects > MOST_OBJECTS) {
      this.end(`a snapshot of over ${MOST_OBJECTS} objects`);
      return;
    }
    this.#parts.push(objects);
    if (!part.last) return;
    const parts = this.#parts.splice(0);
    this.#objects = 0;
    this.#sequence = part.sequence;
    this.#pause(part.pause);
    this.#events.snapshot(this, {
      engine: decodeEngine(part.engine),
      objects: {
        containers: parts.flatMap(({ containers }) => containers),
        networks: parts.flatMap(({ networks }) => networks),
        volumes: parts.flatMap(({ volumes }) => volumes),
        images: parts.flatMap(({ images }) => images),
      },
    });
  }

  #delta(wire: NonNullable<SessionRequest['delta']>): void {
    if (!this.state || wire.sequence !== this.#sequence + 1n) {
      this.end(`a gap in the deltas: ${this.#sequence} then ${wire.sequence}`);
      return;
    }
    this.#sequence = wire.sequence;
    const changed = this.state.fold(decodeDelta(wire), this.#clock.now());
    const paused = wire.pause !== undefined && this.#pause(wire.pause);
    this.#events.changed(this, paused ? 'all' : changed);
  }

  /** @returns whether it changed. */
  #pause(pause: Pause | undefined): boolean {
    const before = JSON.stringify(this.paused);
    const untilMs = Number(pause?.untilMs ?? 0n);
    this.paused = untilMs > 0 ? { reason: pause?.reason.slice(0, 500) ?? '', untilMs } : null;
    return JSON.stringify(this.paused) !== before;
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#clock.setTimer(HEARTBEAT_MS, () => {
      if (this.#clock.now() - this.#heardMs > MISSED_HEARTBEATS * HEARTBEAT_MS) {
        this.end('no heartbeat');
        return;
      }
      this.#send({ heartbeat: {} });
      this.#beat();
    });
  }

  #send(message: Partial<SessionResponse>): void {
    if (this.#ended) return;
    this.#stream.write(message as SessionResponse);
  }
}

const lost = (message: string): Outcome => ({
  status: 'failed',
  durationMs: 0,
  error: { code: 'SessionLost', fault: 'world', message },
});

const timedOut = (deadlineMs: number): Outcome => ({
  status: 'failed',
  durationMs: deadlineMs,
  error: { code: 'EngineTimeout', fault: 'world', message: `no outcome within ${deadlineMs} ms` },
});
