import type {
  Health,
  HostStatus,
  SourceStatus,
  StatusSummary,
  Subject,
  Sync,
} from '../../../schemas/domain/index.ts';
import { can, canAny } from '../../core/access/can.ts';
import { mayUseApp } from '../../core/access/views.ts';
import type { AppRow } from '../ports.ts';
import { type ApiRequest, json, type Route } from '../route.ts';
import { readableHosts } from './hosts.ts';

export const statusRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/status',
    summary: 'Counts of apps and hosts, the source and the revision in force',
    access: 'signed-in',
    answer: 'StatusSummary',
    run: async (request) => json(await summarise(request)),
  },
];

async function summarise(request: ApiRequest): Promise<StatusSummary> {
  const { deps, subject } = request;
  const apps = (await deps.store.appRows()).filter((app) => mayUseApp(subject, 'read', app.id));
  return {
    source: sourceFor(subject, deps.sourceStatus()),
    apps: countApps(apps),
    hosts: countHosts(await readableHosts(request)),
    converged: apps.every((app) => app.health === 'Healthy' && app.sync === 'Synced'),
  };
}

/** Where the repository is and what it answered is for those who may read revisions as a whole. */
export function sourceFor(subject: Subject, source: SourceStatus | undefined): SourceStatus | null {
  if (!source || !canAny(subject, 'read')) return null;
  if (can(subject, 'read', { kind: 'revisions' })) return source;
  const error = source.error && { ...source.error, message: '' };
  return { ...source, repository: '', error };
}

function countApps(apps: readonly AppRow[]): StatusSummary['apps'] {
  const health: Record<Health, number> = {
    Healthy: 0,
    Progressing: 0,
    Degraded: 0,
    Suspended: 0,
    Missing: 0,
    Unknown: 0,
  };
  const sync: Record<Sync, number> = { Synced: 0, OutOfSync: 0, Unknown: 0 };
  for (const app of apps) {
    health[app.health] += 1;
    sync[app.sync] += 1;
  }
  return { total: apps.length, health, sync };
}

function countHosts(hosts: readonly HostStatus[]): StatusSummary['hosts'] {
  const inState = (state: HostStatus['state']) =>
    hosts.filter((host) => host.state === state).length;
  return {
    total: hosts.length,
    online: inState('online'),
    offline: inState('offline'),
    neverSeen: inState('never-seen'),
    paused: hosts.filter((host) => host.paused !== null).length,
  };
}
