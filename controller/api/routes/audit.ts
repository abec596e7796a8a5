import { can } from '../../core/access/can.ts';
import { cursorOf, limitOf, toPage } from '../pages.ts';
import { notFound } from '../problem.ts';
import { json, type Route } from '../route.ts';
import { PAGE_QUERY } from './page-query.ts';

export const auditRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'The audit, newest first, each entry with its hash in the chain',
    access: { verb: 'audit', resource: 'audit' },
    query: PAGE_QUERY,
    answer: 'Page<AuditEntry & {hash: string}>',
    run: async ({ deps, subject, query }) => {
      if (!can(subject, 'audit', { kind: 'audit' })) throw notFound();
      const page = await deps.store.audit({
        after: cursorOf('number', query['cursor']),
        limit: limitOf(query['limit']),
        accept: () => true,
      });
      return json(toPage(page));
    },
  },
];
