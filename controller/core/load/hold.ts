import type { AppId, ProjectName } from '../../../schemas/domain/index.ts';
import { toProjectName } from '../../../schemas/domain/index.ts';
import type { LoadedApps } from './apps/load-apps.ts';
import type { Declared } from './manifests/declare.ts';
import { DEFAULT_PROJECT } from './manifests/read-manifests.ts';

/** Beside Project itself; a fault in another kind concerns only what refers to it. */
const HOLDS_PROJECT: ReadonlySet<string> = new Set(['Role', 'User']);

export interface Held {
  readonly apps: ReadonlySet<AppId>;
  /** Files that declare such apps. */
  readonly appFiles: readonly string[];
  readonly projects: ReadonlySet<ProjectName>;
  readonly names: readonly string[];
}

/** Phase 8: what stays at its last good revision (decision 10), and what depends on that. */
export function findHeld(declared: Declared, loaded: LoadedApps, faulty: ReadonlySet<AppId>): Held {
  const projects = new Set<ProjectName>();
  const apps = new Set<AppId>([...faulty, ...loaded.uncertain]);
  const names: string[] = [];
  for (const [key, { project }] of declared.bad) {
    const [kind = '', ...rest] = key.split('/');
    if (kind === 'App') {
      apps.add(rest.join('/') as AppId);
      continue;
    }
    names.push(key);
    if (kind === 'Project') projects.add(toProjectName(rest[0] ?? DEFAULT_PROJECT));
    else if (HOLDS_PROJECT.has(kind)) projects.add(toProjectName(project));
  }
  for (const app of loaded.apps) {
    const { id, project } = app.declaration;
    if (!app.units || projects.has(project)) apps.add(id);
  }
  addDependents(apps, loaded);
  addFormerNames(apps, loaded);
  return { apps, appFiles: filesOf(apps, declared), projects, names: names.sort() };
}

function filesOf(apps: ReadonlySet<AppId>, { bad, origins }: Declared): readonly string[] {
  const files = [...apps].flatMap((id) => {
    const origin = bad.get(`App/${id}`) ?? origins.get(`App/${id}`);
    return origin ? [origin.place.file] : [];
  });
  return [...new Set(files)].sort();
}

/** What it was renamed from stays as it is too: else a fault in a renamed app would remove it. */
function addFormerNames(held: Set<AppId>, loaded: LoadedApps): void {
  for (const { declaration } of loaded.apps) {
    if (!held.has(declaration.id)) continue;
    for (const { app } of declaration.formerly ?? []) held.add(app);
  }
}

function addDependents(held: Set<AppId>, loaded: LoadedApps): void {
  const dependents = new Map<AppId, AppId[]>();
  for (const { declaration } of loaded.apps) {
    for (const { app } of declaration.dependsOn) {
      const found = dependents.get(app);
      if (found) found.push(declaration.id);
      else dependents.set(app, [declaration.id]);
    }
  }
  const open = [...held];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const dependent of dependents.get(id) ?? []) {
      if (held.has(dependent)) continue;
      held.add(dependent);
      open.push(dependent);
    }
  }
}
