import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ComposeModel } from '../schemas/domain/index.ts';
import { containerRequests, type EngineRequest } from './requests.ts';

/**
 * A folder of recordings: `X.compose.json` is Compose's normalised model of some file, and
 * `X.compose-api.json` the create requests that Compose sent for it. Not part of this repository.
 */
const CORPUS = process.env['SKEP_COMPOSE_CORPUS'] ?? '';
const MODEL = '.compose.json';

type Sent = Pick<EngineRequest, 'path' | 'query' | 'body'>;

function recordings(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.compose-api.json'))
    .map((path) => join(folder, path.replace('.compose-api.json', '')))
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

describe.skipIf(CORPUS === '')('the requests that Compose sends', () => {
  it.each(CORPUS === '' ? [] : recordings(CORPUS))('are built the same for %s', (path) => {
    const { requests, refusals } = containerRequests({
      model: model(path),
      apiVersion: '1.50',
      readProfile: () => undefined,
    });
    expect(refusals).toEqual([]);
    expect(byTarget(requests)).toEqual(byTarget(json(`${path}.compose-api.json`) as Sent[]));
  });
});
