import type { ProblemDocument } from '../../schemas/domain/index.ts';
import { Failure } from '../../schemas/domain/index.ts';

/** Thrown by routes; becomes an RFC 9457 document. Nothing secret or foreign goes in `detail`. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    title: string,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.title = title;
    this.headers = headers;
  }

  document(): ProblemDocument {
    const { code, title, status, message } = this;
    return { type: `urn:skep:problem:${code}`, title, status, detail: message, code };
  }
}

/** One text for what is not there and for what may not be seen. */
export const notFound = (): Problem =>
  new Problem(404, 'A_NOT_FOUND', 'Not found', 'There is nothing here that you may read.');

export const readOnly = (allow: string): Problem =>
  new Problem(
    405,
    'A_METHOD',
    'Read-only',
    'This API only reads. To change what runs, change the repository and push.',
    { Allow: allow },
  );

/** Wrong, expired, retired, of a deleted user: the answer never says which. */
export const badToken = (): Problem =>
  new Problem(401, 'A_TOKEN', 'Not signed in', 'Send `Authorization: Bearer TOKEN` of a login.', {
    'WWW-Authenticate': 'Bearer realm="skep"',
  });

export const badQuery = (detail: string): Problem =>
  new Problem(400, 'A_QUERY', 'Wrong parameter', detail);

export const badBody = (detail: string): Problem =>
  new Problem(400, 'A_BODY', 'Wrong body', detail);

export const tooMany = (detail: string, retryAfterS: number): Problem =>
  new Problem(429, 'A_RATE', 'Too many requests', detail, { 'Retry-After': String(retryAfterS) });

export const notReadyYet = (detail: string): Problem =>
  new Problem(503, 'A_NOT_READY', 'Not ready', detail, { 'Retry-After': '2' });

/** What a repository can be told to be: the asker's to change, not the world's. */
const UNPLANNABLE: ReadonlySet<string> = new Set(['EmptyTree', 'FileTooLarge', 'RepositoryLimit']);

/** Any thrown value as a Problem; undefined = unexpected, to be logged and answered with 500. */
export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!(error instanceof Failure)) return undefined;
  if (error.code === 'CommitNotFound') return notFound();
  if (UNPLANNABLE.has(error.code)) {
    return new Problem(422, error.code, 'Not plannable', error.message);
  }
  const status = error.retry === 'never' ? 500 : 503;
  const headers = error.retry === 'never' ? {} : { 'Retry-After': '5' };
  return new Problem(status, error.code, 'Not possible now', error.message, headers);
}

export const internalProblem = (): Problem =>
  new Problem(500, 'A_INTERNAL', 'Internal error', 'The controller failed; its log tells why.');
