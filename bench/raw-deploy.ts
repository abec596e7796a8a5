import { engineRequest } from '../test/support/images.ts';
import { describeRequests, type RecordedRequest } from '../test/support/recorded-request.ts';

/** The requests of a first deploy, to be made again. */
export interface RawDeploy {
  readonly networks: readonly string[];
  readonly containers: readonly { readonly name: string; readonly body: string }[];
}

/** @throws Error where something else than creates and starts was asked: then this is not it. */
export function rawDeployOf(requests: readonly RecordedRequest[]): RawDeploy {
  const networks: string[] = [];
  const containers: { name: string; body: string }[] = [];
  let starts = 0;
  for (const request of requests) {
    const { path, query, body = '' } = request;
    if (path === '/networks/create') networks.push(body);
    else if (path === '/containers/create') {
      containers.push({ name: new URLSearchParams(query).get('name') ?? '', body });
    } else if (/^\/containers\/[^/]+\/start$/.test(path)) starts += 1;
    else throw new Error(`not part of a first deploy: ${describeRequests([request])}`);
  }
  if (starts !== containers.length) throw new Error('not every container was started once');
  return { networks, containers };
}

/**
 * Networks, then each container created and started, so many at once, with nothing between the
 * requests. @returns milliseconds from the first request to the last answer.
 */
export async function rawDeploy(
  { networks, containers }: RawDeploy,
  dockerHost: string,
  concurrency: number,
): Promise<number> {
  const post = async (path: string, body?: string): Promise<string> => {
    const bytes = body === undefined ? undefined : (JSON.parse(body) as object);
    const answer = await engineRequest(dockerHost, 'POST', path, bytes);
    if (answer.status < 300) return answer.body;
    throw new Error(`POST ${path}: ${answer.status} ${answer.body}`);
  };
  const begun = performance.now();
  for (const body of networks) await post('/networks/create', body);
  const waiting = [...containers];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const created = await post(`/containers/create?name=${next.name}`, next.body);
      const { Id } = JSON.parse(created) as { readonly Id: string };
      await post(`/containers/${Id}/start`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return performance.now() - begun;
}
