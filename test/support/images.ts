import { request } from 'node:http';
import { type BusyboxImage, FOREVER, makeImages as make } from '../../scripts/busybox-image.ts';

/** Ends at SIGTERM at once, as a good process does; what the images run unless told otherwise. */
export const IDLE = FOREVER;

/** `skep-test/app:1` to `:3`: equal but for what `/etc/image` and `/www/index.html` say. */
export const APP_IMAGES: readonly BusyboxImage[] = ['1', '2', '3'].map((version) => ({
  reference: `skep-test/app:${version}`,
}));

/** The address of the engine that tests use. */
export function testEngine(): string {
  const address = process.env['DOCKER_HOST'];
  if (address) return address;
  throw new Error('these tests need an engine: export DOCKER_HOST="$(scripts/engine)"');
}

/** Makes the images that are missing, of busybox; nothing is pulled. */
export async function makeImages(
  images: readonly BusyboxImage[] = APP_IMAGES,
  dockerHost = testEngine(),
): Promise<void> {
  await make(images, dockerHost);
}

/** One plain request, past all adapters: tests look at the engine through nothing of ours. */
export function engineRequest(
  dockerHost: string,
  method: string,
  path: string,
  body?: Uint8Array | object,
): Promise<{ status: number; body: string }> {
  const url = new URL(dockerHost.replace(/^tcp:/, 'http:'));
  const at =
    url.protocol === 'unix:'
      ? { socketPath: url.pathname }
      : { host: url.hostname, port: url.port };
  const json = body !== undefined && !(body instanceof Uint8Array);
  const headers = { 'Content-Type': json ? 'application/json' : 'application/x-tar' };
  return new Promise((resolve, reject) => {
    const sent = request({ ...at, method, path, headers, timeout: 60_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} took more than 60 s`)));
    sent.on('error', reject);
    if (body === undefined) sent.end();
    else sent.end(json ? JSON.stringify(body) : body);
  });
}
