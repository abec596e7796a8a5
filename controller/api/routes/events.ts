import type { AppId, Page, SkepEvent } from '../../../schemas/domain/index.ts';
import { mayReadEvent } from '../../core/access/views.ts';
import { appIdOf, PROJECT_QUERY } from '../app-name.ts';
import { cursorOf, limitOf, toPage } from '../pages.ts';
import type { EventRow } from '../ports.ts';
import { type Answer, type ApiRequest, json, type Route } from '../route.ts';
import { PAGE_QUERY } from './page-query.ts';

const FILTERS = {
  app: 'Only events of this app, `project/name`.',
  host: 'Only events of this host.',
  type: 'Only events of this type.',
} as const;

export const eventRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/events',
    summary:
      'Events, newest first; with `Accept: text/event-stream` as a live stream that goes on ' +
      'after `Last-Event-ID`',
    access: 'signed-in',
    query: { ...PAGE_QUERY, ...FILTERS },
    answer: 'Page<SkepEvent>',
    run: async (request) => {
      const { query } = request;
      const wanted = (row: EventRow) =>
        (query['app'] ?? row.app) === row.app &&
        (query['host'] ?? row.host) === row.host &&
        (query['type'] ?? row.type) === row.type;
      if (!wantsStream(request)) return json(await eventPage(request, wanted));
      return await stream(request, wanted);
    },
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:name/events',
    summary: 'Events of one app, newest first',
    access: { verb: 'read', resource: 'apps' },
    query: { ...PAGE_QUERY, ...PROJECT_QUERY },
    answer: 'Page<SkepEvent>',
    run: async (request) => {
      const id: AppId = appIdOf(request, 'read');
      return json(await eventPage(request, (row) => row.app === id));
    },
  },
];

const wantsStream = ({ ctx }: ApiRequest): boolean =>
  ctx.method === 'GET' && /(?:^|,)\s*text\/event-stream\s*(?:;|,|$)/i.test(ctx.get('Accept'));

async function eventPage(
  { deps, subject, query }: ApiRequest,
  wanted: (row: EventRow) => boolean,
): Promise<Page<SkepEvent>> {
  const page = await deps.store.events({
    after: cursorOf('number', query['cursor']),
    limit: limitOf(query['limit']),
    accept: (row) => wanted(row) && mayReadEvent(subject, row),
  });
  return toPage(page);
}

async function stream(
  { services, subject, ctx, isValid }: ApiRequest,
  wanted: (row: EventRow) => boolean,
): Promise<Answer> {
  await services.streams.open({
    user: subject.name,
    response: ctx.res,
    lastEventId: ctx.get('Last-Event-ID') || undefined,
    accept: (event) => wanted(rowOf(event)) && mayReadEvent(subject, event),
    isValid,
  });
  return { kind: 'stream' };
}

const rowOf = ({ id, type, app, host }: SkepEvent): EventRow => ({
  id,
  type,
  app: app ?? null,
  host: host ?? null,
});
