import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { type EngineFault, FaultPlan, type FaultRule } from './engine-fault.ts';
import { isMutating, type RecordedRequest, splitTarget } from './recorded-request.ts';

export interface RecordingProxyOptions {
  /** `unix:///path` of the engine. */
  readonly engine: string;
  /** Path of the socket to make. */
  readonly socketPath: string;
  /** Keeps the bodies of requests that may change something: what they ask for can be replayed. */
  readonly keepBodies?: boolean;
}

type OpenRecord = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

const MAX_RECORDS = 200_000;
/** Belong to one connection, not to the message. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/**
 * Stands before an engine's socket, passes everything on (streams, hijacked connections) and
 * keeps a record of it. On demand it does to a request what a bad day would.
 */
export class RecordingProxy implements AsyncDisposable {
  /** For DOCKER_HOST. */
  readonly dockerHost: string;
  readonly #engineSocket: string;
  readonly #server: Server;
  readonly #socketPath: string;
  readonly #keepBodies: boolean;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 100 });
  readonly #faults = new FaultPlan();
  readonly #connections = new Set<Duplex>();
  #records: OpenRecord[] = [];
  #count = 0;

  private constructor(options: RecordingProxyOptions) {
    this.#engineSocket = socketOf(options.engine);
    this.#socketPath = options.socketPath;
    this.#keepBodies = options.keepBodies ?? false;
    this.dockerHost = `unix://${options.socketPath}`;
    this.#server = createServer((request, response) => this.#onRequest(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#server.on('connection', (socket) => this.#follow(socket));
    // Logs and events stream for as long as a test lasts.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
  }

  static async start(options: RecordingProxyOptions): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(options);
    await rm(options.socketPath, { force: true });
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(options.socketPath, resolve);
    });
    return proxy;
  }

  /** A place in the record, for `requests` and `mutating`. */
  mark(): number {
    return this.#count;
  }

  /** What came after a mark, in the order of arrival; everything without one. */
  requests(mark = 0): readonly RecordedRequest[] {
    return this.#records.filter((record) => record.number > mark);
  }

  /** Of these, what may have changed something on the engine. */
  mutating(mark = 0): readonly RecordedRequest[] {
    return this.requests(mark).filter(isMutating);
  }

  /** @returns removes the rule. */
  inject(rule: FaultRule): () => void {
    return this.#faults.add(rule);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Cuts every connection that is open now, as a restart of the engine would. */
  cutConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  async stop(): Promise<void> {
    this.cutConnections();
    this.#agent.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(this.#socketPath, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #record(request: IncomingMessage): OpenRecord {
    this.#count += 1;
    const record: OpenRecord = {
      number: this.#count,
      atMs: performance.now(),
      method: request.method ?? '',
      ...splitTarget(request.url ?? ''),
      status: undefined,
    };
    this.#records.push(record);
    if (this.#records.length > MAX_RECORDS) this.#records = this.#records.slice(MAX_RECORDS / 2);
    return record;
  }

  #follow(connection: Duplex): void {
    this.#connections.add(connection);
    connection.on('close', () => this.#connections.delete(connection));
    connection.on('error', () => connection.destroy());
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const record = this.#record(request);
    const fault = this.#faults.next(record);
    if (fault && 'when' in fault && fault.when === 'before') {
      request.resume();
      act(fault, record, response);
      return;
    }
    if (fault?.kind === 'delay') {
      setTimeout(() => this.#forward(request, response, record, undefined), fault.ms);
      return;
    }
    this.#forward(request, response, record, fault);
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    record: OpenRecord,
    fault: EngineFault | undefined,
  ): void {
    const upstream = httpRequest(this.#upstream(request, this.#agent), (answer) => {
      if (fault) return void distort(fault, record, answer, response);
      record.status = answer.statusCode;
      writeHead(answer, response);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
    if (this.#keepBodies && isMutating(record)) keepBody(request, record);
  }

  /** The connection becomes a raw stream in both directions: attach, exec. */
  #onUpgrade(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const record = this.#record(request);
    const upstream = httpRequest(this.#upstream(request, false));
    upstream.on('upgrade', (answer, engine, engineHead) => {
      record.status = answer.statusCode;
      this.#follow(engine);
      client.write(`${rawHead(answer)}\r\n`);
      client.write(engineHead);
      client.pipe(engine).pipe(client);
      client.on('close', () => engine.destroy());
      engine.on('close', () => client.destroy());
    });
    upstream.on('response', (answer) => {
      record.status = answer.statusCode;
      client.write(`${rawHead(answer, HOP_HEADERS)}connection: close\r\n\r\n`);
      answer.pipe(client);
    });
    upstream.on('error', () => client.destroy());
    void bodyOf(request, client, head).then((body) => upstream.end(body));
  }

  #upstream(request: IncomingMessage, agent: Agent | false): RequestOptions {
    const { method, url, rawHeaders } = request;
    const headers = agent === false ? rawHeaders : withoutHopHeaders(rawHeaders);
    const chunked = agent !== false && 'transfer-encoding' in request.headers;
    const all = chunked ? [...headers, 'transfer-encoding', 'chunked'] : headers;
    const socketPath = this.#engineSocket;
    return {
      socketPath,
      agent,
      headers: all,
      ...(method && { method }),
      ...(url && { path: url }),
    };
  }
}

/** A request for an upgrade may have a body, which Node leaves unread. */
async function bodyOf(request: IncomingMessage, client: Duplex, head: Buffer): Promise<Buffer> {
  const length = Number(request.headers['content-length'] ?? 0);
  let got = head;
  while (got.length < length && !client.destroyed) {
    await once(client, 'readable');
    got = Buffer.concat([got, (client.read() as Buffer | null) ?? Buffer.alloc(0)]);
  }
  client.unshift(got.subarray(length));
  return got.subarray(0, length);
}

function keepBody(request: IncomingMessage, record: OpenRecord): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    record.body = Buffer.concat(chunks).toString();
  });
}

/** Does to the client what happens instead of an answer. */
function act(fault: EngineFault, record: OpenRecord, response: ServerResponse): void {
  if (fault.kind === 'eof') response.destroy();
  if (fault.kind !== 'status') return;
  record.status = fault.status;
  const hasBody = fault.status !== 304 && fault.status !== 204;
  response.writeHead(fault.status, { 'content-type': 'application/json' });
  response.end(hasBody ? JSON.stringify({ message: 'injected fault' }) : undefined);
}

/** The engine has done it; the client gets to know something else. */
async function distort(
  fault: EngineFault,
  record: OpenRecord,
  answer: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (fault.kind === 'mute') {
    record.status = answer.statusCode;
    writeHead(answer, response);
    answer.resume();
    return;
  }
  const body = Buffer.concat(await answer.toArray());
  if (fault.kind !== 'truncate') return act(fault, record, response);
  record.status = answer.statusCode;
  const headers = withoutHopHeaders(answer.rawHeaders, 'content-length');
  const length = ['content-length', String(Math.max(2, body.length))];
  response.writeHead(answer.statusCode ?? 200, [...headers, ...length]);
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

function writeHead(answer: IncomingMessage, response: ServerResponse): void {
  const headers = withoutHopHeaders(answer.rawHeaders);
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  // Streams say nothing for a long time; their head must not wait for the first byte.
  response.flushHeaders();
}

function withoutHopHeaders(raw: readonly string[], ...also: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const lower = name.toLowerCase();
    if (!HOP_HEADERS.has(lower) && !also.includes(lower)) kept.push(name, raw[at + 1] ?? '');
  }
  return kept;
}

function rawHead(answer: IncomingMessage, without: ReadonlySet<string> = new Set()): string {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
    const name = answer.rawHeaders[at] ?? '';
    if (!without.has(name.toLowerCase())) text += `${name}: ${answer.rawHeaders[at + 1]}\r\n`;
  }
  return text;
}

function socketOf(engine: string): string {
  if (engine.startsWith('unix://')) return engine.slice('unix://'.length);
  throw new Error(`not the address of a local engine: ${engine}`);
}
