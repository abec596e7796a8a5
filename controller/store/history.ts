import type { AppId, CommitSha, HistoryEntry } from '../../schemas/domain/index.ts';
import type { PageQuery, StatusReader, StorePage } from '../api/ports.ts';
import type { Store } from '../reconcile/ports.ts';
import { parseBody, type StoreContext } from './context.ts';
import { scanPage } from './scan.ts';

type Row = { readonly id: number; readonly body: string };

/** Finished rollouts; the newest of each app are kept. */
export function historyTable(
  context: StoreContext,
): Pick<Store, 'addHistory'> & Pick<StatusReader, 'history' | 'revisionHistory'> {
  const { durable, reader, durableWriter, limits } = context;
  const add = durable.prepare<[string, string | null, string]>(
    'INSERT INTO history (app, revision, body) VALUES (?, ?, ?)',
  );
  const forgetOfApp = durable.prepare(
    `DELETE FROM history WHERE app = ? AND id <= coalesce(
       (SELECT id FROM history WHERE app = ? ORDER BY id DESC LIMIT 1 OFFSET ?), 0)`,
  );
  const forget = durable.prepare(
    'DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?',
  );
  const ofApp = reader.prepare<[string, number, number], Row>(
    'SELECT id, body FROM history WHERE app = ? AND id < ? ORDER BY id DESC LIMIT ?',
  );
  const ofRevision = reader.prepare<[string, number], Row>(
    'SELECT id, body FROM history WHERE revision = ? ORDER BY id DESC LIMIT ?',
  );
  return {
    addHistory: (entry: Omit<HistoryEntry, 'id'>) =>
      durableWriter.append(() => {
        const { lastInsertRowid } = add.run(entry.app, entry.revision, JSON.stringify(entry));
        forgetOfApp.run(entry.app, entry.app, limits.historyPerApp);
        forget.run(limits.history);
        return Number(lastInsertRowid);
      }),
    async history(
      app: AppId,
      query: PageQuery<unknown, number>,
    ): Promise<StorePage<HistoryEntry, number>> {
      const page = await scanPage({
        ...query,
        read: (after, count) => ofApp.all(app, after ?? Number.MAX_SAFE_INTEGER, count),
        position: (row) => row.id,
      });
      return { items: page.rows.map(toEntry), next: page.next };
    },
    revisionHistory: async (sha: CommitSha, limit: number) =>
      ofRevision.all(sha, limit).map(toEntry),
  };
}

const toEntry = (row: Row): HistoryEntry => ({
  ...parseBody<Omit<HistoryEntry, 'id'>>(row),
  id: row.id,
});
