import type {
  AppId,
  DesiredApp,
  DesiredState,
  ProjectName,
  Sha256,
} from '../../../schemas/domain/index.ts';
import type { LoadResult } from './result.ts';

/**
 * What is in force: the result, with what is held carried over from `previous`. Pure.
 * `heldMissing`: held, but not in `previous`: what runs of them stays as it is.
 */
export function carryOver(
  previous: DesiredState | undefined,
  result: LoadResult,
): { desired: DesiredState; heldMissing: readonly AppId[] } {
  const { desired } = result;
  if (!previous) return { desired, heldMissing: result.heldApps };
  const isHeldFile = heldFileTest(result);
  const heldProjects = new Set<ProjectName>(result.heldProjects);
  for (const { name, place } of previous.projects.values()) {
    if (place && isHeldFile(place.file) && !desired.projects.get(name)?.place)
      heldProjects.add(name);
  }
  const apps = carryApps(previous, result, heldProjects, isHeldFile);
  const held = new Set(result.heldNames);
  const keep = <K extends string, T extends { readonly place?: { readonly file: string } }>(
    kind: string,
    before: ReadonlyMap<K, T>,
    now: ReadonlyMap<K, T>,
  ): ReadonlyMap<K, T> => {
    const kept = [...before].filter(([name, { place }]) => {
      if (now.get(name)?.place) return false;
      return held.has(`${kind}/${name}`) || (place !== undefined && isHeldFile(place.file));
    });
    return kept.length === 0 ? now : sortedMap([...now, ...kept]);
  };
  const projects = new Map(keep('Project', previous.projects, desired.projects));
  for (const name of heldProjects) {
    const before = previous.projects.get(name);
    if (before) projects.set(name, before);
  }
  for (const { project } of apps.values()) {
    const before = projects.has(project) ? undefined : previous.projects.get(project);
    if (before) projects.set(project, before);
  }
  const heldMissing = result.heldApps.filter((id) => !apps.has(id));
  return {
    desired: {
      revision: desired.revision,
      projects: sortedMap([...projects]),
      hosts: keep('Host', previous.hosts, desired.hosts),
      users: keep('User', previous.users, desired.users),
      roles: keep('Role', previous.roles, desired.roles),
      registries: keep('Registry', previous.registries, desired.registries),
      apps,
      contents: carryContents(previous, desired, apps),
    },
    heldMissing,
  };
}

/** Whether a file is held: by itself, by a folder above it, or because everything is. */
export function heldFileTest(
  result: Pick<LoadResult, 'heldFiles' | 'heldFolders'>,
): (file: string) => boolean {
  const files = new Set(result.heldFiles);
  const folders = [...result.heldFiles, ...result.heldFolders].map((path) => `${path}/`);
  return (file) =>
    files.has('.') || files.has(file) || folders.some((folder) => file.startsWith(folder));
}

function carryApps(
  previous: DesiredState,
  result: LoadResult,
  heldProjects: ReadonlySet<ProjectName>,
  isHeldFile: (file: string) => boolean,
): ReadonlyMap<AppId, DesiredApp> {
  const { desired } = result;
  const apps = new Map<AppId, DesiredApp>();
  for (const [id, app] of desired.apps) if (!heldProjects.has(app.project)) apps.set(id, app);
  const heldApps = new Set(result.heldApps);
  for (const [id, app] of previous.apps) {
    const held = heldProjects.has(app.project) || heldApps.has(id);
    if (held || (!desired.apps.has(id) && isHeldFile(app.place.file))) apps.set(id, app);
  }
  return apps.size === desired.apps.size && sameApps(apps, desired.apps)
    ? desired.apps
    : sortedMap([...apps]);
}

function sameApps(a: ReadonlyMap<AppId, DesiredApp>, b: ReadonlyMap<AppId, DesiredApp>): boolean {
  for (const [id, app] of a) if (b.get(id) !== app) return false;
  return true;
}

function carryContents(
  previous: DesiredState,
  desired: DesiredState,
  apps: ReadonlyMap<AppId, DesiredApp>,
): ReadonlyMap<Sha256, Uint8Array> {
  if (apps === desired.apps) return desired.contents;
  const contents = new Map(desired.contents);
  for (const app of apps.values()) {
    for (const unit of app.units.values()) {
      for (const { sha256 } of unit.files.values()) {
        const bytes = contents.has(sha256) ? undefined : previous.contents.get(sha256);
        if (bytes) contents.set(sha256, bytes);
      }
    }
  }
  return contents;
}

const sortedMap = <K extends string, V>(entries: [K, V][]): ReadonlyMap<K, V> =>
  new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
