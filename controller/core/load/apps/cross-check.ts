import type { AppId, HostName, Issue } from '../../../../schemas/domain/index.ts';
import { checkDependencies } from './check-dependencies.ts';
import { checkForeign, checkNames } from './check-names.ts';
import { checkPorts } from './check-ports.ts';
import type { Report } from './clash.ts';
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
  const report: Report = (app, issue) => {
    issues.push(issue);
    faulty.add(app);
  };
  const declarations = apps.map(({ declaration }) => declaration);
  checkDependencies(declarations, mayBeDeclared, report);
  for (const [host, onHost] of byHost(apps)) {
    checkNames(host, onHost, report);
    checkPorts(host, onHost, report);
    checkForeign(host, onHost, report);
  }
  return { issues, faulty };
}

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
