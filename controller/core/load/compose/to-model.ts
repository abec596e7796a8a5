import { type ComposeModel, compareText } from '../../../../schemas/domain/index.ts';
import { type ComposeMap, type ComposeNode, childOf, entriesOf, itemsOf, textOf } from './node.ts';
import type { Target } from './support.ts';

export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain };

const OBJECTS = ['networks', 'volumes', 'configs', 'secrets', 'models'] as const;

/**
 * The canonical tree as plain data, with what the services use of the objects beside them. In a
 * swarm `docker stack` makes configs and secrets that nobody uses, too.
 */
export function toModel(root: ComposeMap, name: string, target: Target): ComposeModel {
  const services: Record<string, Plain> = {};
  for (const [key, { value }] of sorted(root, 'services')) services[key] = plainService(value);
  const used = usedNames(root);
  const isMade = (kind: (typeof OBJECTS)[number], key: string) =>
    used[kind].has(key) || (target === 'swarm' && (kind === 'configs' || kind === 'secrets'));
  const objects = (kind: (typeof OBJECTS)[number]) => {
    const found = sorted(root, kind).filter(([key]) => isMade(kind, key));
    return Object.fromEntries(found.map(([key, { value }]) => [key, plain(value)]));
  };
  const models = objects('models');
  const model = {
    name,
    services,
    networks: withIpam(objects('networks')),
    volumes: objects('volumes'),
    configs: objects('configs'),
    secrets: objects('secrets'),
    ...(Object.keys(models).length > 0 && { models }),
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
  return {
    command: null,
    entrypoint: null,
    ...service,
    ...(hosts && { extra_hosts: [...hosts].sort(compareText) }),
  };
}

function withIpam(networks: Record<string, Plain>): Record<string, Plain> {
  const entries = Object.entries(networks).map(([key, network]) => {
    return [key, { ipam: {}, ...(network as Record<string, Plain>) }] as const;
  });
  return Object.fromEntries(entries);
}

export function plain(node: ComposeNode): Plain {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'seq':
      return node.items.map(plain);
    case 'map':
      return plainMap(node);
  }
}

/** Names that every object has are no keys here: the parser refuses them. */
function plainMap({ entries }: ComposeMap): Plain {
  const members: Record<string, Plain> = {};
  for (const [key, { value }] of entries) members[key] = plain(value);
  return members;
}

/** The top-level `x-…` as they stand. */
export function extensionsOf(root: ComposeMap): Readonly<Record<string, Plain>> {
  const found = [...root.entries].filter(([key]) => key.startsWith('x-'));
  return Object.fromEntries(found.map(([key, { value }]) => [key, plain(value)]));
}

/** What the services use: Compose makes nothing else, and prints nothing else. */
function usedNames(root: ComposeMap): Readonly<Record<(typeof OBJECTS)[number], Set<string>>> {
  const used = {
    networks: new Set<string>(),
    volumes: new Set<string>(),
    configs: new Set<string>(),
    secrets: new Set<string>(),
    models: new Set<string>(),
  };
  const addSources = (names: Set<string>, items: readonly ComposeNode[]) => {
    for (const item of items) names.add(textOf(item, 'source') ?? '');
  };
  for (const [, { value }] of entriesOf(root, 'services')) {
    for (const [name] of entriesOf(value, 'networks')) used.networks.add(name);
    for (const [name] of entriesOf(value, 'models')) used.models.add(name);
    const volumes = itemsOf(value, 'volumes');
    addSources(
      used.volumes,
      volumes.filter((mount) => textOf(mount, 'type') === 'volume'),
    );
    addSources(used.configs, itemsOf(value, 'configs'));
    addSources(used.secrets, itemsOf(value, 'secrets'));
    addSources(used.secrets, itemsOf(childOf(value, 'build'), 'secrets'));
  }
  return used;
}

export const hasServices = (root: ComposeNode): boolean => {
  const services = childOf(root, 'services');
  return services?.kind === 'map' && services.entries.size > 0;
};
