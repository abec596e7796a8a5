import { withDependencies } from './dependencies.ts';
import {
  type FileOptions,
  resolveEnvironment,
  resolveLabels,
  withVariables,
} from './environment-files.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  entryAt,
  isNull,
  mapAt,
  recordAt,
  scalarAt,
  textOf,
} from './node.ts';
import { joinPath } from './reading.ts';
import type { Lookup } from './template.ts';

export interface NormaliseOptions extends FileOptions {
  readonly projectName: string;
}

/**
 * Fills in what Compose fills in: environments and labels from files, implied dependencies,
 * default networks, names of objects.
 */
export function normalise(root: ComposeMap, options: NormaliseOptions): ComposeMap {
  const entries = new Map(root.entries);
  const services = entries.get('services');
  if (services?.value.kind === 'map') {
    const value = eachEntry(services.value, (service, key) => {
      return withService(service, joinPath('services', key), options);
    });
    entries.set('services', { ...services, value });
  }
  const networks = withDefaultNetwork(root, entries);
  if (networks) entries.set('networks', networks);
  for (const kind of ['networks', 'volumes', 'configs', 'secrets']) {
    const objects = entries.get(kind);
    if (objects?.value.kind !== 'map') continue;
    const value = eachEntry(objects.value, (object, key) => {
      const named = withName(object, key, options.projectName);
      return kind === 'configs' || kind === 'secrets' ? withContent(named, options.lookup) : named;
    });
    entries.set(kind, { ...objects, value });
  }
  return mapAt(root, entries);
}

function withService(service: ComposeNode, path: string, options: NormaliseOptions): ComposeNode {
  if (service.kind !== 'map') return service;
  const found = new Map(service.entries);
  const put = (key: string, entry: ComposeEntry | undefined) => {
    if (entry) found.set(key, entry);
  };
  put('environment', resolveEnvironment(service, path, options));
  put('labels', resolveLabels(service, path, options));
  found.delete('env_file');
  found.delete('label_file');
  put('depends_on', withDependencies(service));
  put('build', withArguments(service.entries.get('build'), options.lookup));
  if (textOf(service, 'pull_policy') === 'if_not_present') {
    found.set('pull_policy', entryAt(service, scalarAt(service, 'missing')));
  }
  if (textOf(service, 'network_mode') === '') found.delete('network_mode');
  if (joinsDefault(service)) {
    const value = recordAt(service, { default: scalarAt(service, null) });
    found.set('networks', entryAt(service, value));
  }
  return withScale(mapAt(service, found));
}

/** Build arguments without a value take the variable's, or are not given at all. */
function withArguments(entry: ComposeEntry | undefined, lookup: Lookup): ComposeEntry | undefined {
  const build = entry?.value;
  const args = build?.kind === 'map' ? build.entries.get('args') : undefined;
  if (!entry || build?.kind !== 'map' || !args) return entry;
  const filled = [...withVariables(args, lookup)].filter(([, { value }]) => !isNull(value));
  const members = new Map(build.entries);
  members.delete('args');
  if (filled.length > 0) {
    members.set('args', { ...args, value: mapAt(args.value, new Map(filled)) });
  }
  return { ...entry, value: mapAt(build, members) };
}

/** `scale` is what `deploy.replicas` says, where both can say it. */
function withScale(service: ComposeMap): ComposeMap {
  const scale = service.entries.get('scale');
  const deploy = service.entries.get('deploy');
  if (!scale || deploy?.value.kind !== 'map' || childOf(deploy.value, 'replicas')) return service;
  const value = mapAt(deploy.value, new Map([...deploy.value.entries, ['replicas', scale]]));
  return mapAt(service, new Map([...service.entries, ['deploy', { ...deploy, value }]]));
}

function joinsDefault(service: ComposeMap): boolean {
  if (service.entries.has('provider') || service.entries.has('network_mode')) return false;
  return networksOf(service).length === 0;
}

function withName(object: ComposeNode, key: string, project: string): ComposeNode {
  if (object.kind !== 'map') return object;
  const name = childOf(object, 'name');
  if (name?.kind === 'scalar' && name.value === '') {
    return mapAt(object, new Map([...object.entries].filter(([member]) => member !== 'name')));
  }
  if (name) return object;
  const isExternal = textOf(object, 'external') === 'true';
  const made = scalarAt(object, isExternal ? key : `${project}_${key}`);
  return mapAt(object, new Map([['name', entryAt(object, made)], ...object.entries]));
}

/** A config or secret whose content is a variable's has it as its content. */
function withContent(object: ComposeNode, lookup: Lookup): ComposeNode {
  const variable = textOf(object, 'environment');
  const content = variable === undefined ? undefined : lookup(variable);
  if (object.kind !== 'map' || content === undefined) return object;
  const node = childOf(object, 'environment') ?? object;
  return mapAt(
    object,
    new Map([...object.entries, ['content', entryAt(node, scalarAt(node, content))]]),
  );
}

function eachEntry(
  map: ComposeMap,
  change: (node: ComposeNode, key: string) => ComposeNode,
): ComposeMap {
  const entries = new Map<string, ComposeEntry>();
  for (const [key, entry] of map.entries) {
    entries.set(key, { ...entry, value: change(entry.value, key) });
  }
  return mapAt(map, entries);
}

function networksOf(service: ComposeNode): readonly string[] {
  const networks = childOf(service, 'networks');
  return networks?.kind === 'map' ? [...networks.entries.keys()] : [];
}

/** `networks` with `default` in it, where a service uses that and nobody wrote it. */
function withDefaultNetwork(
  root: ComposeMap,
  entries: ReadonlyMap<string, ComposeEntry>,
): ComposeEntry | undefined {
  const networks = entries.get('networks');
  const declared = networks?.value.kind === 'map' ? networks.value.entries : new Map();
  const services = entries.get('services')?.value;
  const used =
    services?.kind === 'map' &&
    [...services.entries.values()].some(({ value }) => networksOf(value).includes('default'));
  if (!used || declared.has('default')) return networks;
  const own = entryAt(root, mapAt(root, new Map()));
  return entryAt(root, mapAt(networks?.value ?? root, new Map([...declared, ['default', own]])));
}
