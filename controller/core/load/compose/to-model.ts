import type { ComposeModel } from '../../../../schemas/domain/index.ts';
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
  return [...entriesOf(root, kind)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function plainService(node: ComposeNode): Plain {
  const service = plain(node) as Record<string, Plain>;
  const deploy = service['deploy'] as Record<string, Plain> | undefined;
  return {
    command: null,
    entrypoint: null,
    ...service,
    ...(deploy && { deploy: { resources: {}, ...deploy } }),
  };
}

function withIpam(networks: Record<string, Plain>): Record<string, Plain> {
  const entries = Object.entries(networks).map(([key, network]) => {
    return [key, { ipam: {}, ...(network as Record<string, Plain>) }] as const;
  });
  return Object.fromEntries(entries);
}

function plain(node: ComposeNode): Plain {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'seq':
      return node.items.map(plain);
    case 'map': {
      const kept = [...node.entries].filter(([key]) => !key.startsWith('x-') || key === 'x-skep');
      return Object.fromEntries(kept.map(([key, { value }]) => [key, plain(value)]));
    }
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
