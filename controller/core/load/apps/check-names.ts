import type { HostName } from '../../../../schemas/domain/index.ts';
import type { Code } from '../codes.ts';
import { issueAt, showPlace } from '../issues.ts';
import { bothOrders, type Report } from './clash.ts';
import type { NameUse } from './host-use.ts';
import type { LoadedApp } from './loaded-app.ts';

interface Claim {
  readonly app: LoadedApp;
  readonly use: NameUse;
}

interface NameRule {
  readonly what: string;
  readonly code: Code;
  readonly hint: string;
  readonly claims: (app: LoadedApp, host: HostName) => readonly NameUse[];
}

const RULES: readonly NameRule[] = [
  {
    what: 'engine project name',
    code: 'E_PROJECT_NAME_TAKEN',
    hint: 'set spec.projectName of one of them',
    claims: ({ declaration }) => {
      const { projectName, place } = declaration;
      return [{ name: projectName, place, path: 'spec.projectName' }];
    },
  },
  {
    what: 'container name',
    code: 'E_CONTAINER_NAME',
    hint: 'container names are unique on a host',
    claims: (app, host) => app.uses.get(host)?.containers ?? [],
  },
  {
    what: 'network',
    code: 'E_NAME_TAKEN',
    hint: 'let one app make it, and the other use it with external: true',
    claims: (app, host) => app.uses.get(host)?.networks ?? [],
  },
  {
    what: 'volume',
    code: 'E_NAME_TAKEN',
    hint: 'let one app make it, and the other use it with external: true',
    claims: (app, host) => app.uses.get(host)?.volumes ?? [],
  },
];

/** Names that exist once on a host. */
export function checkNames(host: HostName, apps: readonly LoadedApp[], report: Report): void {
  for (const rule of RULES) checkRule(rule, host, apps, report);
  checkGenerated(host, apps, report);
}

function checkRule(
  rule: NameRule,
  host: HostName,
  apps: readonly LoadedApp[],
  report: Report,
): void {
  const seen = new Map<string, Claim>();
  for (const app of apps) {
    for (const use of rule.claims(app, host)) {
      const other = seen.get(use.name);
      if (!other) {
        seen.set(use.name, { app, use });
        continue;
      }
      for (const [one, two] of bothOrders({ app, use }, other)) {
        const owner = `${two.app.declaration.id} (${showPlace(two.use.place)})`;
        const message = `the ${rule.what} ${one.use.name} is also that of ${owner} on host ${host}`;
        const issue = issueAt(rule.code, one.use.place, one.use.path, message, rule.hint);
        report(one.app.declaration.id, issue);
      }
    }
  }
}

/** A container_name must not be one that another service's containers get by themselves. */
function checkGenerated(host: HostName, apps: readonly LoadedApp[], report: Report): void {
  const named = apps.flatMap((app) => {
    return (app.uses.get(host)?.containers ?? []).map((use) => ({ app, use }));
  });
  if (named.length === 0) return;
  const generated = new Map<string, LoadedApp>();
  for (const app of apps) {
    for (const name of app.uses.get(host)?.generated ?? []) generated.set(name, app);
  }
  for (const { app, use } of named) {
    const owner = generated.get(use.name)?.declaration.id;
    if (owner === undefined) continue;
    const message = `a container of ${owner} gets the name ${use.name} by itself on host ${host}`;
    const hint = 'choose another container_name';
    report(app.declaration.id, issueAt('E_CONTAINER_NAME', use.place, use.path, message, hint));
  }
}

/** An app may use what another app of its own project makes, and nothing of another project. */
export function checkForeign(host: HostName, apps: readonly LoadedApp[], report: Report): void {
  const makers = new Map<string, LoadedApp>();
  for (const app of apps) {
    const uses = app.uses.get(host);
    for (const { name } of uses?.networks ?? []) makers.set(`network ${name}`, app);
    for (const { name } of uses?.volumes ?? []) makers.set(`volume ${name}`, app);
  }
  for (const app of apps) {
    for (const use of app.uses.get(host)?.external ?? []) {
      const maker = makers.get(`${use.kind} ${use.name}`);
      if (!maker || maker.declaration.project === app.declaration.project) continue;
      const message = `the ${use.kind} ${use.name} belongs to another project`;
      const hint = `only apps of one project can share a ${use.kind}`;
      report(app.declaration.id, issueAt('P_FOREIGN_OBJECT', use.place, use.path, message, hint));
    }
  }
}
