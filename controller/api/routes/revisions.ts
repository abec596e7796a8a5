import type { HistoryEntry, RevisionDetail } from '../../../schemas/domain/index.ts';
import { toCommitSha } from '../../../schemas/domain/index.ts';
import { canAny } from '../../core/access/can.ts';
import { mayUseApp, revisionFor } from '../../core/access/views.ts';
import { cursorOf, limitOf, toPage } from '../pages.ts';
import { notFound } from '../problem.ts';
import { type ApiRequest, json, type Route } from '../route.ts';
import { PAGE_QUERY } from './page-query.ts';

const MAX_OUTCOMES = 200;

export const revisionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/revisions',
    summary: 'Revisions, newest first',
    access: 'signed-in',
    query: PAGE_QUERY,
    answer: 'Page<RevisionStatus>',
    run: async ({ deps, subject, query }) => {
      const page = await deps.store.revisions({
        after: cursorOf('number', query['cursor']),
        limit: limitOf(query['limit']),
        accept: () => canAny(subject, 'read'),
      });
      const desired = deps.desired();
      const items = page.items.map((revision) => revisionFor(subject, desired, revision));
      return json(toPage({ items, next: page.next }));
    },
  },
  {
    method: 'GET',
    path: '/api/v1/revisions/:sha',
    summary: 'One revision with its issues, apps, phases and outcomes',
    access: 'signed-in',
    answer: 'RevisionDetail',
    run: async (request) => json(await revisionDetail(request)),
  },
];

async function revisionDetail({ deps, subject, params }: ApiRequest): Promise<RevisionDetail> {
  const { sha = '' } = params;
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha) || !canAny(subject, 'read')) throw notFound();
  const revision = await deps.store.revision(toCommitSha(sha));
  if (!revision) throw notFound();
  const history = await deps.store.revisionHistory(revision.sha, MAX_OUTCOMES);
  const outcomes = history
    .filter((entry) => mayUseApp(subject, 'read', entry.app))
    .map(withoutOperations);
  return { ...revisionFor(subject, deps.desired(), revision), outcomes };
}

function withoutOperations({
  operations: _operations,
  ...entry
}: HistoryEntry): RevisionDetail['outcomes'][number] {
  return entry;
}
