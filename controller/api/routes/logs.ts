import type { AppStatus, ContainerLogs } from '../../../schemas/domain/index.ts';
import { PROJECT_QUERY } from '../app-name.ts';
import { badQuery } from '../problem.ts';
import { type ApiRequest, json, type Route } from '../route.ts';
import { appOf } from './apps.ts';

const MAX_CONTAINERS = 20;
const DEFAULT_LINES = 100;
const MAX_LINES = 1_000;

export const logRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/apps/:name/logs',
    summary: `Last log lines of an app's containers, of ${MAX_CONTAINERS} at most`,
    access: { verb: 'logs', resource: 'apps' },
    query: {
      ...PROJECT_QUERY,
      service: 'Only containers of this service.',
      host: 'Only containers on this host.',
      lines: `Lines a container, 1 to ${MAX_LINES}; ${DEFAULT_LINES} when absent.`,
    },
    answer: '{items: ContainerLogs[]}',
    run: async (request) => json({ items: await tail(request) }),
  },
];

async function tail(request: ApiRequest): Promise<readonly ContainerLogs[]> {
  const { deps, query } = request;
  const lines = linesOf(query['lines']);
  const app = await appOf(request, 'logs');
  const chosen = containersOf(app, query['service'], query['host']).slice(0, MAX_CONTAINERS);
  return await Promise.all(
    chosen.map(async ({ host, service, id, name }) => ({
      host,
      service,
      container: name,
      lines: (await deps.tailLogs(host, id, lines)).map((line) => deps.masked(app.id, line)),
    })),
  );
}

function containersOf(app: AppStatus, service: string | undefined, host: string | undefined) {
  return app.units
    .filter((unit) => host === undefined || unit.host === host)
    .flatMap((unit) => unit.services.map((each) => ({ host: unit.host, ...each })))
    .filter((each) => service === undefined || each.service === service)
    .flatMap((each) =>
      each.containers.map(({ id, name }) => ({ host: each.host, service: each.service, id, name })),
    );
}

function linesOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LINES;
  const lines = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (lines < 1 || lines > MAX_LINES)
    throw badQuery(`\`lines\` is a number from 1 to ${MAX_LINES}.`);
  return lines;
}
