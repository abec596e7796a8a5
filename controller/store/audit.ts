import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { AuditEntry } from '../../schemas/domain/index.ts';
import { canonicalText, Failure, sha256 } from '../../schemas/domain/index.ts';
import type { PageQuery, StatusReader, StoredAudit, StorePage } from '../api/ports.ts';
import type { Store } from '../reconcile/ports.ts';
import { parseBody, type StoreContext } from './context.ts';
import { scanPage } from './scan.ts';

type Row = { readonly id: number; readonly body: string; readonly hash: string };

export interface AuditHead {
  readonly id: number;
  readonly hash: string;
}

/** The first entry that does not fit the chain; null when all do. */
export interface AuditVerdict {
  readonly entries: number;
  readonly firstBad: number | null;
}

export interface AuditTable extends Pick<Store, 'addAudit'>, Pick<StatusReader, 'audit'> {
  verifyAudit(): Promise<AuditVerdict>;
  auditHead(): AuditHead;
  auditHash(id: number): string | undefined;
}

/** What the first entry is chained to. */
export const GENESIS = '0'.repeat(64);
const MAX_DETAIL_CHARS = 16_384;
const VERIFY_CHUNK = 1_000;

/**
 * Append-only: each row holds sha256(hash of the row before + its own canonical text), and
 * triggers refuse changes. Not pruned.
 */
export function auditTable(context: StoreContext): AuditTable {
  const { durable, reader, durableWriter } = context;
  const last = durable.prepare<[], Row>('SELECT * FROM audit ORDER BY id DESC LIMIT 1');
  const insert = durable.prepare('INSERT INTO audit (id, body, hash) VALUES (?, ?, ?)');
  const before = reader.prepare<[number, number], Row>(
    'SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?',
  );
  const after = reader.prepare<[number, number], Row>(
    'SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?',
  );
  const one = reader.prepare<[number], Row>('SELECT * FROM audit WHERE id = ?');
  return {
    addAudit: async (entry: Omit<AuditEntry, 'id'>) => {
      const detail = boundedDetail(entry.detail);
      return durableWriter.append(() => {
        const previous = last.get();
        const { at, actor, action, subject } = entry;
        const row: AuditEntry = { id: (previous?.id ?? 0) + 1, at, actor, action, subject, detail };
        const body = canonicalText(row);
        insert.run(row.id, body, chain(previous?.hash ?? GENESIS, body));
        return row;
      });
    },
    async audit(query: PageQuery<unknown, number>): Promise<StorePage<StoredAudit, number>> {
      const page = await scanPage({
        ...query,
        read: (position, count) => before.all(position ?? Number.MAX_SAFE_INTEGER, count),
        position: (row) => row.id,
      });
      const items = page.rows.map((row) => ({ ...parseBody<AuditEntry>(row), hash: row.hash }));
      return { items, next: page.next };
    },
    async verifyAudit(): Promise<AuditVerdict> {
      let head: AuditHead = { id: 0, hash: GENESIS };
      for (let position = Number.MIN_SAFE_INTEGER; ; position = head.id) {
        const rows = after.all(position, VERIFY_CHUNK);
        for (const row of rows) {
          if (!follows(head, row)) return { entries: head.id, firstBad: head.id + 1 };
          head = row;
        }
        if (rows.length < VERIFY_CHUNK) return { entries: head.id, firstBad: null };
        await yieldToEvents();
      }
    },
    auditHead: () => last.get() ?? { id: 0, hash: GENESIS },
    auditHash: (id) => one.get(id)?.hash,
  };
}

const chain = (previous: string, body: string): string => sha256(previous + body);

function follows(head: AuditHead, row: Row): boolean {
  if (row.id !== head.id + 1 || row.hash !== chain(head.hash, row.body)) return false;
  return parseBody<AuditEntry>(row).id === row.id;
}

function boundedDetail(detail: AuditEntry['detail']): AuditEntry['detail'] {
  const { length } = canonicalText(detail);
  if (length <= MAX_DETAIL_CHARS) return detail;
  throw new Failure('StoreFailed', `An audit entry's detail has ${length} characters.`);
}
