import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ComposeModel, ComposePort, ComposeService } from '../schemas/domain/index.ts';
import { containerRequests, type EngineRequest } from './requests.ts';
import { stackRequests } from './swarm/requests.ts';

/**
 * A folder of recordings: `X.compose.json` is Compose's normalised model of some file,
 * `X.compose-api.json` the create requests that Compose sent for it, and `X.stack-api.json` those
 * of `docker stack deploy`. Not part of this repository.
 */
const CORPUS = process.env['SKEP_COMPOSE_CORPUS'] ?? '';
const MODEL = '.compose.json';

type Sent = Pick<EngineRequest, 'path' | 'query' | 'body'>;

function recordings(suffix: string): readonly string[] {
  if (CORPUS === '') return [];
  return readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(suffix))
    .map((path) => join(CORPUS, path.slice(0, -suffix.length)))
    .sort();
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** The recorded model is text for another run of Compose: its dollars are doubled. */
function undoubled(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$');
  if (Array.isArray(value)) return value.map(undoubled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, undoubled(member)]));
}

const UNORDERED = new Set(['Env', 'Binds', 'Mounts', 'ExtraHosts', 'Ulimits']);
const OUT_OF_SCOPE = new Set(['ConsoleSize', 'CheckDuplicate']);

/** Without defaults, without Compose's own labels, and in one order. */
function essence(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => essence(item)).filter((item) => item !== undefined);
    if (UNORDERED.has(key)) items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return items.length > 0 ? items : undefined;
  }
  if (typeof value !== 'object' || value === null) return value || undefined;
  const members = Object.entries(value)
    .filter(([name]) => !name.startsWith('com.docker.compose') && !OUT_OF_SCOPE.has(name))
    .map(([name, member]) => [name, essence(member, name)] as const)
    .filter(([, member]) => member !== undefined || key === 'ExposedPorts');
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}

function model(path: string): ComposeModel {
  const empty = { networks: {}, volumes: {}, configs: {}, secrets: {} };
  return { ...empty, ...(undoubled(json(`${path}${MODEL}`)) as ComposeModel) };
}

/** By where they go and under which name; the order among independent ones is nobody's promise. */
const byTarget = (requests: readonly Sent[]) =>
  Object.fromEntries(
    requests.map(({ path, query, body }) => [
      [path, query['name'] ?? body['Name'], query['platform']].join(' '),
      essence(body),
    ]),
  );

describe('the requests that Compose sends', () => {
  it.each(recordings('.compose-api.json'))('are built the same for %s', (path) => {
    const { requests, refusals } = containerRequests({
      model: model(path),
      apiVersion: '1.50',
      readProfile: () => undefined,
    });
    expect(refusals).toEqual([]);
    expect(byTarget(requests)).toEqual(byTarget(json(`${path}.compose-api.json`) as Sent[]));
  });
});

/** What `docker stack config` prints, in the words of our model. */
interface StackFile {
  readonly services: Readonly<Record<string, StackService>>;
}

type StackService = Omit<ComposeService, 'ports'> & {
  readonly ports?: readonly (Omit<ComposePort, 'published'> & { readonly published?: number })[];
};

/** It is not Compose's own: env files, defaults of variables and paths are read in another way. */
function stackModel(path: string): ComposeModel {
  const empty = { networks: {}, volumes: {}, configs: {}, secrets: {} };
  const file = parse(readFileSync(`${path}.stack.yaml`, 'utf8')) as StackFile;
  const services = Object.entries(file.services).map(([key, service]) => {
    const ports = (service.ports ?? []).map(({ published, ...port }) => ({
      ...port,
      ...(published !== undefined && { published: String(published) }),
    }));
    const hosts = (service.extra_hosts ?? []).map((host) => host.replace(':', '='));
    return [key, { ...service, ports, extra_hosts: hosts }] as const;
  });
  return { ...empty, ...file, name: 'proj', services: Object.fromEntries(services) };
}

/** Ids of a swarm's own, and contents of files that are not here. */
const SWARMS_OWN = new Set(['ConfigID', 'SecretID', 'Data']);

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !SWARMS_OWN.has(name));
  return Object.fromEntries(members.map(([name, member]) => [name, withoutIds(member)]));
}

describe('the requests that docker stack deploy sends', () => {
  it.each(recordings('.stack-api.json'))('are built the same for %s', (path) => {
    const { requests, refusals } = stackRequests({
      model: stackModel(path),
      readFile: () => new Uint8Array(),
    });
    const recorded = withoutIds(json(`${path}.stack-api.json`)) as Sent[];
    expect(refusals).toEqual([]);
    expect(byTarget(withoutIds(requests) as Sent[])).toEqual(byTarget(recorded));
  });
});
