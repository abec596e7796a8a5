/** One request as it came by, in the order of arrival. */
export interface RecordedRequest {
  /** From 1, over the life of the proxy. */
  readonly number: number;
  /** Milliseconds of `performance.now()`, when its head was read. */
  readonly atMs: number;
  readonly method: string;
  /** Without the `/v1.50` before it and the query behind it. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** Of the answer that the client saw; undefined while there is none. */
  readonly status: number | undefined;
  /** As sent; only where the proxy was told to keep bodies. */
  readonly body?: string;
}

/** POSTs that change nothing on an engine. */
const HARMLESS = [/^\/auth$/, /^\/session$/, /^\/grpc$/, /\/(?:wait|attach|resize)$/];

/** True for a request that may change something on the engine. */
export function isMutating(request: Pick<RecordedRequest, 'method' | 'path'>): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false;
  return !HARMLESS.some((pattern) => request.method === 'POST' && pattern.test(request.path));
}

/** Splits a request target of the Engine API. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const [whole = '', query = ''] = target.split(/\?(.*)/s, 2);
  return { path: whole.replace(/^\/v\d+\.\d+(?=\/)/, ''), query };
}

/** `POST /containers/create name=x -> 201`, one a line: for messages of failing tests. */
export const describeRequests = (requests: readonly RecordedRequest[]): string =>
  requests
    .map(({ method, path, query, status }) =>
      [method, path, query, '->', status ?? '-'].filter((part) => part !== '').join(' '),
    )
    .join('\n');
