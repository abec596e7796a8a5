import Docker from 'dockerode';
import type { EngineBody, EngineInfo, OperationProgress } from '../../schemas/domain/index.ts';
import {
  type DockerEngine,
  type EngineEvent,
  type EngineJson,
  type ExecCommand,
  type ExecResult,
  type ObjectKind,
  SWARM_EVENTS,
  WATCHED_EVENTS,
} from '../core/docker-engine.ts';
import { EngineFailure } from '../core/engine-failure.ts';
import { classifyEngineError } from './classify-engine-error.ts';
import { connectionOptions } from './connection.ts';
import { discardedBy } from './discarded.ts';
import { exec } from './exec.ts';
import { jsonLines } from './lines.ts';
import { decodeLogs } from './logs.ts';
import { inspectManifest } from './manifest.ts';
import { negotiate, OLDEST_API } from './negotiate.ts';
import { pull } from './pull.ts';
import { type EngineRequest, send, sendForStream } from './request.ts';

const LOG_LIMIT_BYTES = 256 * 1024;

/** The engine behind `dockerHost` (`unix:///…` or `tcp://…`), as DOCKER_HOST names it. */
export function createDockerodeEngine(dockerHost: string): DockerEngine {
  return new DockerodeEngine(dockerHost);
}

class DockerodeEngine implements DockerEngine {
  readonly #options: Docker.DockerOptions;
  #docker: Docker;
  #version = OLDEST_API;

  constructor(dockerHost: string) {
    this.#options = connectionOptions(dockerHost);
    this.#docker = new Docker({ ...this.#options, version: `v${this.#version}` });
  }

  apiVersion(): string {
    return this.#version;
  }

  async connect(signal: AbortSignal): Promise<EngineInfo> {
    const unversioned = new Docker(this.#options);
    const version = record(await send(unversioned, read('/version'), signal));
    this.#version = negotiate(String(version['ApiVersion']), String(version['MinAPIVersion']));
    this.#docker = new Docker({ ...this.#options, version: `v${this.#version}` });
    const info = record(await this.#send(read('/info'), signal));
    return {
      version: String(version['Version']),
      apiVersion: this.#version,
      os: String(version['Os']),
      architecture: String(version['Arch']),
      cpus: Number(info['NCPU']),
      memoryBytes: Number(info['MemTotal']),
      discarded: discardedBy(info),
    };
  }

  #send(request: EngineRequest, signal: AbortSignal): Promise<unknown> {
    return send(this.#docker, request, signal);
  }

  async #list(path: string, query: Record<string, unknown>, signal: AbortSignal) {
    return records(await this.#send({ ...read(path), query }, signal));
  }

  async #inspect(path: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    const found = await this.#send({ ...read(path), absent: true }, signal);
    return found === undefined ? undefined : record(found);
  }

  listContainers(signal: AbortSignal): Promise<readonly EngineJson[]> {
    return this.#list('/containers/json', { all: true }, signal);
  }

  listNetworks(signal: AbortSignal): Promise<readonly EngineJson[]> {
    return this.#list('/networks', {}, signal);
  }

  async listVolumes(signal: AbortSignal): Promise<readonly EngineJson[]> {
    const answer = record(await this.#send(read('/volumes'), signal));
    return records(answer['Volumes'] ?? []);
  }

  listImages(signal: AbortSignal): Promise<readonly EngineJson[]> {
    return this.#list('/images/json', {}, signal);
  }

  inspectContainer(target: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    return this.#inspect(`/containers/${encodeURIComponent(target)}/json`, signal);
  }

  inspectNetwork(target: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    return this.#inspect(`/networks/${encodeURIComponent(target)}`, signal);
  }

  inspectVolume(name: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    return this.#inspect(`/volumes/${encodeURIComponent(name)}`, signal);
  }

  async inspectImage(reference: string, signal: AbortSignal): Promise<EngineJson | undefined> {
    return await this.#inspect(`/images/${imagePath(reference)}/json`, signal);
  }

  async createContainer(name: string, body: EngineBody, signal: AbortSignal): Promise<string> {
    const query = { name };
    const call = 'create-container';
    const request = { method: 'POST', path: '/containers/create', query, body, call } as const;
    return idOf(record(await this.#send(request, signal)));
  }

  async startContainer(target: string, signal: AbortSignal): Promise<void> {
    await this.#send({ ...act(target, 'start'), call: 'start-container' }, signal);
  }

  async stopContainer(target: string, timeoutS: number, signal: AbortSignal): Promise<void> {
    await this.#send({ ...act(target, 'stop'), query: { t: timeoutS } }, signal);
  }

  async killContainer(target: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#send({ ...act(target, 'kill'), query: { signal: name } }, signal);
  }

  exec(target: string, command: ExecCommand, signal: AbortSignal): Promise<ExecResult> {
    return exec(this.#docker, target, command, signal);
  }

  async unpauseContainer(target: string, signal: AbortSignal): Promise<void> {
    await this.#send(act(target, 'unpause'), signal);
  }

  async removeContainer(target: string, signal: AbortSignal): Promise<void> {
    await this.#send(remove('/containers', target), signal);
  }

  async renameContainer(target: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#send({ ...act(target, 'rename'), query: { name } }, signal);
  }

  async updateContainer(target: string, body: EngineBody, signal: AbortSignal): Promise<void> {
    await this.#send({ ...act(target, 'update'), body }, signal);
  }

  async createNetwork(body: EngineBody, signal: AbortSignal): Promise<string> {
    const request = { method: 'POST', path: '/networks/create', body } as const;
    return idOf(record(await this.#send(request, signal)));
  }

  async removeNetwork(target: string, signal: AbortSignal): Promise<void> {
    await this.#send(remove('/networks', target), signal);
  }

  async connectNetwork(
    network: string,
    container: string,
    endpoint: EngineBody,
    signal: AbortSignal,
  ): Promise<void> {
    const body = { Container: container, EndpointConfig: endpoint };
    await this.#send(networkAct(network, 'connect', body), signal);
  }

  async disconnectNetwork(network: string, container: string, signal: AbortSignal): Promise<void> {
    await this.#send(networkAct(network, 'disconnect', { Container: container }), signal);
  }

  async createVolume(body: EngineBody, signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'POST', path: '/volumes/create', body }, signal);
  }

  async removeVolume(name: string, signal: AbortSignal): Promise<void> {
    await this.#send(remove('/volumes', name), signal);
  }

  pullImage(
    reference: string,
    auth: Uint8Array | undefined,
    progress: (progress: OperationProgress) => void,
    signal: AbortSignal,
    platform?: string,
  ) {
    return pull(this.#docker, reference, auth, platform, progress, signal);
  }

  async removeImage(image: string, signal: AbortSignal): Promise<void> {
    const path = `/images/${imagePath(image)}`;
    await this.#send({ method: 'DELETE', path, absent: true }, signal);
  }

  async inspectManifest(reference: string, auth: Uint8Array | undefined, signal: AbortSignal) {
    return await inspectManifest(this.#docker, imagePath(reference), auth, signal);
  }

  async events(
    listener: { opened(): void; event(event: EngineEvent): void },
    signal: AbortSignal,
  ): Promise<void> {
    const query = { filters: JSON.stringify(eventFilters()) };
    const stream = await sendForStream(this.#docker, { ...read('/events'), query }, signal);
    listener.opened();
    try {
      for await (const line of jsonLines(stream)) {
        const event = parseEvent(line);
        if (event) listener.event(event);
      }
    } catch (cause) {
      if (signal.aborted) return;
      throw classifyEngineError('read', { status: undefined, message: String(cause), cause });
    }
  }

  async tailLogs(target: string, lines: number, signal: AbortSignal): Promise<readonly string[]> {
    const inspected = await this.inspectContainer(target, signal);
    if (!inspected) return [];
    const query = { stdout: true, stderr: true, tail: lines };
    const path = `/containers/${encodeURIComponent(target)}/logs`;
    const stream = await sendForStream(this.#docker, { ...read(path), query }, signal);
    const tty = (inspected['Config'] as { Tty?: boolean } | undefined)?.Tty === true;
    return (await decodeLogs(stream, tty, LOG_LIMIT_BYTES)).slice(-lines);
  }
}

const read = (path: string): EngineRequest => ({ method: 'GET', path, call: 'read' });

const act = (target: string, action: string): EngineRequest => ({
  method: 'POST',
  path: `/containers/${encodeURIComponent(target)}/${action}`,
});

const networkAct = (network: string, action: string, body: unknown): EngineRequest => ({
  method: 'POST',
  path: `/networks/${encodeURIComponent(network)}/${action}`,
  body,
});

const remove = (path: string, target: string): EngineRequest => ({
  method: 'DELETE',
  path: `${path}/${encodeURIComponent(target)}`,
});

const REFERENCE = /^[\w][\w.:@/-]*$/;

/** References hold slashes, so they cannot be encoded whole; what is no reference stays outside. */
function imagePath(reference: string): string {
  if (REFERENCE.test(reference) && !reference.includes('..')) return reference;
  const message = `${JSON.stringify(reference)} is not an image reference`;
  throw new EngineFailure('InvalidSpec', 'spec', message);
}

function eventFilters(): { type: readonly string[]; event: readonly string[] } {
  const { swarm: _none, ...watched } = WATCHED_EVENTS;
  const all = { ...watched, ...SWARM_EVENTS };
  return { type: Object.keys(all), event: [...new Set(Object.values(all).flat())] };
}

/** Undefined for an event nobody asked for: filters apply to all kinds together. */
function parseEvent(line: Record<string, unknown>): EngineEvent | undefined {
  const type = String(line['Type']);
  const kind = (type in SWARM_EVENTS ? 'swarm' : type) as ObjectKind;
  const action = line['Action'];
  const actor = line['Actor'] as { ID?: string; Attributes?: Record<string, string> } | undefined;
  if (typeof action !== 'string' || typeof actor?.ID !== 'string') return undefined;
  const verb = action.split(':', 1)[0] ?? '';
  const watched = SWARM_EVENTS[type] ?? WATCHED_EVENTS[kind];
  if (!watched?.includes(verb)) return undefined;
  return { kind, action, id: actor.ID, attributes: actor.Attributes ?? {} };
}

function record(value: unknown): EngineJson {
  if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
    return value as EngineJson;
  }
  throw new EngineFailure('EngineError', 'world', 'the engine broke off its answer');
}

function records(value: unknown): readonly EngineJson[] {
  if (Array.isArray(value)) return value.map(record);
  throw new EngineFailure('EngineError', 'world', 'the engine broke off its answer');
}

function idOf(answer: EngineJson): string {
  if (typeof answer['Id'] === 'string') return answer['Id'];
  throw new EngineFailure('EngineError', 'world', 'the engine named no id for what it created');
}
