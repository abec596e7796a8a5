import type { AppId, HostName, Issue, Place } from '../../../../schemas/domain/index.ts';
import { nearestHint } from '../../../../schemas/nearest.ts';
import { findCycles } from '../compose/references.ts';
import { issueAt, showPlace } from '../issues.ts';
import type { NameUse, PortUse } from './host-use.ts';
import type { LoadedApp } from './loaded-app.ts';

export interface CrossChecked {
  readonly issues: readonly Issue[];
  /** Apps that must not go on because of them. */
  readonly faulty: ReadonlySet<AppId>;
}

/** Phase 7: what only shows when all apps are looked at together. */
export function crossCheck(
  apps: readonly LoadedApp[],
  mayBeDeclared: (id: AppId) => boolean,
): CrossChecked {
  const issues: Issue[] = [];
  const faulty = new Set<AppId>();
  const report = (app: AppId, issue: Issue): void => {
    issues.push(issue);
    faulty.add(app);
  };
  checkDependencies(apps, mayBeDeclared, report);
  for (const [host, onHost] of byHost(apps)) {
    checkProjectNames(host, onHost, report);
    checkPorts(host, onHost, report);
    checkContainers(host, onHost, report);
    checkObjects(host, onHost, 'networks', report);
    checkObjects(host, onHost, 'volumes', report);
    checkForeign(onHost, report);
  }
  return { issues, faulty };
}

type Report = (app: AppId, issue: Issue) => void;
type OnHost = readonly { readonly app: LoadedApp; readonly host: HostName }[];

function byHost(apps: readonly LoadedApp[]): Map<HostName, { app: LoadedApp; host: HostName }[]> {
  const hosts = new Map<HostName, { app: LoadedApp; host: HostName }[]>();
  for (const app of apps) {
    for (const host of app.uses.keys()) {
      const found = hosts.get(host);
      if (found) found.push({ app, host });
      else hosts.set(host, [{ app, host }]);
    }
  }
  return hosts;
}

function checkDependencies(
  apps: readonly LoadedApp[],
  mayBeDeclared: (id: AppId) => boolean,
  report: Report,
): void {
  const known = new Set(apps.map((app) => app.declaration.id));
  const graph = new Map<string, ReadonlyMap<string, Place>>();
  for (const { declaration } of apps) {
    const { id, dependsOn } = declaration;
    if (dependsOn.length > 0) {
      graph.set(id, new Map(dependsOn.map(({ app, place }) => [app, place])));
    }
    for (const { app, place } of dependsOn) {
      if (known.has(app) || mayBeDeclared(app)) continue;
      const message = `the app ${app} is not declared`;
      const hint = nearestHint(app, known);
      report(id, issueAt('E_APP_UNKNOWN', place, 'spec.dependsOn', message, hint));
    }
  }
  for (const cycle of findCycles(graph)) {
    const [first = '', second = first] = cycle;
    const place = graph.get(first)?.get(second);
    if (!place) continue;
    const message = `apps wait for each other: ${[...cycle, first].join(' -> ')}`;
    for (const id of cycle) {
      report(id as AppId, issueAt('E_DEPENDENCY_CYCLE', place, 'spec.dependsOn', message));
    }
  }
}

function checkProjectNames(host: HostName, onHost: OnHost, report: Report): void {
  const seen = new Map<string, LoadedApp>();
  for (const { app } of onHost) {
    const { projectName } = app.declaration;
    const other = seen.get(projectName);
    if (!other) {
      seen.set(projectName, app);
      continue;
    }
    for (const [one, two] of pairs(app, other)) {
      const where = showPlace(two.declaration.place);
      const message = `the engine project name ${projectName} is also that of ${two.declaration.id} (${where}) on host ${host}`;
      const hint = 'set spec.projectName of one of them';
      report(
        one.declaration.id,
        issueAt('E_PROJECT_NAME_TAKEN', one.declaration.place, 'spec.projectName', message, hint),
      );
    }
  }
}

function checkPorts(host: HostName, onHost: OnHost, report: Report): void {
  const seen = new Map<string, { app: LoadedApp; use: PortUse }[]>();
  for (const { app } of onHost) {
    for (const use of app.uses.get(host)?.ports ?? []) {
      const key = `${use.port}/${use.protocol}`;
      const others = seen.get(key) ?? [];
      const other = others.find((one) => overlap(one.use.address, use.address));
      seen.set(key, [...others, { app, use }]);
      if (!other) continue;
      for (const [one, two] of pairs({ app, use }, other)) {
        const { id } = two.app.declaration;
        const message = `port ${key} of host ${host} is also published by service ${two.use.service} of ${id} (${showPlace(two.use.place)})`;
        const issue = issueAt('E_PORT_CONFLICT', one.use.place, one.use.path, message);
        report(one.app.declaration.id, issue);
      }
    }
  }
}

const overlap = (a: string, b: string): boolean => a === b || a === '' || b === '';

function checkContainers(host: HostName, onHost: OnHost, report: Report): void {
  const named = onHost.flatMap(({ app }) => {
    return (app.uses.get(host)?.containers ?? []).map((use) => ({ app, use }));
  });
  if (named.length === 0) return;
  const generated = new Map<string, LoadedApp>();
  for (const { app } of onHost) {
    for (const name of app.uses.get(host)?.generated ?? []) generated.set(name, app);
  }
  const seen = new Map<string, { app: LoadedApp; use: NameUse }>();
  for (const one of named) {
    const { name } = one.use;
    const taken = generated.get(name);
    if (taken) reportContainer(one, host, `a container of ${taken.declaration.id}`, report);
    const other = seen.get(name);
    if (!other) {
      seen.set(name, one);
      continue;
    }
    for (const [left, right] of pairs(one, other)) {
      const where = `${right.app.declaration.id} (${showPlace(right.use.place)})`;
      reportContainer(left, host, where, report);
    }
  }
}

function reportContainer(
  one: { app: LoadedApp; use: NameUse },
  host: HostName,
  who: string,
  report: Report,
): void {
  const message = `the container name ${one.use.name} is also that of ${who} on host ${host}`;
  const issue = issueAt('E_CONTAINER_NAME', one.use.place, one.use.path, message);
  report(one.app.declaration.id, issue);
}

function checkObjects(
  host: HostName,
  onHost: OnHost,
  kind: 'networks' | 'volumes',
  report: Report,
): void {
  const seen = new Map<string, { app: LoadedApp; use: NameUse }>();
  for (const { app } of onHost) {
    for (const use of app.uses.get(host)?.[kind] ?? []) {
      const other = seen.get(use.name);
      if (!other) {
        seen.set(use.name, { app, use });
        continue;
      }
      if (other.app === app) continue;
      for (const [one, two] of pairs({ app, use }, other)) {
        const where = `${two.app.declaration.id} (${showPlace(two.use.place)})`;
        const what = kind === 'networks' ? 'network' : 'volume';
        const message = `the ${what} ${use.name} is also made by ${where} on host ${host}`;
        const hint = 'let one app make it, and the other use it with external: true';
        const issue = issueAt('E_NAME_TAKEN', one.use.place, one.use.path, message, hint);
        report(one.app.declaration.id, issue);
      }
    }
  }
}

/** An app may use what another app of its own project makes, and nothing of another project. */
function checkForeign(onHost: OnHost, report: Report): void {
  const made = new Map<string, LoadedApp>();
  for (const { app, host } of onHost) {
    const uses = app.uses.get(host);
    for (const { name } of uses?.networks ?? []) made.set(`network ${name}`, app);
    for (const { name } of uses?.volumes ?? []) made.set(`volume ${name}`, app);
  }
  for (const { app, host } of onHost) {
    for (const use of app.uses.get(host)?.external ?? []) {
      const maker = made.get(`${use.kind} ${use.name}`);
      const { project } = app.declaration;
      if (!maker || maker.declaration.project === project) continue;
      const message = `the ${use.kind} ${use.name} belongs to another project`;
      const issue = issueAt('P_FOREIGN_OBJECT', use.place, use.path, message);
      report(app.declaration.id, issue);
    }
  }
}

/** Both orders: an issue at each of the two places, naming the other. */
function pairs<T>(a: T, b: T): readonly (readonly [T, T])[] {
  return a === b
    ? [[a, b]]
    : [
        [a, b],
        [b, a],
      ];
}
