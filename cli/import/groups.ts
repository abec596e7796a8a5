import { CliError } from '../exit.ts';
import type { Found } from './facts.ts';

/** What becomes one App: a Compose project, or one container that was run by hand. */
export interface Group {
  /** The App's name. */
  readonly name: string;
  /** The engine's project name. */
  readonly projectName: string;
  readonly isProject: boolean;
  /** By service, those of a service by their number. */
  readonly services: ReadonlyMap<string, readonly Found[]>;
}

export interface Selection {
  readonly project?: readonly string[];
  readonly all?: boolean;
  readonly names: readonly string[];
}

/** @throws CliError where something that is named is not there. */
export function groupsOf(containers: readonly Found[], selection: Selection): readonly Group[] {
  const wanted = wantedOf(containers, selection);
  const groups = new Map<string, Found[]>();
  for (const container of wanted) {
    const key = container.compose ? `project ${container.compose.project}` : container.name;
    const group = groups.get(key);
    if (group) group.push(container);
    else groups.set(key, [container]);
  }
  const names = new Set<string>();
  return [...groups.values()].map((group) => groupOf(group, names));
}

function wantedOf(
  containers: readonly Found[],
  { all, project = [], names }: Selection,
): readonly Found[] {
  if (all) return containers;
  for (const name of project) {
    if (!containers.some(({ compose }) => compose?.project === name)) {
      throw new CliError(
        `no container of the Compose project ${name} is on the engine`,
        'docker ps --all --format "{{.Label \\"com.docker.compose.project\\"}}" shows the projects',
      );
    }
  }
  const named = names.map((name) => {
    const found = containers.find((one) => one.name === name || one.id.startsWith(name));
    if (found) return found;
    throw new CliError(
      `no container ${name} that could be imported`,
      "skep's own, tasks of a swarm and containers of `docker compose run` are left out",
    );
  });
  // Parts of a project cannot be taken over alone: its network and volumes are one.
  const projects = new Set([...project, ...named.flatMap(({ compose }) => compose?.project ?? [])]);
  return containers.filter(
    (one) => named.includes(one) || (one.compose && projects.has(one.compose.project)),
  );
}

function groupOf(containers: readonly Found[], names: Set<string>): Group {
  const [first] = containers;
  const isProject = first?.compose !== undefined;
  const projectName = first?.compose?.project ?? projectNameOf(first?.name ?? '');
  const services = new Map<string, Found[]>();
  for (const container of containers) {
    const key = container.compose?.service ?? serviceKey(container.name);
    services.set(key, [...(services.get(key) ?? []), container]);
  }
  for (const list of services.values()) {
    list.sort((a, b) => (a.compose?.number ?? 1) - (b.compose?.number ?? 1));
  }
  const sorted = [...services].sort(([a], [b]) => (a < b ? -1 : 1));
  const name = unique(appName(projectName), names);
  return { name, projectName, isProject, services: new Map(sorted) };
}

const serviceKey = (name: string): string => name.replace(/[^a-zA-Z0-9._-]/g, '-');
const projectNameOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
    .slice(0, 63) || 'imported';

/** A lower-case DNS label. */
const appName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '') || 'imported';

function unique(name: string, names: Set<string>): string {
  let free = name;
  for (let count = 2; names.has(free); count += 1) free = `${name.slice(0, 60)}-${count}`;
  names.add(free);
  return free;
}
