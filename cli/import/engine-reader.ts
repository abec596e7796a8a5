import { request } from 'node:http';
import { CliError } from '../exit.ts';

type Answer = Readonly<Record<string, unknown>>;

/** What is read of the local engine. Nothing here can change anything. */
export interface EngineReader {
  containers(): Promise<readonly Answer[]>;
  networks(): Promise<readonly Answer[]>;
  volumes(): Promise<readonly Answer[]>;
  container(id: string): Promise<Answer | undefined>;
  image(id: string): Promise<Answer | undefined>;
}

const DEADLINE_MS = 30_000;
const MOST_BYTES = 64 * 1024 * 1024;
const DEFAULT_ADDRESS = 'unix:///var/run/docker.sock';

/** @param dockerHost `unix:///path` or `tcp://host:port`. @throws CliError for another. */
export function engineReader(dockerHost: string | undefined): EngineReader {
  const address = addressOf(dockerHost || DEFAULT_ADDRESS);
  const get = (path: string) => read(address, path);
  const list = async (path: string) => ((await get(path)) ?? []) as readonly Answer[];
  const one = async (path: string) => (await get(path)) as Answer | undefined;
  return {
    containers: () => list('/containers/json?all=1'),
    networks: () => list('/networks'),
    async volumes() {
      const { Volumes } = (await one('/volumes')) ?? {};
      return (Volumes ?? []) as readonly Answer[];
    },
    container: (id) => one(`/containers/${encodeURIComponent(id)}/json`),
    image: (id) => one(`/images/${encodeURIComponent(id)}/json`),
  };
}

type Address = { readonly socketPath: string } | { readonly host: string; readonly port: string };

function addressOf(dockerHost: string): Address {
  const url = URL.canParse(dockerHost) ? new URL(dockerHost) : undefined;
  if (url?.protocol === 'unix:') return { socketPath: url.pathname };
  if (url?.protocol === 'tcp:' && url.hostname && url.port) {
    return { host: url.hostname, port: url.port };
  }
  throw new CliError(
    `DOCKER_HOST is ${JSON.stringify(dockerHost)}`,
    'unix:///path or tcp://host:port is understood; of another machine, run this there',
  );
}

/** Undefined where it is not there. @throws CliError */
function read(address: Address, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (message: string) =>
      reject(new CliError(`the engine cannot be read: ${message}`, 'is DOCKER_HOST right?'));
    const options = { ...address, path, timeout: DEADLINE_MS, agent: false };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_BYTES) sent.destroy(new Error(`${path} answers more than 64 MiB`));
        else chunks.push(chunk);
      });
      response.on('error', (error) => fail(error.message));
      response.on('end', () => {
        if (response.statusCode === 404) return resolve(undefined);
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode !== 200) return fail(`${path}: ${response.statusCode} ${text}`);
        try {
          resolve(JSON.parse(text));
        } catch {
          fail(`${path} answers no JSON`);
        }
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${DEADLINE_MS / 1000} s`)));
    sent.on('error', (error) => fail(error.message));
    sent.end();
  });
}
