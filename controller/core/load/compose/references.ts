import { nearestHint } from '../../../../schemas/nearest.ts';
import { findCycles } from '../cycles.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  entriesOf,
  itemsOf,
  keyPlace,
  textOf,
} from './node.ts';
import { joinPath, type Reading } from './reading.ts';

/** Every name that a service refers to must be declared; services must not wait in a circle. */
export function checkReferences(reading: Reading, root: ComposeMap): void {
  const known = {
    networks: new Set(['default', ...keysOf(root, 'networks')]),
    volumes: keysOf(root, 'volumes'),
    configs: keysOf(root, 'configs'),
    secrets: keysOf(root, 'secrets'),
    services: keysOf(root, 'services'),
  };
  for (const [name, { value: service }] of entriesOf(root, 'services')) {
    const path = joinPath('services', name);
    for (const [network, entry] of entriesOf(service, 'networks')) {
      const at = joinPath(joinPath(path, 'networks'), network);
      if (!known.networks.has(network)) unknownKey('network', network, entry, at, known.networks);
    }
    for (const [other, entry] of entriesOf(service, 'depends_on')) {
      const at = joinPath(joinPath(path, 'depends_on'), other);
      if (known.services.has(other)) continue;
      const message = `the service ${JSON.stringify(other)} is not declared`;
      reading.atKey('E_DEPENDENCY_UNKNOWN', entry, at, message, hintFor(other, known.services));
    }
    checkSources(service, path);
  }
  checkObjects(reading, root);
  checkCycles(reading, root);

  function checkSources(service: ComposeNode, path: string): void {
    for (const [index, mount] of itemsOf(service, 'volumes').entries()) {
      if (textOf(mount, 'type') !== 'volume') continue;
      unknownSource('volume', mount, joinPath(joinPath(path, 'volumes'), index), known.volumes);
    }
    for (const kind of ['configs', 'secrets'] as const) {
      for (const [index, item] of itemsOf(service, kind).entries()) {
        const at = joinPath(joinPath(path, kind), index);
        unknownSource(kind === 'configs' ? 'config' : 'secret', item, at, known[kind]);
      }
    }
  }

  function unknownSource(
    what: string,
    node: ComposeNode,
    path: string,
    names: ReadonlySet<string>,
  ): void {
    const source = textOf(node, 'source');
    if (source === undefined || names.has(source)) return;
    const message = `the ${what} ${JSON.stringify(source)} is not declared`;
    const place = childOf(node, 'source') ?? node;
    reading.at('E_REFERENCE_UNKNOWN', place, path, message, hintFor(source, names));
  }

  function unknownKey(
    what: string,
    name: string,
    entry: ComposeEntry,
    path: string,
    names: ReadonlySet<string>,
  ): void {
    const message = `the ${what} ${JSON.stringify(name)} is not declared`;
    reading.atKey('E_REFERENCE_UNKNOWN', entry, path, message, hintFor(name, names));
  }
}

function hintFor(name: string, names: ReadonlySet<string>): string {
  return nearestHint(name, names) ?? 'declare it at the top level of the Compose file';
}

const keysOf = (root: ComposeNode, key: string): ReadonlySet<string> =>
  new Set([...entriesOf(root, key)].map(([name]) => name));

function checkObjects(reading: Reading, root: ComposeMap): void {
  for (const kind of ['configs', 'secrets']) {
    for (const [name, entry] of entriesOf(root, kind)) checkSource(reading, kind, name, entry);
  }
  for (const kind of ['networks', 'volumes']) {
    for (const [name, { value }] of entriesOf(root, kind)) {
      if (textOf(value, 'external') === 'true') checkExternal(reading, joinPath(kind, name), value);
    }
  }
}

/** A config or secret has exactly one source. */
function checkSource(reading: Reading, kind: string, name: string, entry: ComposeEntry): void {
  const path = joinPath(kind, name);
  if (textOf(entry.value, 'external') === 'true') {
    checkExternal(reading, path, entry.value);
    return;
  }
  const sources = ['file', 'content'].filter((key) => childOf(entry.value, key));
  if (sources.length === 1 || reading.hasIssueBelow(path)) return;
  const message = sources.length === 0 ? 'has neither file nor content' : 'has file and content';
  reading.atKey('E_COMPOSE_VALUE', entry, path, `${JSON.stringify(name)} ${message}`);
}

/** An external object has nothing but its name. */
function checkExternal(reading: Reading, path: string, object: ComposeNode): void {
  if (object.kind !== 'map') return;
  for (const [key, entry] of object.entries) {
    if (key === 'external' || key === 'name' || key.startsWith('x-')) continue;
    const message = `an external object has no ${JSON.stringify(key)}: it is not made here`;
    reading.atKey('E_COMPOSE_VALUE', entry, joinPath(path, key), message);
  }
}

function checkCycles(reading: Reading, root: ComposeMap): void {
  const graph = new Map<string, ReadonlyMap<string, ComposeEntry>>();
  for (const [name, { value }] of entriesOf(root, 'services')) {
    graph.set(name, new Map(entriesOf(value, 'depends_on')));
  }
  for (const cycle of findCycles(graph)) {
    const [first = '', second = first] = cycle;
    const entry = graph.get(first)?.get(second);
    if (!entry) continue;
    const shown = [...cycle, first].join(' -> ');
    const path = joinPath(joinPath(joinPath('services', first), 'depends_on'), second);
    const message = `services wait for each other: ${shown}`;
    reading.put('E_DEPENDENCY_CYCLE', keyPlace(entry), path, message);
  }
}
