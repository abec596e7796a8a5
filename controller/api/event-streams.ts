import type { ServerResponse } from 'node:http';
import type { SkepEvent } from '../../schemas/domain/index.ts';
import type { ApiDeps } from './ports.ts';
import { tooMany } from './problem.ts';

const PER_USER = 10;
const IN_ALL = 500;
/** Unsent bytes at which a reader counts as gone. */
const MAX_BUFFER_BYTES = 256 * 1024;
/** Events that may come in while older ones are replayed. */
const MAX_HELD = 1_000;
const REPLAY_CHUNK = 200;
/** How often it is looked whether each reader may still read; also carries the heartbeat. */
const CHECK_MS = 2_000;
const CHECKS_PER_HEARTBEAT = 7;
const FAREWELL_MS = 2_000;

export interface StreamRequest {
  readonly user: string;
  readonly response: ServerResponse;
  /** The header as sent; undefined = only what happens from now on. */
  readonly lastEventId: string | undefined;
  readonly accept: (event: SkepEvent) => boolean;
  /** False once the reader's access has changed or ended. */
  readonly isValid: () => boolean;
}

interface Stream extends StreamRequest {
  /** Last event looked at. */
  position: number;
  /** What came in during the replay; null once live. */
  held: SkepEvent[] | null;
}

type Deps = Pick<ApiDeps, 'store' | 'subscribe' | 'clock' | 'logger'>;

/** All open SSE streams: one subscription and one timer feed them. */
export class EventStreams {
  readonly #deps: Deps;
  readonly #streams = new Set<Stream>();
  #stop: (() => void) | undefined;
  #checks = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** @throws Problem 429 above 10 streams of one user or 500 in all. */
  async open(request: StreamRequest): Promise<void> {
    this.#admit(request.user);
    const stream: Stream = { ...request, position: 0, held: [] };
    this.#streams.add(stream);
    request.response.on('close', () => this.#forget(stream));
    this.#start();
    request.response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    });
    request.response.write('retry: 3000\n\n');
    try {
      await this.#replay(stream);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'event stream not replayed');
      this.#drop(stream, 'error');
    }
  }

  #admit(user: string): void {
    const own = [...this.#streams].filter((stream) => stream.user === user).length;
    if (own >= PER_USER) throw tooMany(`At most ${PER_USER} event streams a user.`, 5);
    if (this.#streams.size >= IN_ALL) throw tooMany('Too many event streams are open.', 30);
  }

  async #replay(stream: Stream): Promise<void> {
    const { oldest, newest } = await this.#deps.store.eventBounds();
    const from = startOf(stream.lastEventId, oldest, newest);
    stream.position = from ?? newest;
    if (from === null) write(stream, resync('unknown event number', newest));
    while (this.#streams.has(stream)) {
      const events = await this.#deps.store.eventsAfter(stream.position, REPLAY_CHUNK);
      for (const event of events) this.#offer(stream, event);
      if (events.length < REPLAY_CHUNK) break;
    }
    const { held } = stream;
    stream.held = null;
    for (const event of held ?? []) this.#offer(stream, event);
  }

  #publish(event: SkepEvent): void {
    for (const stream of this.#streams) {
      if (stream.held === null) this.#offer(stream, event);
      else if (stream.held.push(event) > MAX_HELD) this.#drop(stream, 'too slow');
    }
  }

  #offer(stream: Stream, event: SkepEvent): void {
    if (event.id <= stream.position) return;
    stream.position = event.id;
    if (!this.#streams.has(stream) || !stream.accept(event)) return;
    write(stream, `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    if (stream.response.writableLength > MAX_BUFFER_BYTES) this.#drop(stream, 'too slow');
  }

  /** Says why and ends; a peer that does not even read that is cut off. */
  #drop(stream: Stream, reason: string): void {
    if (!this.#streams.has(stream)) return;
    this.#forget(stream);
    stream.response.end(resync(reason, stream.position));
    this.#deps.clock.setTimer(FAREWELL_MS, () => stream.response.destroy());
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  #start(): void {
    if (this.#stop) return;
    const unsubscribe = this.#deps.subscribe((event) => this.#publish(event));
    const tick = () => {
      cancel = this.#deps.clock.setTimer(CHECK_MS, tick);
      this.#check();
    };
    let cancel = this.#deps.clock.setTimer(CHECK_MS, tick);
    this.#stop = () => {
      unsubscribe();
      cancel();
    };
  }

  #check(): void {
    this.#checks += 1;
    const heartbeat = this.#checks % CHECKS_PER_HEARTBEAT === 0;
    for (const stream of this.#streams) {
      if (!stream.isValid()) this.#drop(stream, 'access changed');
      else if (heartbeat) write(stream, ': still here\n\n');
    }
  }
}

/** After which event to start; null when the number is none that can be continued from. */
function startOf(header: string | undefined, oldest: number, newest: number): number | null {
  if (header === undefined) return newest;
  const id = /^\d{1,15}$/.test(header) ? Number(header) : -1;
  return id >= oldest - 1 && id >= 0 && id <= newest ? id : null;
}

/** Tells the reader that events are missing: read the lists afresh. */
const resync = (reason: string, id: number): string =>
  `id: ${id}\nevent: resync\ndata: ${JSON.stringify({ reason })}\n\n`;

function write(stream: Stream, text: string): void {
  if (!stream.response.writableEnded) stream.response.write(text);
}
