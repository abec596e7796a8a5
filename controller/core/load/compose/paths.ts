import { posix } from 'node:path';
import { type PathKind, type Repository, repositoryPath } from './files.ts';
import { hostPath, resolveBuilds, resolveDevice } from './host-paths.ts';
import {
  type ComposeEntry,
  type ComposeMap,
  type ComposeNode,
  childOf,
  entryAt,
  mapAt,
  scalarAt,
  textOf,
} from './node.ts';
import { joinPath, type Reading } from './reading.ts';
import type { Target } from './support.ts';

/** Bytes of one repository file that is shipped to hosts, and of all files of one app. */
export const SHIPPED_LIMITS = { fileBytes: 1024 * 1024, files: 200, allBytes: 16 * 1024 * 1024 };

/** How repository files are written in the model. */
export const REPOSITORY_PREFIX = 'repo:/';

export interface PathOptions {
  readonly reading: Reading;
  /** Relative paths start here: absolute on a host, from the root in a repository. */
  readonly directory: string;
  readonly repository?: Repository;
  /** What `~` stands for; without it `~` is a name like any other. */
  readonly home?: string;
  readonly target?: Target;
}

export interface ResolvedPaths {
  readonly root: ComposeMap;
  /** Repository files that the services mount. */
  readonly shipped: ReadonlySet<string>;
}

/** Resolves every relative path: of mounts, configs, secrets, builds and volumes that are binds. */
export function resolvePaths(root: ComposeMap, options: PathOptions): ResolvedPaths {
  const shipped = new Map<string, number>();
  const { repository, directory, home, target } = options;
  // Nothing is built of a repository, and no folder of a host is named in it.
  const place = repository ? undefined : { directory, ...(home !== undefined && { home }) };
  const entries = new Map(root.entries);
  const services = entries.get('services');
  if (services?.value.kind === 'map') {
    const value = mapEntries(services.value, (service, key) =>
      resolveMounts(resolveBuilds(service, place), joinPath('services', key)),
    );
    entries.set('services', { ...services, value });
  }
  for (const kind of ['configs', 'secrets']) {
    const objects = entries.get(kind);
    if (objects?.value.kind !== 'map') continue;
    const value = mapEntries(objects.value, (object, key) =>
      resolveFile(object, joinPath(kind, key)),
    );
    entries.set(kind, { ...objects, value });
  }
  const volumes = entries.get('volumes');
  // `docker stack` leaves the device of a volume as it is.
  if (volumes?.value.kind === 'map' && place && target !== 'swarm') {
    const value = mapEntries(volumes.value, (volume) => resolveDevice(volume, place));
    entries.set('volumes', { ...volumes, value });
  }
  limitShipped();
  return { root: mapAt(root, entries), shipped: new Set(shipped.keys()) };

  function resolveMounts(service: ComposeNode, path: string): ComposeNode {
    const volumes = childOf(service, 'volumes');
    if (service.kind !== 'map' || volumes?.kind !== 'seq') return service;
    const items = volumes.items.flatMap((mount, index) => {
      return resolveMount(mount, joinPath(joinPath(path, 'volumes'), index)) ?? [];
    });
    const resolved = entryAt(volumes, { ...volumes, items });
    return mapAt(service, new Map([...service.entries, ['volumes', resolved]]));
  }

  function resolveMount(mount: ComposeNode, path: string): ComposeNode | undefined {
    const source = childOf(mount, 'source');
    if (mount.kind !== 'map' || textOf(mount, 'type') !== 'bind' || !source) return mount;
    const written = textOf(mount, 'source') ?? '';
    if (place) return withSource(mount, source, hostPath(written, place));
    if (written.startsWith('/')) return withSource(mount, source, posix.normalize(written));
    const file = repositoryFile(source, written, joinPath(path, 'source'), MOUNT_HINTS);
    if (file === undefined) return undefined;
    const readOnly = textOf(mount, 'read_only') === 'true';
    if (!readOnly) {
      const message = 'repository files are mounted read-only';
      options.reading.at('W_FILE_READ_ONLY', mount, path, message, 'add :ro or read_only: true');
    }
    const shown = withSource(mount, source, REPOSITORY_PREFIX + file);
    const flag = entryAt(mount, scalarAt(mount, true));
    return mapAt(mount, new Map([...shown.entries, ['read_only', flag]]));
  }

  function resolveFile(object: ComposeNode, path: string): ComposeNode {
    const file = childOf(object, 'file');
    const written = textOf(object, 'file');
    if (object.kind !== 'map' || !file || written === undefined) return object;
    if (place) return withFile(object, file, hostPath(written, place));
    const found = repositoryFile(file, written, joinPath(path, 'file'), FILE_HINTS);
    return found === undefined ? object : withFile(object, file, REPOSITORY_PREFIX + found);
  }

  function repositoryFile(
    node: ComposeNode,
    written: string,
    path: string,
    hints: PathHints,
  ): string | undefined {
    const { reading } = options;
    if (!repository) return undefined;
    const resolved = repositoryPath(written, directory, repository.reach);
    if (!('path' in resolved)) {
      return reading.at(resolved.code, node, path, resolved.message, resolved.hint);
    }
    const kind = repository.kindOf(resolved.path);
    if (kind.kind === 'directory' && hints.directory === undefined) {
      return shipFolder(repository, resolved.path, node, path) ? resolved.path : undefined;
    }
    if (kind.kind !== 'file') return refusePath(reading, node, path, kind, written, hints);
    return ship(resolved.path, kind.size, node, path) ? resolved.path : undefined;
  }

  /** Everything in it, or nothing: a folder that lacks a file is another folder. */
  function shipFolder(
    { kindOf, below }: Repository,
    folder: string,
    node: ComposeNode,
    path: string,
  ): boolean {
    const paths = below(folder);
    // The limit is told once, for all of them together.
    const faults = paths.slice(0, SHIPPED_LIMITS.files + 1).filter((file) => {
      const kind = kindOf(file);
      if (kind.kind === 'file') return !ship(file, kind.size, node, path);
      if (kind.kind === 'refused') {
        options.reading.at(kind.code, node, path, kind.message, kind.hint);
      }
      return true;
    });
    return faults.length === 0;
  }

  function ship(file: string, size: number, node: ComposeNode, path: string): boolean {
    if (size <= SHIPPED_LIMITS.fileBytes) {
      shipped.set(file, size);
      return true;
    }
    const message = `${JSON.stringify(file)} has ${size} bytes; 1 MiB can be shipped`;
    options.reading.at('E_FILE_TOO_LARGE', node, path, message, 'put it into an image instead');
    return false;
  }

  function limitShipped(): void {
    const all = [...shipped.values()].reduce((sum, size) => sum + size, 0);
    if (shipped.size <= SHIPPED_LIMITS.files && all <= SHIPPED_LIMITS.allBytes) return;
    const many = shipped.size > SHIPPED_LIMITS.files ? 'more than 200' : shipped.size;
    const message = `${many} files of ${all} bytes; 200 files of 16 MiB can be shipped`;
    const hint = 'mount a smaller folder, or put the files into an image';
    options.reading.at('P_LIMITS', root, 'services', message, hint);
  }
}

interface PathHints {
  /** Absent: a folder will do. */
  readonly directory?: string;
  readonly missing: string;
}

const MOUNT_HINTS: PathHints = {
  missing:
    'add the file to the repository, or use a named volume or an absolute host path for data',
};
const FILE_HINTS: PathHints = {
  directory: 'name one file',
  missing: 'add the file to the repository, or write its text with content:',
};

function refusePath(
  reading: Reading,
  node: ComposeNode,
  path: string,
  kind: Exclude<PathKind, { kind: 'file' }>,
  written: string,
  hints: PathHints,
): undefined {
  switch (kind.kind) {
    case 'directory': {
      const message = `${JSON.stringify(written)} is a folder of the repository; only files are shipped`;
      return reading.at('E_REPO_DIRECTORY', node, path, message, hints.directory);
    }
    case 'missing': {
      const message = `${JSON.stringify(written)} is not in the repository`;
      return reading.at('E_FILE_MISSING', node, path, message, hints.missing);
    }
    case 'refused':
      return reading.at(kind.code, node, path, kind.message, kind.hint);
  }
}

function withSource(mount: ComposeMap, source: ComposeNode, path: string): ComposeMap {
  return mapAt(
    mount,
    new Map([...mount.entries, ['source', entryAt(source, scalarAt(source, path))]]),
  );
}

function withFile(object: ComposeMap, file: ComposeNode, path: string): ComposeMap {
  return mapAt(object, new Map([...object.entries, ['file', entryAt(file, scalarAt(file, path))]]));
}

function mapEntries(
  map: ComposeMap,
  change: (node: ComposeNode, key: string) => ComposeNode,
): ComposeMap {
  const entries = new Map<string, ComposeEntry>();
  for (const [key, entry] of map.entries) {
    entries.set(key, { ...entry, value: change(entry.value, key) });
  }
  return mapAt(map, entries);
}
