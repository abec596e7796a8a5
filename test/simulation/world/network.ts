import { EventEmitter } from 'node:events';
import type { Link, SessionStream } from '../../../agent/session/channel.ts';
import type { Stream } from '../../../controller/fleet/host-session.ts';
import type {
  Operation,
  SessionRequest,
  SessionResponse,
} from '../../../proto/gen/skep/agent/v1/agent.ts';
import type { History } from './history.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** Where agents arrive. */
export interface Acceptor {
  readonly life: Life;
  readonly accept: (stream: Stream) => void;
}

export type Direction = 'up' | 'down';

const LATENCY_MS = 6;
/** Some connections are slow. */
const SLOW_LATENCY_MS = 500;
const REMEMBERED = 200;

/** One direction of a connection: in order, and nothing while the way is blocked. */
class Pipe {
  readonly #queue: (() => void)[] = [];
  readonly #network: Network;
  readonly #isBlocked: () => boolean;
  readonly #latencyMs: number;
  #armed = false;

  constructor(network: Network, isBlocked: () => boolean) {
    this.#network = network;
    this.#isBlocked = isBlocked;
    this.#latencyMs = network.random.chance(0.1) ? SLOW_LATENCY_MS : LATENCY_MS;
  }

  send(deliver: () => void): void {
    this.#queue.push(deliver);
    this.flow();
  }

  flow(): void {
    if (this.#armed || this.#queue.length === 0 || this.#isBlocked()) return;
    this.#armed = true;
    this.#network.timeline.setTimer(this.#network.random.between(0, this.#latencyMs), () => {
      this.#armed = false;
      if (!this.#isBlocked()) this.#queue.shift()?.();
      this.flow();
    });
  }
}

class AgentEnd extends EventEmitter {
  writableLength = 0;
  write: (message: SessionRequest) => boolean = () => true;
  end: () => void = () => {};
  cancel: () => void = () => {};
}

class ControllerEnd extends EventEmitter {
  writableLength = 0;
  write: (message: SessionResponse) => boolean = () => true;
  end: () => void = () => {};
  readonly #raw: Buffer;
  #waiting: SessionRequest[] | undefined;

  constructor(raw: Buffer) {
    super();
    this.#raw = raw;
  }

  arrive(message: SessionRequest): void {
    if (this.#waiting) this.#waiting.push(message);
    else this.emit('data', message);
  }

  pause(): this {
    this.#waiting ??= [];
    return this;
  }

  resume(): this {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const message of waiting) this.arrive(message);
    return this;
  }

  getAuthContext() {
    return { sslPeerCertificate: { raw: this.#raw } };
  }

  getPeer(): string {
    return 'somewhere:1';
  }
}

/**
 * Connections between agents and the controller: reliable and in order as TCP is, until they are
 * cut. A blocked way holds what is sent, unseen by both ends, and delivers it when it is free.
 */
export class Network {
  readonly timeline: Timeline;
  readonly random: Random;
  acceptor: Acceptor | undefined;
  /** Certificates of the hosts, DER. */
  readonly #certificates: ReadonlyMap<string, Buffer>;
  readonly #history: History;
  readonly #blocked = new Set<string>();
  readonly #pipes = new Map<string, Pipe[]>();
  readonly #cuts = new Map<string, () => void>();
  readonly #agents = new Map<string, (message: SessionResponse) => void>();
  readonly #operations = new Map<string, Operation[]>();

  constructor(
    timeline: Timeline,
    random: Random,
    history: History,
    certificates: ReadonlyMap<string, Buffer>,
  ) {
    this.timeline = timeline;
    this.random = random;
    this.#history = history;
    this.#certificates = certificates;
  }

  block(host: string, direction: Direction): void {
    this.#blocked.add(`${host} ${direction}`);
  }

  free(host: string): void {
    for (const direction of ['up', 'down']) this.#blocked.delete(`${host} ${direction}`);
    for (const pipe of this.#pipes.get(host) ?? []) pipe.flow();
  }

  /** The connection is reset: both ends see it, each when the news gets there. */
  cut(host: string): void {
    this.#cuts.get(host)?.();
  }

  /** Operations that were sent to a host, oldest first. */
  operations(host: string): readonly Operation[] {
    return this.#operations.get(host) ?? [];
  }

  /** Delivers a message once more, on the present connection. */
  redeliver(host: string, operation: Operation): void {
    this.#agents.get(host)?.({ operation } as SessionResponse);
  }

  dial(host: string, life: Life): Link {
    const agent = new AgentEnd();
    const controller = new ControllerEnd(this.#certificates.get(host) ?? Buffer.alloc(0));
    const up = this.#pipe(host, 'up');
    const down = this.#pipe(host, 'down');
    const toAgent = (event: string, value?: unknown) =>
      down.send(() => life.alive && agent.emit(event, value));
    const acceptor = this.acceptor;
    const isThere = () => acceptor?.life.alive === true;
    agent.write = (message) => {
      up.send(() => isThere() && controller.arrive(message));
      return true;
    };
    agent.end = () => up.send(() => isThere() && controller.emit('end'));
    agent.cancel = () => up.send(() => isThere() && controller.emit('cancelled'));
    controller.write = (message) => {
      this.#note(host, message);
      toAgent('data', message);
      return true;
    };
    controller.end = () => toAgent('end');
    controller.on('error', ({ details }: { readonly details: string }) =>
      toAgent('error', new Error(details)),
    );
    const lost = () => toAgent('error', new Error('the connection was lost'));
    up.send(() => {
      if (isThere()) acceptor?.accept(controller as unknown as Stream);
      else lost();
    });
    acceptor?.life.onEnd(lost);
    life.onEnd(() => agent.cancel());
    this.#cuts.set(host, () => {
      lost();
      agent.cancel();
    });
    this.#agents.set(host, (message) => toAgent('data', message));
    return { stream: agent as unknown as SessionStream, close: () => {} };
  }

  #pipe(host: string, direction: Direction): Pipe {
    const pipe = new Pipe(this, () => this.#blocked.has(`${host} ${direction}`));
    const pipes = [...(this.#pipes.get(host) ?? []).slice(-7), pipe];
    this.#pipes.set(host, pipes);
    return pipe;
  }

  #note(host: string, { operation }: SessionResponse): void {
    if (!operation) return;
    const { operationId, epoch } = operation;
    this.#history.add({ type: 'sent', host, operation: operationId, epoch });
    this.#operations.set(host, [...this.operations(host).slice(-REMEMBERED), operation]);
  }
}
