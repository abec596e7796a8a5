import type { SkepEvent } from '../../schemas/domain/index.ts';
import type { EventRow, PageQuery, StatusReader, StorePage } from '../api/ports.ts';
import type { Store } from '../reconcile/ports.ts';
import { parseBody, type StoreContext } from './context.ts';
import { scanPage } from './scan.ts';

type Row = EventRow & { readonly body: string };
type Listener = (event: SkepEvent) => void;

export interface EventTable
  extends Pick<Store, 'addEvent'>,
    Pick<StatusReader, 'events' | 'eventsAfter' | 'eventBounds'> {
  /** Calls the listener with every event once it is committed, in the order of the numbers. */
  subscribe(listener: Listener): () => void;
  lastEventId(): number;
}

/**
 * A ring of numbered events. Numbers are given at the call and only grow; one whose write failed
 * is left out, never used again.
 * @param floor the last number that may have been used before; the next is greater.
 */
export function eventTable(context: StoreContext, floor: number): EventTable {
  const { status, reader, statusWriter, limits } = context;
  const insert = status.prepare<[number, string, string | null, string | null, string]>(
    'INSERT INTO events (id, type, app, host, body) VALUES (?, ?, ?, ?, ?)',
  );
  const forget = status.prepare('DELETE FROM events WHERE id <= ?');
  const columns = 'id, type, app, host, body';
  const before = reader.prepare<[number, number], Row>(
    `SELECT ${columns} FROM events WHERE id < ? ORDER BY id DESC LIMIT ?`,
  );
  const after = reader.prepare<[number, number], Row>(
    `SELECT ${columns} FROM events WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const bounds = reader.prepare<[], { oldest: number | null; newest: number | null }>(
    'SELECT (SELECT min(id) FROM events) AS oldest, (SELECT max(id) FROM events) AS newest',
  );
  const listeners = new Set<Listener>();
  let lastId = Math.max(floor, bounds.get()?.newest ?? 0);
  return {
    async addEvent(event: Omit<SkepEvent, 'id'>): Promise<SkepEvent> {
      lastId += 1;
      const numbered: SkepEvent = { ...event, id: lastId };
      await statusWriter.append(() => {
        const { id, type, app = null, host = null } = numbered;
        insert.run(id, type, app, host, JSON.stringify(numbered));
        forget.run(id - limits.events);
      });
      for (const listener of listeners) listener(numbered);
      return numbered;
    },
    async events(query: PageQuery<EventRow, number>): Promise<StorePage<SkepEvent, number>> {
      const page = await scanPage<Row, number>({
        ...query,
        read: (position, count) => before.all(position ?? Number.MAX_SAFE_INTEGER, count),
        position: (row) => row.id,
      });
      return { items: page.rows.map((row) => parseBody<SkepEvent>(row)), next: page.next };
    },
    eventsAfter: async (id, limit) => after.all(id, limit).map((row) => parseBody<SkepEvent>(row)),
    async eventBounds() {
      const found = bounds.get();
      return { oldest: found?.oldest ?? 0, newest: found?.newest ?? 0 };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastEventId: () => lastId,
  };
}
