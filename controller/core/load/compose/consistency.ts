import type { Code } from '../codes.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  entriesOf,
  itemsOf,
  textOf,
} from './node.ts';
import { joinPath, type Reading } from './reading.ts';
import type { Target } from './support.ts';

/** What Compose refuses although every value is good by itself. */
export function checkConsistency(
  reading: Reading,
  root: ComposeMap,
  target: Target = 'container',
): void {
  for (const [name, entry] of entriesOf(root, 'services')) {
    new ServiceCheck(reading, root, name, entry).run(target);
  }
  if (target === 'container') checkContainerNames(reading, root);
  for (const kind of ['configs', 'secrets'] as const) {
    for (const [name, entry] of entriesOf(root, kind)) checkContent(reading, kind, name, entry);
  }
  for (const [name, { value }] of entriesOf(root, 'volumes')) {
    if (textOf(value, 'external') === 'true')
      checkExternal(reading, joinPath('volumes', name), value);
  }
}

function checkContainerNames(reading: Reading, root: ComposeMap): void {
  const owners = new Map<string, string>();
  for (const [name, { value }] of entriesOf(root, 'services')) {
    const wanted = textOf(value, 'container_name');
    const owner = wanted ? owners.get(wanted) : undefined;
    if (wanted && owner === undefined) owners.set(wanted, name);
    if (owner === undefined) continue;
    const message = `the container name ${wanted} is that of ${JSON.stringify(owner)} too`;
    const node = childOf(value, 'container_name') ?? value;
    const path = joinPath(joinPath('services', name), 'container_name');
    reading.at('E_CONTAINER_NAME', node, path, message);
  }
}

/** Two keys that say the same thing, and must then agree: as in `cpus` and `deploy`. */
const PAIRS = [
  ['cpus', 'limits', 'cpus'],
  ['mem_limit', 'limits', 'memory'],
  ['mem_reservation', 'reservations', 'memory'],
  ['pids_limit', 'limits', 'pids'],
] as const;

class ServiceCheck {
  readonly #reading: Reading;
  readonly #root: ComposeMap;
  readonly #entry: ComposeEntry;
  readonly #service: ComposeNode;
  readonly #path: string;

  constructor(reading: Reading, root: ComposeMap, name: string, entry: ComposeEntry) {
    this.#reading = reading;
    this.#root = root;
    this.#entry = entry;
    this.#service = entry.value;
    this.#path = joinPath('services', name);
  }

  run(target: Target): void {
    const sources = ['image', 'build', 'provider'];
    if (!sources.some((key) => childOf(this.#service, key))) {
      const message = 'the service has neither an image nor a build';
      this.#reading.atKey('E_FIELD_MISSING', this.#entry, this.#path, message);
    }
    this.#checkBuild();
    // A swarm passes over the mode.
    if (target === 'container') this.#checkNetworkMode();
    this.#checkScale();
    this.#checkPairs();
    this.#checkWatches();
    this.#checkTargets();
  }

  #refuse(key: string, message: string, hint?: string, code: Code = 'E_COMPOSE_VALUE'): void {
    const node = childOf(this.#service, key) ?? this.#service;
    this.#reading.at(code, node, joinPath(this.#path, key), message, hint);
  }

  #checkBuild(): void {
    const build = childOf(this.#service, 'build');
    if (!build) return;
    if (childOf(build, 'dockerfile') && childOf(build, 'dockerfile_inline')) {
      this.#refuse('build', '"dockerfile" and "dockerfile_inline" exclude each other');
    }
    for (const [name, { value }] of entriesOf(build, 'additional_contexts')) {
      this.#checkContext(name, value);
    }
    const platform = textOf(this.#service, 'platform');
    const platforms = itemsOf(build, 'platforms').map(textIn);
    if (platform === undefined || platforms.length === 0 || platforms.includes(platform)) return;
    const shown = JSON.stringify(platform);
    this.#refuse('build', `the platform ${shown} of the service is not among those of its build`);
  }

  #checkContext(name: string, value: ComposeNode): void {
    const other = /^service:(.*)$/.exec(textIn(value))?.[1];
    if (other === undefined) return;
    const service = childOf(childOf(this.#root, 'services'), other);
    if (childOf(service, 'build')) return;
    const shown = JSON.stringify(other);
    const what = service ? 'is not built' : 'is not declared';
    this.#refuse('build', `the service ${shown}, context ${JSON.stringify(name)}, ${what}`);
  }

  #checkNetworkMode(): void {
    const mode = textOf(this.#service, 'network_mode');
    const networks = childOf(this.#service, 'networks');
    if (mode === undefined || networks?.kind !== 'map' || networks.entries.size === 0) return;
    this.#refuse('network_mode', '"network_mode" and "networks" exclude each other');
  }

  #checkScale(): void {
    const scale = numberOf(this.#service, 'scale');
    const replicas = numberOf(childOf(this.#service, 'deploy'), 'replicas');
    if (scale !== undefined && replicas !== undefined && scale !== replicas) {
      this.#refuse('scale', `${scale} here and ${replicas} in deploy.replicas`, 'keep one of them');
    }
    const count = scale ?? replicas ?? 1;
    if (count < 0) this.#refuse(scale === undefined ? 'deploy' : 'scale', 'must be 0 or more');
    if (count < 2 || !childOf(this.#service, 'container_name')) return;
    const message = `${count} containers cannot have one name`;
    this.#refuse('container_name', message, 'leave container_name out', 'E_CONTAINER_NAME');
  }

  #checkPairs(): void {
    const resources = childOf(childOf(this.#service, 'deploy'), 'resources');
    for (const [key, group, member] of PAIRS) {
      const own = textOf(this.#service, key);
      const others = childOf(resources, group);
      if (own === undefined || !others || textOf(others, member) === own) continue;
      const other = textOf(others, member) ?? 'nothing';
      const message = `${own} here and ${other} in deploy.resources.${group}.${member}`;
      this.#refuse(key, message, 'say it in one of the two, or the same in both');
    }
  }

  #checkWatches(): void {
    for (const watch of itemsOf(childOf(this.#service, 'develop'), 'watch')) {
      const action = textOf(watch, 'action') ?? '';
      if (textOf(watch, 'path') === undefined || textOf(watch, 'path') === '') {
        this.#refuse('develop', 'the path of a watch is empty');
      }
      if (textOf(watch, 'target') || ['rebuild', 'restart'].includes(action)) continue;
      this.#refuse('develop', `a watch with the action ${action} needs a target`);
    }
  }

  #checkTargets(): void {
    const seen = new Map<string, string>();
    const see = (target: string, node: ComposeNode, path: string) => {
      const first = seen.get(target);
      if (first === undefined) seen.set(target, path);
      else {
        const message = `${JSON.stringify(target)} is mounted already by ${first}`;
        this.#reading.at('E_COMPOSE_VALUE', node, path, message);
      }
    };
    for (const [index, tmpfs] of itemsOf(this.#service, 'tmpfs').entries()) {
      const [target = ''] = textIn(tmpfs).split(':');
      see(target, tmpfs, joinPath(joinPath(this.#path, 'tmpfs'), index));
    }
    for (const [index, mount] of itemsOf(this.#service, 'volumes').entries()) {
      const target = textOf(mount, 'target');
      if (target === undefined) continue;
      see(target, mount, joinPath(joinPath(this.#path, 'volumes'), index));
    }
  }
}

const textIn = (node: ComposeNode): string => (node.kind === 'scalar' ? String(node.value) : '');

function numberOf(node: ComposeNode | undefined, key: string): number | undefined {
  const found = childOf(node, key);
  return found?.kind === 'scalar' && typeof found.value === 'number' ? found.value : undefined;
}

/** A config or secret that is made here has exactly one source. */
function checkContent(
  reading: Reading,
  kind: 'configs' | 'secrets',
  name: string,
  entry: ComposeEntry,
): void {
  const path = joinPath(kind, name);
  if (textOf(entry.value, 'external') === 'true' || reading.hasIssueBelow(path)) return;
  const keys = kind === 'configs' ? ['file', 'environment', 'content'] : ['file', 'environment'];
  // What a variable holds was filled in as the content.
  const written = childOf(entry.value, 'environment')
    ? keys.filter((key) => key !== 'content')
    : keys;
  const sources = written.filter((key) => childOf(entry.value, key));
  if (sources.length === 1) return;
  const message =
    sources.length === 0
      ? `${JSON.stringify(name)} has none of ${keys.join(', ')}`
      : `${JSON.stringify(name)} has ${sources.join(' and ')}, which exclude each other`;
  reading.atKey('E_COMPOSE_VALUE', entry, path, message);
}

/** An external volume has nothing but its name. */
function checkExternal(reading: Reading, path: string, object: ComposeNode): void {
  if (object.kind !== 'map') return;
  for (const [key, entry] of object.entries) {
    if (key === 'external' || key === 'name') continue;
    const message = `an external volume has no ${JSON.stringify(key)}: it is not made here`;
    reading.atKey('E_COMPOSE_VALUE', entry, joinPath(path, key), message);
  }
}
