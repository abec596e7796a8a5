import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import {
  cleanText,
  decodeDelta,
  decodeLines,
  decodeManifest,
  decodeOutcome,
  decodePause,
  decodeProgress,
  type PauseState,
} from '../../proto/codec.ts';
import type {
  Delta,
  Progress,
  SessionRequest,
  SessionResponse,
  SnapshotPart,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import type {
  HostName,
  ManifestAnswer,
  ObservedDelta,
  OperationProgress,
  Outcome,
} from '../../schemas/domain/index.ts';
import type { Dispatch } from '../reconcile/ports.ts';
import { Allowance } from './allowance.ts';
import { operationMessages } from './operation-messages.ts';
import { Pending } from './pending.ts';
import { END_STATUS, type EndCode, ended, type SessionEnd } from './session-end.ts';
import { SnapshotParts, type WholeSnapshot } from './snapshot-parts.ts';

export type Stream = ServerDuplexStream<SessionRequest, SessionResponse>;

/** Called in the order of the agent's messages, never after `ended`. */
export interface SessionEvents {
  /** A full snapshot is in; it replaces what was known. */
  readonly snapshot: (session: HostSession, snapshot: WholeSnapshot) => void;
  /** @returns false where it is more than a host can have. */
  readonly delta: (session: HostSession, delta: ObservedDelta) => boolean;
  readonly paused: (session: HostSession) => void;
  readonly ended: (session: HostSession, end: SessionEnd) => void;
}

export interface SessionOptions {
  readonly host: HostName;
  readonly id: string;
  /** As the agent tells it, cleaned. */
  readonly agentVersion: string;
  readonly stream: Stream;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: SessionEvents;
}

export const HEARTBEAT_MS = 5_000;
const MISSED_HEARTBEATS = 3;
/** Sessions beat on common ticks: an idle fleet then wakes this process once for many of them. */
const BEAT_TICK_MS = 1_000;
/** From the Welcome to the last part of the first snapshot. */
const SNAPSHOT_DEADLINE_MS = 120_000;
const MOST_PENDING = 1_000;
const MOST_TAILS = 64;
const TAIL_DEADLINE_MS = 3_000;
const MOST_MANIFESTS = 256;
const MANIFEST_DEADLINE_MS = 20_000;
const MOST_LINES = 1_000;
/** Past its own deadline the agent gets this long to say so itself. */
const OUTCOME_GRACE_MS = 5_000;
/** What waits to be sent to an agent that does not read: then it is as good as gone. */
const MOST_UNSENT = 4_000;
const MIB = 1024 * 1024;
/** A full host (20,000 containers) is some 40 messages, a busy one a few deltas a second. */
const MESSAGES = { burst: 20_000, perSecond: 1_000 };
const BYTES = { burst: 256 * MIB, perSecond: 8 * MIB };
/** Of one snapshot on the wire, and of the deltas after which a new one is asked for. */
const MOST_SNAPSHOT_BYTES = 64 * MIB;
const MOST_CHAIN_BYTES = 64 * MIB;

/** One connection of one agent, from its Welcome to its end. Speaks for one host only. */
export class HostSession {
  readonly host: HostName;
  readonly id: string;
  readonly agentVersion: string;
  paused: PauseState | null = null;
  readonly #options: SessionOptions;
  readonly #outcomes: Pending<Outcome>;
  readonly #tails: Pending<readonly string[]>;
  readonly #manifests: Pending<ManifestAnswer>;
  /** By operation, while its outcome is waited for. */
  readonly #listeners = new Map<string, (progress: OperationProgress) => void>();
  readonly #messages: Allowance;
  readonly #bytes: Allowance;
  readonly #parts = new SnapshotParts();
  readonly #timers = new Map<string, () => void>();
  /** Of the last message of the chain; undefined before the first snapshot. */
  #sequence: bigint | undefined;
  #snapshotBytes = 0;
  #chainBytes = 0;
  #heardMs: number;
  #requestIds = 0;
  #ended = false;

  constructor(options: SessionOptions) {
    const { host, id, agentVersion, clock } = options;
    this.host = host;
    this.id = id;
    this.agentVersion = agentVersion;
    this.#options = options;
    this.#outcomes = new Pending(clock, MOST_PENDING);
    this.#tails = new Pending(clock, MOST_TAILS);
    this.#manifests = new Pending(clock, MOST_MANIFESTS);
    this.#heardMs = clock.now();
    this.#messages = new Allowance(MESSAGES, this.#heardMs);
    this.#bytes = new Allowance(BYTES, this.#heardMs);
  }

  /** The first message of the controller. @param lifeMs until the agent's certificate runs out. */
  welcome(installation: string, epoch: bigint, lifeMs: number): void {
    const welcome = { session: this.id, installation, epoch, heartbeatMs: HEARTBEAT_MS };
    this.#send({ welcome });
    this.#beat();
    this.#after('snapshot', SNAPSHOT_DEADLINE_MS, () => this.end('S_SILENT', 'no snapshot'));
    // TLS looks at a certificate once, at the start: that it has run out is seen here.
    this.#after('expiry', Math.min(lifeMs, 2 ** 31 - 1), () =>
      this.end('S_EXPIRED', 'the certificate of this session has run out'),
    );
  }

  /** @param size of the message on the wire, in bytes. */
  receive(message: SessionRequest, size: number): void {
    if (this.#ended) return;
    const now = this.#options.clock.now();
    this.#heardMs = now;
    if (!this.#messages.take(1, now) || !this.#bytes.take(size, now)) {
      this.end('S_FLOOD', 'more messages than a host has to say');
    } else if (message.snapshot) this.#snapshot(message.snapshot, size);
    else if (message.delta) this.#delta(message.delta, size);
    else this.#receiveOther(message);
  }

  #receiveOther(message: SessionRequest): void {
    if (message.outcome) {
      this.#outcomes.settle(message.outcome.operationId, decodeOutcome(message.outcome));
    } else if (message.logs) this.#tails.settle(message.logs.requestId, decodeLines(message.logs));
    else if (message.manifest) {
      this.#manifests.settle(message.manifest.requestId, decodeManifest(message.manifest));
    } else if (message.pause) this.#pause(decodePause(message.pause));
    else if (message.progress) this.#progress(message.progress);
    else if (message.hello) this.end('S_PROTOCOL', 'a second hello');
  }

  /** Never rejects: a lost session and a missed deadline are outcomes too. */
  async execute(dispatch: Dispatch, epoch: bigint, signal: AbortSignal): Promise<Outcome> {
    const { operationId, operation, deadlineMs } = dispatch;
    const messages = operationMessages(dispatch, epoch);
    if (messages === 'too large') {
      const message = `${operation.resource}: the request is larger than an agent takes`;
      return failed('InvalidSpec', 'spec', message);
    }
    const late = () => timedOut(deadlineMs);
    const outcome = this.#ended
      ? undefined
      : this.#outcomes.wait(operationId, deadlineMs + OUTCOME_GRACE_MS, late);
    if (!outcome) return failed('SessionLost', 'world', 'the host takes no operation now');
    // Only a pull is worth cutting short: everything else is quick and better left whole.
    const cancel = () => this.#send({ cancel: { operationId } });
    if (operation.kind === 'pull-image') signal.addEventListener('abort', cancel, { once: true });
    if (dispatch.onProgress) this.#listeners.set(operationId, dispatch.onProgress);
    for (const message of messages) this.#send(message);
    try {
      return await outcome;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#listeners.delete(operationId);
    }
  }

  async tailLogs(container: string, lines: number): Promise<readonly string[]> {
    const requestId = this.#nextRequest();
    const wanted = Math.min(MOST_LINES, Math.max(1, Math.trunc(lines)));
    const answer = this.#ended
      ? undefined
      : this.#tails.wait(requestId, TAIL_DEADLINE_MS, () => []);
    if (!answer) return [];
    this.#send({ tailLogs: { requestId, container, lines: wanted } });
    return (await answer).slice(-wanted);
  }

  /** What a reference means in its registry, as this host sees it. Never rejects. */
  async inspectManifest(reference: string, auth?: Uint8Array): Promise<ManifestAnswer> {
    const requestId = this.#nextRequest();
    const late = () => unknownManifest('the host did not tell in time');
    const answer = this.#ended
      ? undefined
      : this.#manifests.wait(requestId, MANIFEST_DEADLINE_MS, late);
    if (!answer) return unknownManifest('the host takes no question now');
    this.#send({ inspectManifest: { requestId, reference, auth: Buffer.from(auth ?? []) } });
    return await answer;
  }

  #nextRequest(): string {
    this.#requestIds += 1;
    return String(this.#requestIds);
  }

  /** Ends the session once; everything pending is answered. */
  end(code: EndCode, cause: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#outcomes.settleAll(failed('SessionLost', 'world', cause));
    this.#tails.settleAll([]);
    this.#manifests.settleAll(unknownManifest(cause));
    const { stream, events } = this.#options;
    // What the agent still sends is read and dropped, not kept.
    stream.resume();
    if (code === 'S_CLOSED') stream.end();
    else stream.emit('error', { code: END_STATUS[code], details: `${code}: ${cause}` });
    events.ended(this, ended(code, cause));
  }

  #snapshot(part: SnapshotPart, size: number): void {
    this.#snapshotBytes += size;
    const whole = this.#parts.add(part);
    if (whole === 'implausible' || this.#snapshotBytes > MOST_SNAPSHOT_BYTES) {
      this.end('S_IMPLAUSIBLE', 'more than a host can have');
      return;
    }
    if (whole === undefined) return;
    this.#sequence = whole.sequence;
    this.#snapshotBytes = 0;
    this.#chainBytes = 0;
    this.#timers.get('snapshot')?.();
    this.#options.events.snapshot(this, whole);
  }

  #delta(wire: Delta, size: number): void {
    const expected = this.#sequence === undefined ? undefined : this.#sequence + 1n;
    if (this.#parts.open || wire.sequence !== expected) {
      this.end('S_SEQUENCE', `delta ${wire.sequence} where ${expected ?? 'a snapshot'} comes next`);
      return;
    }
    this.#sequence = wire.sequence;
    if (!this.#options.events.delta(this, decodeDelta(wire))) {
      this.end('S_IMPLAUSIBLE', 'more than a host can have');
      return;
    }
    // What deltas replaced may be kept alive by texts of theirs: begin anew now and then.
    this.#chainBytes += size;
    if (this.#chainBytes <= MOST_CHAIN_BYTES) return;
    this.#chainBytes = 0;
    this.#send({ snapshotRequest: { cause: 'many deltas' } });
  }

  #pause(pause: PauseState | null): void {
    const same = this.paused?.reason === pause?.reason && this.paused?.untilMs === pause?.untilMs;
    if (same) return;
    this.paused = pause;
    this.#options.events.paused(this);
  }

  #progress(wire: Progress): void {
    const progress = decodeProgress(wire);
    const fields = { host: this.host, operation: cleanText(wire.operationId, 100) };
    this.#options.logger.debug({ ...fields, ...progress }, 'progress');
    this.#listeners.get(wire.operationId)?.(progress);
  }

  #beat(): void {
    const sinceTickMs = this.#options.clock.now() % BEAT_TICK_MS;
    this.#after('heartbeat', HEARTBEAT_MS - sinceTickMs, () => {
      if (this.#options.clock.now() - this.#heardMs > MISSED_HEARTBEATS * HEARTBEAT_MS) {
        this.end('S_SILENT', 'no heartbeat');
        return;
      }
      this.#send({ heartbeat: {} });
      this.#beat();
    });
  }

  #after(name: string, ms: number, fn: () => void): void {
    this.#timers.set(name, this.#options.clock.setTimer(ms, fn));
  }

  #send(message: Partial<SessionResponse>): void {
    if (this.#ended) return;
    const { stream } = this.#options;
    if (stream.writableLength > MOST_UNSENT) {
      this.end('S_SILENT', 'the agent does not read what it is sent');
      return;
    }
    stream.write(message as SessionResponse);
  }
}

function failed(
  code: 'SessionLost' | 'InvalidSpec' | 'EngineTimeout',
  fault: 'spec' | 'world',
  message: string,
): Outcome {
  return { status: 'failed', durationMs: 0, error: { code, fault, message } };
}

const unknownManifest = (message: string): ManifestAnswer => ({
  error: { code: 'PullFailed', fault: 'world', message },
});

const timedOut = (deadlineMs: number): Outcome => ({
  ...failed('EngineTimeout', 'world', `no outcome within ${deadlineMs / 1000} s`),
  durationMs: deadlineMs,
});
