/** Calls to the engine that DOCKER_HOST names. Source: the Docker Engine API. */
import { type IncomingMessage, request } from 'node:http';

const IDLE_MS = 60_000;

const fromEnvironment = (): string => process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';

function engineAddress(
  dockerHost: string,
): { socketPath: string } | { host: string; port: string } {
  const address = new URL(dockerHost);
  if (address.protocol === 'unix:') return { socketPath: address.pathname };
  return { host: address.hostname, port: address.port || '2375' };
}

/** @param body a tar archive. */
export function call(
  method: string,
  path: string,
  body?: Uint8Array,
  dockerHost = fromEnvironment(),
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/x-tar' } : {};
    const outgoing = request({ ...engineAddress(dockerHost), method, path, headers }, resolve);
    outgoing.setTimeout(IDLE_MS, () => outgoing.destroy(new Error(`${path}: no answer in 60 s`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export async function readText(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk as string;
  return text;
}

/** An empty body is null. */
export async function readJson<T>(answer: IncomingMessage): Promise<T> {
  const text = await readText(answer);
  return (text.trim() === '' ? null : JSON.parse(text)) as T;
}
