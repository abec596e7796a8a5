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
import type { Target } from './support.ts';

/** Services that are declared but switched off, with the profiles that switch them on. */
export type Disabled = ReadonlyMap<string, readonly string[]>;

/**
 * Every name that a service refers to must be declared; services must not wait in a circle. In a
 * swarm nothing waits for anything, so there `docker stack` takes every `depends_on`.
 */
export function checkReferences(
  reading: Reading,
  root: ComposeMap,
  disabled: Disabled = new Map(),
  target: Target = 'container',
): void {
  const references = new References(reading, root, disabled);
  for (const [name, { value }] of entriesOf(root, 'services')) {
    const path = joinPath('services', name);
    references.check(value, path);
    if (target === 'container') references.checkDependencies(value, path);
  }
  if (target === 'container') checkCycles(reading, root);
}

const OBJECTS = ['networks', 'volumes', 'configs', 'secrets', 'models'] as const;
type ObjectKind = (typeof OBJECTS)[number];
const ONE_OF: Readonly<Record<ObjectKind, string>> = {
  networks: 'network',
  volumes: 'volume',
  configs: 'config',
  secrets: 'secret',
  models: 'model',
};

class References {
  readonly #reading: Reading;
  readonly #services: ReadonlySet<string>;
  readonly #disabled: Disabled;
  readonly #known: ReadonlyMap<ObjectKind, ReadonlySet<string>>;

  constructor(reading: Reading, root: ComposeMap, disabled: Disabled) {
    this.#reading = reading;
    this.#services = keysOf(root, 'services');
    this.#disabled = disabled;
    this.#known = new Map(OBJECTS.map((kind) => [kind, keysOf(root, kind)]));
  }

  check(service: ComposeNode, path: string): void {
    for (const kind of ['networks', 'models'] as const) {
      for (const [name, entry] of entriesOf(service, kind)) {
        this.#checkKey(kind, name, entry, joinPath(joinPath(path, kind), name));
      }
    }
    for (const [index, mount] of itemsOf(service, 'volumes').entries()) {
      if (textOf(mount, 'type') !== 'volume') continue;
      this.#checkSource('volumes', mount, joinPath(joinPath(path, 'volumes'), index));
    }
    this.#checkSources('configs', service, path);
    this.#checkSources('secrets', service, path);
    const build = childOf(service, 'build');
    if (build) this.#checkSources('secrets', build, joinPath(path, 'build'));
  }

  checkDependencies(service: ComposeNode, path: string): void {
    for (const [other, entry] of entriesOf(service, 'depends_on')) {
      if (this.#services.has(other)) continue;
      const profiles = this.#disabled.get(other);
      if (profiles && textOf(entry.value, 'required') === 'false') continue;
      const at = joinPath(joinPath(path, 'depends_on'), other);
      const shown = JSON.stringify(other);
      if (profiles) {
        const message = `the service ${shown} is switched off`;
        const hint = `it runs with one of the profiles ${profiles.join(', ')}; or say required: false`;
        this.#reading.atKey('E_DEPENDENCY_UNKNOWN', entry, at, message, hint);
        continue;
      }
      const hint = hintFor(other, this.#services);
      const message = `the service ${shown} is not declared`;
      this.#reading.atKey('E_DEPENDENCY_UNKNOWN', entry, at, message, hint);
    }
  }

  #checkSources(kind: ObjectKind, owner: ComposeNode, path: string): void {
    for (const [index, item] of itemsOf(owner, kind).entries()) {
      this.#checkSource(kind, item, joinPath(joinPath(path, kind), index), true);
    }
  }

  #checkSource(kind: ObjectKind, node: ComposeNode, path: string, needed = false): void {
    const source = textOf(node, 'source') ?? (needed ? '' : undefined);
    const names = this.#known.get(kind) ?? new Set();
    if (source === undefined || names.has(source)) return;
    const message = `the ${ONE_OF[kind]} ${JSON.stringify(source)} is not declared`;
    const place = childOf(node, 'source') ?? node;
    this.#reading.at('E_REFERENCE_UNKNOWN', place, path, message, hintFor(source, names));
  }

  #checkKey(kind: ObjectKind, name: string, entry: ComposeEntry, path: string): void {
    const names = this.#known.get(kind) ?? new Set();
    if (names.has(name)) return;
    const message = `the ${ONE_OF[kind]} ${JSON.stringify(name)} is not declared`;
    this.#reading.atKey('E_REFERENCE_UNKNOWN', entry, path, message, hintFor(name, names));
  }
}

function hintFor(name: string, names: ReadonlySet<string>): string {
  return nearestHint(name, names) ?? 'declare it at the top level of the Compose file';
}

const keysOf = (root: ComposeNode, key: string): ReadonlySet<string> =>
  new Set([...entriesOf(root, key)].map(([name]) => name));

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
