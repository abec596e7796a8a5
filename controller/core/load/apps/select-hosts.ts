import {
  compareText,
  type DesiredHost,
  type HostName,
  type Issue,
} from '../../../../schemas/domain/index.ts';
import { nearestHint } from '../../../../schemas/nearest.ts';
import { issueAt } from '../issues.ts';
import type { ProjectDeclaration } from '../manifests/convert.ts';
import type { AppVariant, HostReference, StrategyDeclaration } from './declaration.ts';

/** The hosts of a revision, and what is not known of them. */
export interface KnownHosts {
  readonly declared: ReadonlyMap<HostName, DesiredHost>;
  /** Each swarm that hosts say they are part of: its place, and its hosts. */
  readonly swarms: ReadonlyMap<string, KnownSwarm>;
  /** Declared, but with errors, or perhaps declared in a file that does not parse. */
  readonly mayBeDeclared: (name: string) => boolean;
  /** True when some host may be declared that cannot be read. */
  readonly incomplete: boolean;
}

export interface KnownSwarm {
  readonly place: DesiredHost;
  readonly members: readonly DesiredHost[];
}

export interface Selected {
  readonly hosts: readonly DesiredHost[];
  readonly issues: readonly Issue[];
  /** The choice depends on something that cannot be read: the app stays as it is. */
  readonly uncertain: boolean;
}

/** Which hosts one variant of an app runs on. */
export function selectHosts(
  variant: AppVariant,
  known: KnownHosts,
  project: ProjectDeclaration | undefined,
): Selected {
  if (variant.swarm) return selectSwarm(variant.swarm, known, project);
  if (variant.hosts) return selectNamed(variant.hosts, known, project);
  const allowed = project?.desired.hosts;
  const all = [...known.declared.values()].filter((host) => allowed?.includes(host.name) ?? true);
  if (known.incomplete) return { hosts: [], issues: [], uncertain: true };
  const { selector } = variant;
  if (selector) {
    const chosen = all.filter((host) => matches(host, selector));
    const hosts = chosen.sort((a, b) => compareText(a.name, b.name));
    if (hosts.length > 0) return { hosts, issues: [], uncertain: false };
    const shown = [...selector].map(([key, value]) => `${key}=${value}`).join(', ');
    const message = `no host ${allowed ? 'of the project ' : ''}has the labels ${shown}`;
    return failed(variant, message, 'hosts have their labels from spec.labels of kind: Host');
  }
  if (all.length === 1) return { hosts: all, issues: [], uncertain: false };
  const count = all.length === 0 ? 'no host is' : `${all.length} hosts are`;
  const message = `hosts is missing, and ${count} declared for the project`;
  return failed(variant, message, 'name the hosts: hosts: [NAME], or hostSelector: {LABEL: VALUE}');
}

/** `strategy.order` names hosts of the app. */
export function checkOrder(
  strategy: StrategyDeclaration | undefined,
  hosts: readonly DesiredHost[],
): readonly Issue[] {
  const names = new Set<string>(hosts.map(({ name }) => name));
  return (strategy?.order ?? [])
    .filter(({ name }) => !names.has(name))
    .map(({ name, place, path }) => {
      const message = `the app does not run on the host ${JSON.stringify(name)}`;
      const hint = nearestHint(name, names) ?? 'name hosts of the app, or leave it out';
      return issueAt('E_HOST_UNKNOWN', place, path, message, hint);
    });
}

/** A stack runs on its swarm as a whole: on every host of it. */
function selectSwarm(
  { name, place, path }: HostReference,
  known: KnownHosts,
  project: ProjectDeclaration | undefined,
): Selected {
  const swarm = known.swarms.get(name);
  if (!swarm) {
    if (known.incomplete) return { hosts: [], issues: [], uncertain: true };
    const message = `no host is part of the swarm ${JSON.stringify(name)}`;
    const hint =
      nearestHint(name, known.swarms.keys()) ?? `write swarm: ${name} in the spec of its hosts`;
    const issue = issueAt('E_HOST_UNKNOWN', place, path, message, hint);
    return { hosts: [], issues: [issue], uncertain: false };
  }
  const allowed = project?.desired.hosts;
  const refused = swarm.members.filter((host) => !(allowed?.includes(host.name) ?? true));
  const issues = refused.map((host) => {
    const message = `the project ${project?.desired.name} may not use the host ${host.name} of this swarm`;
    const hint = 'add it to spec.hosts of the Project: a swarm puts tasks on any of its hosts';
    return issueAt('E_HOST_NOT_ALLOWED', place, path, message, hint);
  });
  return { hosts: issues.length > 0 ? [] : [swarm.place], issues, uncertain: false };
}

function selectNamed(
  names: NonNullable<AppVariant['hosts']>,
  known: KnownHosts,
  project: ProjectDeclaration | undefined,
): Selected {
  const hosts: DesiredHost[] = [];
  const issues: Issue[] = [];
  let uncertain = false;
  for (const { name, place, path } of names) {
    const host = known.declared.get(name as HostName);
    if (!host) {
      if (known.mayBeDeclared(name)) uncertain = true;
      else {
        const message = `the host ${JSON.stringify(name)} is not declared`;
        const hint = nearestHint(name, known.declared.keys()) ?? 'declare it with kind: Host';
        issues.push(issueAt('E_HOST_UNKNOWN', place, path, message, hint));
      }
    } else if (project?.desired.hosts && !project.desired.hosts.includes(host.name)) {
      const message = `the project ${project.desired.name} may not use the host ${name}`;
      const hint = 'add it to spec.hosts of the Project';
      issues.push(issueAt('E_HOST_NOT_ALLOWED', place, path, message, hint));
    } else hosts.push(host);
  }
  return { hosts, issues, uncertain };
}

function failed({ choice }: AppVariant, message: string, hint: string): Selected {
  const issues = [issueAt('E_HOST_REQUIRED', choice.place, choice.path, message, hint)];
  return { hosts: [], issues, uncertain: false };
}

const matches = (host: DesiredHost, selector: ReadonlyMap<string, string>): boolean =>
  [...selector].every(
    ([key, value]) => Object.hasOwn(host.labels, key) && host.labels[key] === value,
  );
