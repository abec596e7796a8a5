import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { type TarEntry, tar } from './tar.ts';

/** Ends at SIGTERM at once, as a good process does. */
export const IDLE = ['sh', '-c', "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"];

export interface TestImage {
  readonly reference: string;
  readonly cmd?: readonly string[];
  /** Dockerfile instructions that `import` takes: `ENV A=b`, `EXPOSE 80`, `LABEL a=b`. */
  readonly changes?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** `skep-test/app:1` to `:3`: equal but for `/version`; what it prints and serves differs. */
export const APP_IMAGES: readonly TestImage[] = ['1', '2', '3'].map((version) => ({
  reference: `skep-test/app:${version}`,
  files: { version },
}));

/** The address of the engine that tests use. */
export function testEngine(): string {
  const address = process.env['DOCKER_HOST'];
  if (address) return address;
  throw new Error('these tests need an engine: export DOCKER_HOST="$(scripts/engine)"');
}

/** Makes the images that are missing, of busybox; nothing is pulled. */
export async function makeImages(
  images: readonly TestImage[] = APP_IMAGES,
  dockerHost = testEngine(),
): Promise<void> {
  for (const image of images) {
    const path = `/images/${image.reference}/json`;
    const found = await engineRequest(dockerHost, 'GET', path);
    if (found.status !== 200) await importImage(image, dockerHost);
  }
}

/** Imports the image, also where one of that name is there: the name then moves to it. */
export async function importImage(image: TestImage, dockerHost = testEngine()): Promise<void> {
  const [repo = '', tag = 'latest'] = image.reference.split(/:(?=[^/]+$)/);
  const changes = [
    `CMD ${JSON.stringify(image.cmd ?? IDLE)}`,
    'ENV PATH=/bin',
    ...(image.changes ?? []),
  ];
  const query = new URLSearchParams({ fromSrc: '-', repo, tag });
  for (const change of changes) query.append('changes', change);
  const files = Object.entries(image.files ?? {}).map(([path, text]) => ({
    path,
    content: Buffer.from(text),
    mode: 0o644,
  }));
  const archive = tar([...busybox(), ...files]);
  const answer = await engineRequest(
    dockerHost,
    'POST',
    `/images/create?${query.toString()}`,
    archive,
  );
  if (answer.status === 200 && !answer.body.includes('"error"')) return;
  throw new Error(`${image.reference} could not be imported: ${answer.body}`);
}

function busybox(): readonly TarEntry[] {
  const program = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  const applets = execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  const links = applets
    .filter((applet) => applet !== 'busybox')
    .map((applet) => ({ path: `bin/${applet}`, link: 'busybox' }));
  const folders = ['bin', 'tmp', 'etc', 'www'].map((path) => ({ path: `${path}/`, folder: true }));
  return [...folders, { path: 'bin/busybox', content: readFileSync(program) }, ...links];
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
