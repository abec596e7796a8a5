import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface StubAnswer {
  readonly status?: number;
  readonly json?: unknown;
  /** Sent as an event stream that then stays open. */
  readonly events?: string;
}

export interface StubServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly StubRequest[];
}

/** An HTTP server (or a socket at `path`) that answers as `answer` says; 404 where it says nothing. */
export async function stubServer(
  answer: (request: StubRequest) => StubAnswer | undefined,
  path?: string,
): Promise<StubServer> {
  const requests: StubRequest[] = [];
  const server = createServer((incoming, response) => {
    void read(incoming).then((body) => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, path: url, headers, body };
      requests.push(request);
      respond(response, answer(request));
    });
  });
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  const url = path ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return text;
}

function respond(response: ServerResponse, answer: StubAnswer | undefined): void {
  if (answer?.events !== undefined) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(answer.events);
    return;
  }
  const found = answer ?? {
    status: 404,
    json: {
      title: 'Not found',
      status: 404,
      detail: 'There is nothing here.',
      code: 'A_NOT_FOUND',
    },
  };
  response.writeHead(found.status ?? 200, { 'content-type': 'application/json' });
  response.end(found.json === undefined ? '' : JSON.stringify(found.json));
}
