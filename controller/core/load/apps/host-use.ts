import { replicasOf } from '../../../../engine/replicas.ts';
import type { ComposeModel, Place } from '../../../../schemas/domain/index.ts';
import {
  type ComposeMap,
  type ComposeNode,
  childOf,
  entriesOf,
  itemsOf,
  keyPlace,
  nodePlace,
  textOf,
} from '../compose/node.ts';
import { joinPath } from '../compose/reading.ts';

/** What one app takes for itself on one host. */
export interface HostUse {
  readonly ports: readonly PortUse[];
  /** container_name of its services. */
  readonly containers: readonly NameUse[];
  /** Names that the services' containers get without one. */
  readonly generated: readonly string[];
  readonly networks: readonly NameUse[];
  readonly volumes: readonly NameUse[];
  /** External networks and volumes it wants to use. */
  readonly external: readonly (NameUse & { readonly kind: 'network' | 'volume' })[];
}

export interface NameUse {
  readonly name: string;
  readonly place: Place;
  readonly path: string;
}

export interface PortUse {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  readonly service: string;
  readonly place: Place;
  readonly path: string;
}

/** Reads what is taken from the tree (for the places) and the model (for the final names). */
export function hostUse(tree: ComposeMap, model: ComposeModel, prefix: string): HostUse {
  const ports: PortUse[] = [];
  const containers: NameUse[] = [];
  const generated: string[] = [];
  for (const [service, { value }] of entriesOf(tree, 'services')) {
    const path = joinPath(joinPath(prefix, 'services'), service);
    ports.push(...portsOf(service, value, joinPath(path, 'ports')));
    const named = childOf(value, 'container_name');
    const name = textOf(value, 'container_name');
    if (named && name !== undefined) {
      containers.push({ name, place: nodePlace(named), path: joinPath(path, 'container_name') });
      continue;
    }
    const replicas = replicasOf(model.services[service] ?? {});
    for (let n = 1; n <= replicas; n++) generated.push(`${model.name}-${service}-${n}`);
  }
  return {
    ports,
    containers,
    generated,
    networks: objectsOf(tree, model, 'networks', prefix, false),
    volumes: objectsOf(tree, model, 'volumes', prefix, false),
    external: [
      ...objectsOf(tree, model, 'networks', prefix, true).map((use) => ({
        ...use,
        kind: 'network' as const,
      })),
      ...objectsOf(tree, model, 'volumes', prefix, true).map((use) => ({
        ...use,
        kind: 'volume' as const,
      })),
    ],
  };
}

/** Fixed host ports; of a range the engine takes one that is free. */
function portsOf(service: string, node: ComposeNode, path: string): PortUse[] {
  return itemsOf(node, 'ports').flatMap((item, index) => {
    const published = textOf(item, 'published');
    if (published === undefined || published === '0' || published.includes('-')) return [];
    return {
      address: wildcard(textOf(item, 'host_ip')),
      port: Number(published),
      protocol: textOf(item, 'protocol') ?? 'tcp',
      service,
      place: nodePlace(item),
      path: joinPath(path, index),
    };
  });
}

/** `''` = every address. */
function wildcard(address: string | undefined): string {
  return address === undefined || address === '0.0.0.0' || address === '::' ? '' : address;
}

function objectsOf(
  tree: ComposeMap,
  model: ComposeModel,
  kind: 'networks' | 'volumes',
  prefix: string,
  external: boolean,
): NameUse[] {
  const uses: NameUse[] = [];
  for (const [key, entry] of entriesOf(tree, kind)) {
    const object = model[kind][key];
    if (!object || (object.external === true) !== external) continue;
    uses.push({
      name: object.name ?? key,
      place: keyPlace(entry),
      path: joinPath(joinPath(prefix, kind), key),
    });
  }
  return uses;
}
