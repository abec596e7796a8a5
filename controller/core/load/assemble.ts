import {
  type AppId,
  compareText,
  DEFAULT_DELETION_BUDGET,
  type DesiredApp,
  type DesiredHost,
  type DesiredProject,
  type DesiredState,
  type HostName,
  type ProjectName,
  type Sha256,
} from '../../../schemas/domain/index.ts';
import type { LoadedApp } from './apps/loaded-app.ts';
import type { Held } from './hold.ts';
import type { Declared } from './manifests/declare.ts';
import type { LoadInput } from './result.ts';
import type { Credentials } from './sealed/registries.ts';

/** Phase 10: the good, as one immutable state with sorted maps. */
export function assemble(
  input: LoadInput,
  declared: Declared,
  credentials: Credentials,
  hosts: ReadonlyMap<HostName, DesiredHost>,
  apps: readonly LoadedApp[],
  held: Held,
): DesiredState {
  const good = apps.filter((app) => app.units && !held.apps.has(app.declaration.id));
  const desired = new Map<AppId, DesiredApp>();
  const contents = new Map<Sha256, Uint8Array>();
  for (const app of good) {
    desired.set(app.declaration.id, desiredApp(app, input));
    for (const [hash, bytes] of app.contents) contents.set(hash, bytes);
  }
  return {
    revision: input.revision,
    projects: desiredProjects(declared, good),
    hosts: sortedMap([...hosts]),
    apps: desired,
    users: goodOnes('User', credentials.users, declared),
    roles: goodOnes('Role', declared.roles, declared),
    registries: goodOnes('Registry', credentials.registries, declared),
    contents,
  };
}

function desiredApp(app: LoadedApp, input: LoadInput): DesiredApp {
  const { declaration, contentHash, units = new Map() } = app;
  const { id, project, name, place, projectName, drift, adopt, pruneVolumes } = declaration;
  const { suspend, restart, deadlineMs, images, strategy } = declaration;
  const ended = suspend?.untilMs !== undefined && suspend.untilMs <= input.now;
  return {
    id,
    project,
    name,
    ...(declaration.kind !== 'App' && { kind: declaration.kind }),
    place,
    revision: input.revision,
    projectName,
    contentHash,
    dependsOn: declaration.dependsOn.map((one) => one.app),
    ...(declaration.formerly && { formerly: declaration.formerly.map((one) => one.app) }),
    ...(suspend && !ended && { suspend }),
    drift,
    adopt,
    pruneVolumes,
    rollout: { deadlineMs },
    ...(images && { images }),
    ...(strategy && { strategy: strategy.desired }),
    ...(restart !== undefined && { restart }),
    units,
    secretValues: app.secretValues,
  };
}

function goodOnes<T>(
  kind: string,
  all: ReadonlyMap<string, T>,
  declared: Declared,
): ReadonlyMap<string, T> {
  return sortedMap([...all].filter(([name]) => !declared.bad.has(`${kind}/${name}`)));
}

function desiredProjects(
  declared: Declared,
  apps: readonly LoadedApp[],
): ReadonlyMap<ProjectName, DesiredProject> {
  const projects = new Map<ProjectName, DesiredProject>();
  for (const [name, { desired }] of declared.projects) {
    if (!declared.bad.has(`Project/${name}`)) projects.set(name, desired);
  }
  for (const { declaration } of apps) {
    const { project } = declaration;
    if (projects.has(project)) continue;
    projects.set(project, { name: project, deletionBudget: DEFAULT_DELETION_BUDGET });
  }
  return sortedMap([...projects]);
}

const sortedMap = <K extends string, V>(entries: [K, V][]): ReadonlyMap<K, V> =>
  new Map(entries.sort(([a], [b]) => compareText(a, b)));
