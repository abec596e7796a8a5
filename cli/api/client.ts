import type { IncomingMessage } from 'node:http';
import type { Page, ProblemDocument, SessionTokens } from '../../schemas/domain/index.ts';
import type { Login } from '../credentials.ts';
import { CliError } from '../exit.ts';
import { parseEvents, type ServerEvent } from './sse.ts';
import { type Call, type Endpoint, readText, send } from './transport.ts';

export type Problem = Pick<ProblemDocument, 'status' | 'title' | 'detail' | 'code'>;

/** The server answered, and not with what was asked for. */
export class ApiError extends CliError {
  readonly problem: Problem;

  constructor(problem: Problem, hint?: string) {
    super(problem.detail || problem.title, hint);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

export interface Session {
  readonly login: Login;
  /** Called with the tokens of a renewal. */
  renewed(login: Login): void;
}

export interface ApiOptions {
  readonly endpoint: Endpoint;
  /** Absent on the operator's socket. */
  readonly session?: Session;
  readonly signal: AbortSignal;
}

const IDLE_MS = 30_000;
/** Heartbeats of the stream come every 15 s. */
const STREAM_IDLE_MS = 45_000;
const PAGE_LIMIT = 500;
const LIST_LIMIT = 100_000;
const PREFIX = '/api/v1';

/** The controller's API as the CLI uses it. Paths are those below `/api/v1`. */
export class Api {
  readonly #options: ApiOptions;
  #login: Login | undefined;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#login = options.session?.login;
  }

  /** For messages. */
  get address(): string {
    const { endpoint } = this.#options;
    return endpoint.kind === 'url' ? endpoint.url : endpoint.path;
  }

  /** @throws ApiError, CliError when the server is out of reach. */
  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.#text('GET', path)) as T;
  }

  /** As `get`, undefined where there is no such thing. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 404) return undefined;
      throw error;
    }
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const text = await this.#text('POST', path, JSON.stringify(body));
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  /** Items of a list, page by page, at most `limit`. */
  async list<T>(path: string, limit = LIST_LIMIT): Promise<readonly T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({
        limit: String(Math.min(limit - items.length, PAGE_LIMIT)),
      });
      if (cursor !== null) query.set('cursor', cursor);
      const page: Page<T> = await this.get(`${path}?${query.toString()}`);
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null && items.length < limit);
    return items.slice(0, limit);
  }

  /** Events from now on, or after `lastEventId`, until the connection ends or `signal` aborts. */
  async *events(lastEventId: string | null, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const headers = {
      accept: 'text/event-stream',
      ...(lastEventId !== null && { 'last-event-id': lastEventId }),
    };
    const call = {
      method: 'GET',
      path: '/events',
      headers,
      signal,
      idleMs: STREAM_IDLE_MS,
    } as const;
    const answer = await this.#authorised(call);
    if (answer.statusCode !== 200) throw await problemOf(answer);
    try {
      yield* parseEvents(answer);
    } finally {
      answer.destroy();
    }
  }

  async #text(method: Call['method'], path: string, body?: string): Promise<string> {
    const headers = { accept: 'application/json', ...(body !== undefined && JSON_BODY) };
    const { signal } = this.#options;
    const call = { method, path, headers, signal, idleMs: IDLE_MS };
    const answer = await this.#authorised({ ...call, ...(body !== undefined && { body }) });
    if (!succeeded(answer)) throw await problemOf(answer);
    return await readText(answer);
  }

  /** With the stored login; an access token that has run out is renewed once. */
  async #authorised(call: Call): Promise<IncomingMessage> {
    const first = await this.#send(call);
    if (first.statusCode !== 401 || !this.#login?.refreshToken) return first;
    first.resume();
    await this.#renew(this.#login, this.#login.refreshToken);
    return await this.#send(call);
  }

  async #renew(login: Login, refreshToken: string): Promise<void> {
    const answer = await this.#send({
      method: 'POST',
      path: '/refresh',
      headers: JSON_BODY,
      body: JSON.stringify({ refreshToken }),
      signal: this.#options.signal,
      idleMs: IDLE_MS,
    });
    if (!succeeded(answer)) throw await problemOf(answer);
    const tokens = JSON.parse(await readText(answer)) as SessionTokens;
    const { accessToken, refreshToken: next } = tokens;
    this.#login = { user: login.user, accessToken, refreshToken: next };
    this.#options.session?.renewed(this.#login);
  }

  async #send(call: Call): Promise<IncomingMessage> {
    const { endpoint } = this.#options;
    const authorization = this.#login && { authorization: `Bearer ${this.#login.accessToken}` };
    try {
      return await send(endpoint, {
        ...call,
        path: PREFIX + call.path,
        headers: { ...call.headers, ...authorization },
      });
    } catch (error) {
      throw unreachable(endpoint, error as NodeJS.ErrnoException);
    }
  }
}

const JSON_BODY = { 'content-type': 'application/json' };

const succeeded = ({ statusCode = 0 }: IncomingMessage): boolean =>
  statusCode >= 200 && statusCode < 300;

/** The answer as an error, with what to do where that is known. */
export async function problemOf(answer: IncomingMessage): Promise<ApiError> {
  const status = answer.statusCode ?? 0;
  const text = await readText(answer).catch(() => '');
  const body = parseObject(text);
  const string = (key: string) => (typeof body[key] === 'string' ? body[key] : undefined);
  const title = string('title') ?? `the server answered ${status}`;
  const problem = { status, title, detail: string('detail') ?? '', code: string('code') ?? '' };
  return new ApiError(problem, string('hint') ?? HINTS[status]);
}

const HINTS: Readonly<Record<number, string>> = {
  401: 'log in with `skep login`',
  403: 'ask for a role that allows it; roles are declared in the repository',
  404: 'it does not exist, or you may not read it',
};

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function unreachable(endpoint: Endpoint, error: NodeJS.ErrnoException): CliError {
  if (error.name === 'AbortError') return new CliError('interrupted');
  const where = endpoint.kind === 'url' ? endpoint.url : endpoint.path;
  const hint = 'is the controller running? --server or SKEP_SERVER name another one';
  return new CliError(`no answer from ${where}: ${error.code ?? error.message}`, hint);
}
