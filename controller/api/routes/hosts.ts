import type { HostStatus } from '../../../schemas/domain/index.ts';
import { can } from '../../core/access/can.ts';
import { mayUseApp } from '../../core/access/views.ts';
import { cursorOf, limitOf, pageOfList } from '../pages.ts';
import { notFound } from '../problem.ts';
import { type ApiRequest, json, type Route } from '../route.ts';
import { PAGE_QUERY } from './page-query.ts';

const access = { verb: 'read', resource: 'hosts' } as const;

export const hostRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/hosts',
    summary: 'Hosts, declared and connected, by name',
    access,
    query: PAGE_QUERY,
    answer: 'Page<HostStatus>',
    run: async (request) => {
      const after = cursorOf('string', request.query['cursor']);
      const limit = limitOf(request.query['limit']);
      return json(pageOfList(await readableHosts(request), (host) => host.name, { after, limit }));
    },
  },
  {
    method: 'GET',
    path: '/api/v1/hosts/:name',
    summary: 'One host',
    access,
    answer: 'HostStatus',
    run: async (request) => {
      const hosts = await readableHosts(request);
      const host = hosts.find(({ name }) => name === request.params['name']);
      if (!host) throw notFound();
      return json(host);
    },
  },
];

/** Hosts the subject may read; the count on each is of units the subject may read. */
export async function readableHosts({ deps, subject }: ApiRequest): Promise<readonly HostStatus[]> {
  const hosts = deps
    .hosts()
    .filter((host) => can(subject, 'read', { kind: 'hosts', name: host.name }));
  if (hosts.length === 0 || can(subject, 'read', { kind: 'apps' })) return hosts;
  const counts = new Map<string, number>();
  for (const { app, host } of await deps.store.units()) {
    if (mayUseApp(subject, 'read', app)) counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return hosts.map((host) => ({ ...host, units: counts.get(host.name) ?? 0 }));
}
