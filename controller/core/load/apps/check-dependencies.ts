import type { AppId, Place } from '../../../../schemas/domain/index.ts';
import { nearestHint } from '../../../../schemas/nearest.ts';
import { findCycles } from '../cycles.ts';
import { issueAt } from '../issues.ts';
import type { Report } from './clash.ts';
import type { AppDeclaration } from './declaration.ts';

/** `dependsOn` names declared apps, and never leads back to where it began. */
export function checkDependencies(
  apps: readonly AppDeclaration[],
  mayBeDeclared: (id: AppId) => boolean,
  report: Report,
): void {
  const known = new Set(apps.map(({ id }) => id));
  const graph = new Map<string, ReadonlyMap<string, Place>>();
  for (const { id, dependsOn } of apps) {
    if (dependsOn.length === 0) continue;
    graph.set(id, new Map(dependsOn.map(({ app, place }) => [app, place])));
    for (const [index, { app, place }] of dependsOn.entries()) {
      if (known.has(app) || mayBeDeclared(app)) continue;
      const message = `the app ${app} is not declared`;
      const hint = nearestHint(app, known) ?? 'name an App: NAME of this project, or PROJECT/NAME';
      report(id, issueAt('E_APP_UNKNOWN', place, `spec.dependsOn[${index}]`, message, hint));
    }
  }
  for (const cycle of findCycles(graph)) reportCycle(cycle, graph, report);
}

/** Said once, where the first of them names the next; all of them are held. */
function reportCycle(
  cycle: readonly string[],
  graph: ReadonlyMap<string, ReadonlyMap<string, Place>>,
  report: Report,
): void {
  const [first = '', second = first] = cycle;
  const place = graph.get(first)?.get(second);
  if (!place) return;
  const message = `apps wait for each other: ${[...cycle, first].join(' -> ')}`;
  const hint = 'take one of these out of spec.dependsOn';
  const issue = issueAt('E_DEPENDENCY_CYCLE', place, 'spec.dependsOn', message, hint);
  for (const id of cycle) report(id as AppId, issue);
}
