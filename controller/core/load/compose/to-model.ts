import { type ComposeModel, compareText } from '../../../../schemas/domain/index.ts';
import { type ComposeMap, type ComposeNode, childOf, entriesOf, itemsOf, textOf } from './node.ts';

type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** The canonical tree as plain data; `x-…` is dropped but for what skep reads itself. */
export function toModel(root: ComposeMap, name: string): ComposeModel {
  const services: Record<string, Plain> = {};
  for (const [key, { value }] of sorted(root, 'services')) services[key] = plainService(value);
  const used = usedNames(root);
  const objects = (kind: 'networks' | 'volumes' | 'configs' | 'secrets') => {
    const found: Record<string, Plain> = {};
    for (const [key, { value }] of sorted(root, kind)) {
      if (used[kind].has(key)) found[key] = plain(value);
    }
    return found;
  };
  const model = {
    name,
    services,
    networks: withIpam(objects('networks')),
    volumes: objects('volumes'),
    configs: objects('configs'),
    secrets: objects('secrets'),
  };
  // The readers of canonical/ are what makes this true: each writes the shape of its type.
  return model as unknown as ComposeModel;
}

function sorted(root: ComposeNode, kind: string) {
  return [...entriesOf(root, kind)].sort(([a], [b]) => compareText(a, b));
}

function plainService(node: ComposeNode): Plain {
  const service = plain(node) as Record<string, Plain>;
  const hosts = service['extra_hosts'] as readonly string[] | undefined;
  const deploy = service['deploy'] as Record<string, Plain> | undefined;
  return {
    command: null,
    entrypoint: null,
    ...service,
    ...(hosts && { extra_hosts: [...hosts].sort(compareText) }),
    ...(deploy && { deploy: { resources: {}, ...deploy } }),
  };
}

function withIpam(networks: Record<string, Plain>): Record<string, Plain> {
  const entries = Object.entries(networks).map(([key, network]) => {
    return [key, { ipam: {}, ...(network as Record<string, Plain>) }] as const;
  });
  return Object.fromEntries(entries);
}

/** Booleans that say nothing when they are false. */
const FALSE_IS_ABSENT = new Set([
  'attachable',
  'create_host_path',
  'disable',
  'external',
  'internal',
  'nocopy',
  'read_only',
  'restart',
  'stdin_open',
  'tty',
]);
/** Collections that say something when they are empty. */
const EMPTY_IS_KEPT = new Set([
  'bind',
  'command',
  'deploy',
  'entrypoint',
  'healthcheck',
  'ipam',
  'volume',
]);
/** Maps whose keys are the author's own: nothing in them is left out. */
const FREE_MAPS = new Set(['driver_opts', 'environment', 'labels', 'networks', 'options']);

function plain(node: ComposeNode): Plain {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'seq':
      return node.items.map(plain);
    case 'map':
      return plainMap(node, false);
  }
}

function plainMap(node: ComposeMap, free: boolean): Plain {
  const found: Record<string, Plain> = {};
  for (const [key, { value }] of node.entries) {
    if (!free && (isAbsent(key, value) || (key.startsWith('x-') && key !== 'x-skep'))) continue;
    found[key] = value.kind === 'map' ? plainMap(value, FREE_MAPS.has(key)) : plain(value);
  }
  return found;
}

/** What Compose's own output leaves out. */
function isAbsent(key: string, node: ComposeNode): boolean {
  switch (node.kind) {
    case 'scalar':
      return node.value === '' || (node.value === false && FALSE_IS_ABSENT.has(key));
    case 'seq':
      return node.items.length === 0 && !EMPTY_IS_KEPT.has(key);
    case 'map':
      return node.entries.size === 0 && !EMPTY_IS_KEPT.has(key);
  }
}

/** What the services use: Compose makes nothing else, and prints nothing else. */
function usedNames(root: ComposeMap) {
  const networks = new Set<string>();
  const volumes = new Set<string>();
  const configs = new Set<string>();
  const secrets = new Set<string>();
  const add = (names: Set<string>, name: string | undefined) => {
    if (name !== undefined) names.add(name);
  };
  for (const [, { value }] of entriesOf(root, 'services')) {
    for (const [name] of entriesOf(value, 'networks')) networks.add(name);
    for (const mount of itemsOf(value, 'volumes')) {
      if (textOf(mount, 'type') === 'volume') add(volumes, textOf(mount, 'source'));
    }
    for (const item of itemsOf(value, 'configs')) add(configs, textOf(item, 'source'));
    for (const item of itemsOf(value, 'secrets')) add(secrets, textOf(item, 'source'));
  }
  return { networks, volumes, configs, secrets };
}

export const namesOf = (root: ComposeNode, kind: string): readonly string[] =>
  [...entriesOf(root, kind)].map(([name]) => name);

export const hasServices = (root: ComposeNode): boolean => {
  const services = childOf(root, 'services');
  return services?.kind === 'map' && services.entries.size > 0;
};
