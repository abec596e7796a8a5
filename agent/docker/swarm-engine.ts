import Docker from 'dockerode';
import type { Clock } from '../../kit/clock.ts';
import type { EngineBody } from '../../schemas/domain/index.ts';
import type { EngineJson } from '../core/docker-engine.ts';
import type { SwarmEngine, SwarmFileKind } from '../core/swarm-engine.ts';
import { connectionOptions } from './connection.ts';
import { type EngineRequest, send } from './request.ts';
import { timed } from './timed-engine.ts';

const READ_MS = 15_000;
/** A manager without a quorum never answers. */
const WRITE_MS = 20_000;

/** What a manager answers, behind the same address; `apiVersion`: as the engine's was negotiated. */
export function createSwarmEngine(
  dockerHost: string,
  apiVersion: () => string,
  clock: Clock,
): SwarmEngine {
  const options = connectionOptions(dockerHost);
  let docker = new Docker({ ...options, version: `v${apiVersion()}` });
  let version = apiVersion();
  return swarmEngineOver((request, signal) => {
    if (version !== apiVersion()) {
      version = apiVersion();
      docker = new Docker({ ...options, version: `v${version}` });
    }
    return send(docker, request, signal);
  }, clock);
}

export type Send = (request: EngineRequest, signal: AbortSignal) => Promise<unknown>;

export function swarmEngineOver(sendRequest: Send, clock: Clock): SwarmEngine {
  const read = (path: string, signal: AbortSignal, absent = false) =>
    timed(clock, READ_MS, signal, (own) =>
      sendRequest({ method: 'GET', path, call: 'swarm', absent }, own),
    );
  const list = async (path: string, signal: AbortSignal) => records(await read(path, signal));
  const inspect = async (path: string, signal: AbortSignal) => {
    const found = await read(path, signal, true);
    return found === undefined ? undefined : record(found);
  };
  const write = async (request: Omit<EngineRequest, 'call'>, signal: AbortSignal) => {
    await timed(clock, WRITE_MS, signal, (own) => sendRequest({ ...request, call: 'swarm' }, own));
  };
  return {
    info: async (signal) => record(await read('/info', signal)),
    listNodes: (signal) => list('/nodes', signal),
    listServices: (signal) => list('/services', signal),
    listTasks: (signal) => list('/tasks', signal),
    listFiles: (kind, signal) => list(folderOf(kind), signal),
    listNetworks: (signal) => list('/networks', signal),
    inspectService: (target, signal) => inspect(`/services/${encoded(target)}`, signal),
    inspectFile: (kind, target, signal) => inspect(`${folderOf(kind)}/${encoded(target)}`, signal),
    createService: (body, auth, signal) =>
      write({ method: 'POST', path: '/services/create', body, ...login(auth) }, signal),
    updateService: (id, index, body, auth, signal) =>
      write(
        {
          method: 'POST',
          path: `/services/${encoded(id)}/update`,
          // Without new credentials those that the service has stay in force.
          query: { version: index, ...(!auth && { registryAuthFrom: 'spec' }) },
          body,
          ...login(auth),
        },
        signal,
      ),
    removeService: (id, signal) =>
      write({ method: 'DELETE', path: `/services/${encoded(id)}` }, signal),
    createFile: (kind, body, signal) =>
      write({ method: 'POST', path: `${folderOf(kind)}/create`, body }, signal),
    updateFile: (kind, id, index, body, signal) =>
      write(updateRequest(kind, id, index, body), signal),
    removeFile: (kind, id, signal) =>
      write({ method: 'DELETE', path: `${folderOf(kind)}/${encoded(id)}` }, signal),
  };
}

const updateRequest = (kind: SwarmFileKind, id: string, index: number, body: EngineBody) => ({
  method: 'POST' as const,
  path: `${folderOf(kind)}/${encoded(id)}/update`,
  query: { version: index },
  body,
});

const folderOf = (kind: SwarmFileKind): string => (kind === 'config' ? '/configs' : '/secrets');

const encoded = (target: string): string => encodeURIComponent(target);

const login = (auth: Uint8Array | undefined) => (auth ? { registryAuth: auth } : {});

const record = (value: unknown): EngineJson =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const records = (value: unknown): readonly EngineJson[] =>
  Array.isArray(value) ? value.map(record) : [];
