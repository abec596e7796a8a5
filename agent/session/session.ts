import { type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import {
  decodeOperation,
  encodeDelta,
  encodeEngine,
  encodeObjects,
  encodeOutcome,
} from '../../proto/codec.ts';
import {
  AgentServiceClient,
  type Operation,
  type SessionRequest,
  type SessionResponse,
  type TailLogs,
  type Welcome,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import type { InstallationId, ObservedDelta, UnitKey } from '../../schemas/domain/index.ts';
import type { Identity } from './identity.ts';
import type { Executor, LogReader, Observer, Snapshot } from './ports.ts';

export interface SessionOptions {
  readonly identity: Identity;
  readonly observer: Observer;
  readonly executor: Executor;
  readonly logs: LogReader;
  readonly paused: () => { readonly reason: string; readonly untilMs: number } | undefined;
  readonly agentVersion: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Stream = ClientDuplexStream<SessionRequest, SessionResponse>;

const PROTOCOL = 1;
const PART_OBJECTS = 500;
const WELCOME_DEADLINE_MS = 15_000;
const MISSED_HEARTBEATS = 3;
const PAUSE_LOOK_MS = 1_000;
const KEEPALIVE = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
};

/** How a session ended. `welcomed`: it got through, so the next dial need not be slowed down. */
export interface SessionEnd {
  readonly cause: string;
  readonly welcomed: boolean;
}

/**
 * One session from dial to end: Hello, Welcome, snapshot, then deltas and operations until either
 * side ends it or `signal` aborts. Never rejects.
 */
export function runSession(
  address: string,
  options: SessionOptions,
  signal: AbortSignal,
): Promise<SessionEnd> {
  return new AgentSession(address, options, signal).run();
}

class AgentSession {
  readonly #options: SessionOptions;
  readonly #client: AgentServiceClient;
  readonly #stream: Stream;
  readonly #abort = new AbortController();
  readonly #operations = new Map<string, AbortController>();
  readonly #timers = new Set<() => void>();
  #resolve: (end: SessionEnd) => void = () => {};
  #welcome: Welcome | undefined;
  #heardMs: number;
  #sequence = 0n;
  /** Deltas are sent only once the snapshot they chain onto is. */
  #chained = false;
  #snapshots: Promise<void> = Promise.resolve();
  #pause = '';

  constructor(address: string, options: SessionOptions, signal: AbortSignal) {
    this.#options = options;
    const { ca, key, certificate } = options.identity;
    const ssl = credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(certificate));
    this.#client = new AgentServiceClient(address, ssl, KEEPALIVE);
    this.#stream = this.#client.session();
    this.#heardMs = options.clock.now();
    signal.addEventListener('abort', () => this.#end('the agent stops'), {
      once: true,
      signal: this.#abort.signal,
    });
  }

  run(): Promise<SessionEnd> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#stream.on('data', (message) => this.#receive(message));
      this.#stream.on('error', (error) => this.#end(error.message));
      this.#stream.on('end', () => this.#end('the controller ended it'));
      this.#after(WELCOME_DEADLINE_MS, () => {
        if (!this.#welcome) this.#end('no welcome');
      });
      const { identity, agentVersion, executor } = this.#options;
      const hello = {
        protocol: PROTOCOL,
        host: identity.host,
        agentVersion,
        epoch: executor.epoch(),
        running: [...executor.running()],
      };
      this.#send({ hello });
    });
  }

  #receive(message: SessionResponse): void {
    this.#heardMs = this.#options.clock.now();
    if (message.welcome) this.#start(message.welcome);
    else if (message.operation) void this.#execute(message.operation);
    else if (message.cancel) this.#operations.get(message.cancel.operationId)?.abort();
    else if (message.tailLogs) void this.#tail(message.tailLogs);
    else if (message.snapshotRequest) this.#resync(message.snapshotRequest.cause);
  }

  #start(welcome: Welcome): void {
    if (this.#welcome) return;
    this.#welcome = welcome;
    this.#options.observer.listen({
      delta: (delta) => this.#delta(delta),
      resync: (cause) => this.#resync(cause),
    });
    this.#resync('connected');
    this.#beat(welcome.heartbeatMs);
    this.#lookAtPause();
  }

  /** Sends a new snapshot; one at a time, deltas wait for it. */
  #resync(cause: string): void {
    this.#chained = false;
    this.#snapshots = this.#snapshots.then(async () => {
      if (this.#abort.signal.aborted) return;
      try {
        const snapshot = await this.#options.observer.snapshot(this.#abort.signal);
        this.#sendSnapshot(snapshot);
        this.#options.logger.debug({ cause }, 'snapshot sent');
      } catch (error) {
        // Without a view of the engine there is nothing to say: dial again, slowly.
        this.#end(`the engine could not be observed: ${messageOf(error)}`);
      }
    });
  }

  #sendSnapshot(snapshot: Snapshot): void {
    const { engine, containers, networks, volumes, images } = snapshot;
    const none = { containers: [], networks: [], volumes: [], images: [] };
    const parts = [
      ...slices(containers).map((part) => ({ ...none, containers: part })),
      ...slices(networks).map((part) => ({ ...none, networks: part })),
      ...slices(volumes).map((part) => ({ ...none, volumes: part })),
      ...slices(images).map((part) => ({ ...none, images: part })),
    ];
    if (parts.length === 0) parts.push(none);
    const paused = this.#options.paused();
    this.#pause = JSON.stringify(paused ?? null);
    parts.forEach((part, index) => {
      this.#send({
        snapshot: {
          engine: encodeEngine(engine),
          objects: encodeObjects(part),
          last: index === parts.length - 1,
          sequence: this.#sequence,
          pause: encodePause(paused),
        },
      });
    });
    this.#chained = true;
  }

  #delta(delta: ObservedDelta): void {
    // What a delta says while a snapshot is being made is in that snapshot.
    if (!this.#chained) return;
    this.#sequence += 1n;
    this.#send({ delta: encodeDelta(delta, this.#sequence) });
  }

  async #execute(wire: Operation): Promise<void> {
    const operation = decodeOperation(wire.operation);
    const { operationId } = wire;
    if (!operation || !this.#welcome) {
      const error = { code: 'InvalidSpec', fault: 'host', message: 'unknown operation' } as const;
      this.#send({
        outcome: encodeOutcome(operationId, { status: 'failed', durationMs: 0, error }),
      });
      return;
    }
    const abort = new AbortController();
    this.#operations.set(operationId, abort);
    const request = {
      operationId,
      epoch: wire.epoch,
      installation: this.#welcome.installation as InstallationId,
      unit: wire.unit as UnitKey,
      operation,
      ...(wire.content.length > 0 && { content: wire.content }),
      deadlineMs: wire.deadlineMs,
    };
    const progress = (text: string) => this.#send({ progress: { operationId, text } });
    const outcome = await this.#options.executor.execute(request, progress, abort.signal);
    this.#operations.delete(operationId);
    // A snapshot under way may not show the effect yet: the outcome comes after it.
    await this.#snapshots;
    this.#send({ outcome: encodeOutcome(operationId, outcome) });
  }

  async #tail({ requestId, container, lines }: TailLogs): Promise<void> {
    const read = this.#options.logs.tail(container, lines, this.#abort.signal);
    const answer = await read.catch(() => []);
    this.#send({ logs: { requestId, lines: [...answer] } });
  }

  #beat(intervalMs: number): void {
    this.#after(intervalMs, () => {
      if (this.#options.clock.now() - this.#heardMs > MISSED_HEARTBEATS * intervalMs) {
        this.#end('no heartbeat from the controller');
        return;
      }
      this.#send({ heartbeat: {} });
      this.#beat(intervalMs);
    });
  }

  /** The host owner's pause is told within a second, also when nothing else happens. */
  #lookAtPause(): void {
    this.#after(PAUSE_LOOK_MS, () => {
      const paused = this.#options.paused();
      const text = JSON.stringify(paused ?? null);
      if (text !== this.#pause && this.#chained) {
        this.#pause = text;
        this.#sequence += 1n;
        const removed = { containers: [], networks: [], volumes: [], images: [] };
        const empty = { ...removed, removed };
        this.#send({
          delta: { ...encodeDelta(empty, this.#sequence), pause: encodePause(paused) },
        });
      }
      this.#lookAtPause();
    });
  }

  #after(ms: number, fn: () => void): void {
    const cancel = this.#options.clock.setTimer(ms, () => {
      this.#timers.delete(cancel);
      fn();
    });
    this.#timers.add(cancel);
  }

  #send(message: Partial<SessionRequest>): void {
    if (this.#abort.signal.aborted) return;
    this.#stream.write(message as SessionRequest);
  }

  #end(cause: string): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new Error(cause));
    for (const cancel of this.#timers) cancel();
    this.#stream.cancel();
    this.#client.close();
    this.#resolve({ cause, welcomed: this.#welcome !== undefined });
  }
}

function slices<T>(items: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < items.length; at += PART_OBJECTS) {
    parts.push(items.slice(at, at + PART_OBJECTS));
  }
  return parts;
}

function encodePause(paused: { readonly reason: string; readonly untilMs: number } | undefined) {
  return { reason: paused?.reason ?? '', untilMs: BigInt(paused?.untilMs ?? 0) };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
