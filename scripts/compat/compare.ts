import type { Json, Sent } from './corpus.ts';

export interface Difference {
  /** Dotted. */
  readonly path: string;
  /** JSON text, or undefined where it is absent. */
  readonly ours: string | undefined;
  readonly recorded: string | undefined;
}

export function differences(ours: unknown, recorded: unknown, path = ''): readonly Difference[] {
  if (isMap(ours) && isMap(recorded)) {
    const keys = [...new Set([...Object.keys(recorded), ...Object.keys(ours)])];
    return keys.flatMap((key) => differences(ours[key], recorded[key], dotted(path, key)));
  }
  if (Array.isArray(ours) && Array.isArray(recorded) && ours.length === recorded.length) {
    return ours.flatMap((item, index) => differences(item, recorded[index], `${path}[${index}]`));
  }
  const [one, other] = [JSON.stringify(ours), JSON.stringify(recorded)];
  return one === other ? [] : [{ path, ours: one, recorded: other }];
}

/** Requests by where they go and under which name: the order of independent ones is no promise. */
export function requestDifferences(
  ours: readonly Sent[],
  recorded: readonly Sent[],
): readonly Difference[] {
  return differences(byTarget(ours), byTarget(recorded));
}

const byTarget = (requests: readonly Sent[]): Json =>
  Object.fromEntries(
    requests.map(({ path, query, body }) => {
      const name = query['name'] ?? body['Name'];
      return [[path, name, query['platform']].filter(Boolean).join(' '), essence(body) ?? {}];
    }),
  );

const UNORDERED = new Set(['Env', 'Binds', 'Mounts', 'ExtraHosts', 'Ulimits']);
/** The size of a terminal, what only the client heeds, and ids that a swarm makes up itself. */
const NOT_COMPARED = new Set(['ConsoleSize', 'CheckDuplicate', 'ConfigID', 'SecretID']);

/** Without empty defaults, without Compose's own labels, and in one order. */
export function essence(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => essence(item)).filter((item) => item !== undefined);
    if (UNORDERED.has(key)) items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return items.length > 0 ? items : undefined;
  }
  if (!isMap(value)) return value || undefined;
  const members = Object.entries(value)
    .filter(([name]) => !name.startsWith('com.docker.compose') && !NOT_COMPARED.has(name))
    .map(([name, member]) => [name, essence(member, name)] as const)
    .filter(([, member]) => member !== undefined || key === 'ExposedPorts');
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const dotted = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
