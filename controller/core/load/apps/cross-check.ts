import type { AppId, HostName, Issue } from '../../../../schemas/domain/index.ts';
import { checkDependencies } from './check-dependencies.ts';
import { checkForeign, checkNames } from './check-names.ts';
import { checkPorts } from './check-ports.ts';
import { checkRenames } from './check-renames.ts';
import type { Report } from './clash.ts';
import type { LoadedApp } from './loaded-app.ts';

/** What was found on each host, and of which apps: an unchanged host is not looked at again. */
export type KeptChecks = Map<
  HostName,
  { readonly apps: readonly LoadedApp[]; readonly found: readonly (readonly [AppId, Issue])[] }
>;

export interface CrossChecked {
  readonly issues: readonly Issue[];
  /** Apps that must not go on because of them. */
  readonly faulty: ReadonlySet<AppId>;
}

/** Phase 7: what only shows when all apps are looked at together. */
export function crossCheck(
  apps: readonly LoadedApp[],
  mayBeDeclared: (id: AppId) => boolean,
  kept: KeptChecks,
): CrossChecked {
  const issues: Issue[] = [];
  const faulty = new Set<AppId>();
  const report: Report = (app, issue) => {
    issues.push(issue);
    faulty.add(app);
  };
  const declarations = apps.map(({ declaration }) => declaration);
  checkDependencies(declarations, mayBeDeclared, report);
  checkRenames(declarations, mayBeDeclared, report);
  const hosts = byHost(apps);
  for (const [host, onHost] of hosts) {
    for (const [app, issue] of checkHost(host, onHost, kept)) report(app, issue);
  }
  for (const host of kept.keys()) if (!hosts.has(host)) kept.delete(host);
  return { issues, faulty };
}

function checkHost(host: HostName, apps: readonly LoadedApp[], kept: KeptChecks) {
  const known = kept.get(host);
  if (known && sameApps(known.apps, apps)) return known.found;
  const found: (readonly [AppId, Issue])[] = [];
  const report: Report = (app, issue) => void found.push([app, issue]);
  checkNames(host, apps, report);
  checkPorts(host, apps, report);
  checkForeign(host, apps, report);
  kept.set(host, { apps, found });
  return found;
}

const sameApps = (a: readonly LoadedApp[], b: readonly LoadedApp[]): boolean =>
  a.length === b.length && a.every((app, index) => app === b[index]);

function byHost(apps: readonly LoadedApp[]): ReadonlyMap<HostName, readonly LoadedApp[]> {
  const hosts = new Map<HostName, LoadedApp[]>();
  for (const app of apps) {
    for (const host of app.uses.keys()) {
      const found = hosts.get(host);
      if (found) found.push(app);
      else hosts.set(host, [app]);
    }
  }
  return hosts;
}
