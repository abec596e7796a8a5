import { createServer } from 'node:http';
import { join } from 'node:path';

export interface StubEngine extends AsyncDisposable {
  readonly dockerHost: string;
  /** `METHOD PATH`, in order. */
  readonly asked: readonly string[];
}

/** An engine's answers by path, on a socket in `folder`; 404 for all others. */
export async function stubEngine(
  folder: string,
  answers: Readonly<Record<string, unknown>>,
): Promise<StubEngine> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    asked.push(`${request.method} ${path}`);
    const answer = answers[path];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}));
  });
  const socketPath = join(folder, 'engine.sock');
  await new Promise<void>((resolve) => {
    server.listen(socketPath, resolve);
  });
  return {
    dockerHost: `unix://${socketPath}`,
    asked,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
