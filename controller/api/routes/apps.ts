import type { Health, Sync } from '../../../schemas/domain/index.ts';
import { mayUseApp } from '../../core/access/views.ts';
import { appIdOf, PROJECT_QUERY } from '../app-name.ts';
import { cursorOf, limitOf, toPage } from '../pages.ts';
import type { AppRow } from '../ports.ts';
import { notFound } from '../problem.ts';
import { type ApiRequest, json, type Route } from '../route.ts';
import { explain } from '../why.ts';
import { PAGE_QUERY } from './page-query.ts';
import { sourceFor } from './status.ts';

const access = { verb: 'read', resource: 'apps' } as const;

export const appRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/apps',
    summary: 'Apps with their status, by project and name',
    access,
    query: {
      ...PAGE_QUERY,
      project: 'Only apps of this project.',
      health: 'Only apps of this health: `Healthy`, `Degraded`, …',
      sync: 'Only `Synced`, `OutOfSync` or `Unknown` apps.',
    },
    answer: 'Page<AppStatus>',
    run: async (request) =>
      json(
        toPage(
          await request.deps.store.apps({
            after: cursorOf('string', request.query['cursor']),
            limit: limitOf(request.query['limit']),
            accept: (row) => wanted(request, row),
          }),
        ),
      ),
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:name',
    summary: 'One app with its units',
    access,
    query: PROJECT_QUERY,
    answer: 'AppStatus',
    run: async (request) => json(await appOf(request)),
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:name/history',
    summary: 'Rollouts of an app with their operations and outcomes, newest first',
    access,
    query: { ...PAGE_QUERY, ...PROJECT_QUERY },
    answer: 'Page<HistoryEntry>',
    run: async (request) => {
      const id = appIdOf(request, 'read');
      const page = await request.deps.store.history(id, {
        after: cursorOf('number', request.query['cursor']),
        limit: limitOf(request.query['limit']),
        accept: () => true,
      });
      // A removed app has a history still; one that never was has none.
      if (page.items.length === 0) await appOf(request);
      return json(toPage(page));
    },
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:name/why',
    summary: 'What blocks an app, since when, and what clears it; empty when nothing does',
    access,
    query: PROJECT_QUERY,
    answer: '{steps: WhyStep[]}',
    run: async (request) => {
      const app = await appOf(request);
      const { deps, subject } = request;
      const source = sourceFor(subject, deps.sourceStatus());
      const steps = (await deps.why?.(app.id)) ?? explain(app, { source, hosts: deps.hosts() });
      return json({ steps });
    },
  },
];

export async function appOf(request: ApiRequest, verb: 'read' | 'logs' = 'read') {
  const app = await request.deps.store.app(appIdOf(request, verb));
  if (!app) throw notFound();
  return app;
}

function wanted({ subject, query }: ApiRequest, row: AppRow): boolean {
  const { project = row.project, health = row.health, sync = row.sync } = query;
  const fits =
    row.project === project && row.health === (health as Health) && row.sync === (sync as Sync);
  return fits && mayUseApp(subject, 'read', row.id);
}
