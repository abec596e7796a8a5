import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kit/clock.ts';
import type { HostStatus, SourceStatus } from '../../schemas/domain/index.ts';
import type { SessionStore, StatusReader } from '../api/ports.ts';
import type { Store } from '../reconcile/ports.ts';
import { type AuditTable, auditTable, GENESIS } from './audit.ts';
import { Ballast } from './ballast.ts';
import { DEFAULT_LIMITS, type StoreContext, type StoreLimits } from './context.ts';
import { closeDatabase, limitSize, openDatabase } from './database.ts';
import { type EventTable, eventTable } from './events.ts';
import { toStoreFailure } from './failures.ts';
import { type Head, readHead, writeHead } from './head-file.ts';
import { historyTable } from './history.ts';
import { type MigrationReport, migrate } from './migrate.ts';
import { sessionTables } from './sessions.ts';
import { statusReads, statusWrites } from './status-tables.ts';
import { BatchWriter } from './writer.ts';

export const DATABASE_FILE = 'skep.db';
const HEAD_FILE = 'skep.db.head.json';
const BALLAST_FILE = 'skep.db.ballast';
const UPKEEP_MS = 10_000;
/** Above what may have been counted since the head was last written. */
const EVENT_GAP = 100_000;

/** Why what was in the store is gone: its file was missing, damaged, or older than its head says. */
export type StoreLoss = 'missing' | 'corrupt' | 'rolled-back';

export interface OpenStore
  extends Store,
    StatusReader,
    SessionStore,
    Pick<EventTable, 'subscribe'>,
    Pick<AuditTable, 'verifyAudit'> {
  hosts(): Promise<readonly HostStatus[]>;
  source(): Promise<SourceStatus | undefined>;
  readonly migration: MigrationReport;
  readonly loss: StoreLoss | null;
  /** Codes of what keeps writes from being stored now: `StoreFull`. Empty = all is well. */
  problems(): readonly string[];
  /** Commits what waits and closes the file; calls after it fail. */
  stop(): Promise<void>;
}

export interface StoreOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly limits?: Partial<StoreLimits>;
}

/**
 * Opens `<data-dir>/skep.db`, making, migrating or replacing it as needed.
 * @throws Failure StoreNewer, StoreFull, StoreBusy, StoreFailed
 */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  try {
    return await open(options);
  } catch (error) {
    throw toStoreFailure(error);
  }
}

async function open({ dataDir, clock, limits }: StoreOptions): Promise<OpenStore> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, DATABASE_FILE);
  const head = readHead(join(dataDir, HEAD_FILE));
  const ballast = new Ballast(join(dataDir, BALLAST_FILE));
  const wasMissing = !existsSync(path) || statSync(path).size === 0;
  let migration: MigrationReport = { from: 0, to: 0, backup: null };
  const stamp = new Date(clock.now()).toISOString().replaceAll(':', '-');
  const { connections, movedTo } = openDatabase(path, stamp, (db) => {
    migration = migrate(db, path);
  });
  const kept = { ...DEFAULT_LIMITS, ...limits };
  limitSize(connections, kept.databaseBytes);
  const writer = (db: StoreContext['status']) =>
    new BatchWriter({ db, onFull: () => ballast.release(), now: () => clock.now() });
  const context: StoreContext = {
    ...connections,
    statusWriter: writer(connections.status),
    durableWriter: writer(connections.durable),
    limits: kept,
  };
  const audit = auditTable(context);
  const loss = movedTo ? 'corrupt' : lossOf(head, wasMissing, audit);
  const events = eventTable(context, (head?.eventId ?? 0) + (loss ? EVENT_GAP : 0));
  if (loss) await recordLoss(audit, { loss, movedTo, head, at: clock.now() });
  const upkeep = () => {
    const { id, hash } = audit.auditHead();
    writeHead(join(dataDir, HEAD_FILE), {
      auditId: id,
      auditHash: hash,
      eventId: events.lastEventId(),
    });
    ballast.reserve();
  };
  const stopUpkeep = repeat(clock, UPKEEP_MS, upkeep);
  return {
    ...statusWrites(context),
    ...statusReads(context),
    ...historyTable(context),
    ...sessionTables(context),
    ...events,
    ...audit,
    migration,
    loss,
    problems() {
      const { statusWriter, durableWriter } = context;
      const codes = [statusWriter.lastFailure, durableWriter.lastFailure];
      return [...new Set(codes.filter((code) => code !== null))];
    },
    async stop() {
      stopUpkeep();
      context.statusWriter.flush();
      context.durableWriter.flush();
      attempt(upkeep);
      closeDatabase(connections);
    },
  };
}

/** A head that speaks of more than the file holds: the file was deleted or put back. */
function lossOf(head: Head | null, wasMissing: boolean, audit: AuditTable): StoreLoss | null {
  if (!head) return null;
  if (wasMissing) return 'missing';
  const hash = head.auditId === 0 ? GENESIS : audit.auditHash(head.auditId);
  return hash === head.auditHash ? null : 'rolled-back';
}

async function recordLoss(
  audit: AuditTable,
  found: {
    readonly loss: StoreLoss;
    readonly movedTo: string | null;
    readonly head: Head | null;
    readonly at: number;
  },
): Promise<void> {
  await audit.addAudit({
    at: new Date(found.at).toISOString(),
    actor: 'controller',
    action: 'store.recreated',
    subject: DATABASE_FILE,
    detail: {
      cause: found.loss,
      movedTo: found.movedTo,
      lostAuditEntries: found.head?.auditId ?? null,
      lostAuditHash: found.head?.auditHash ?? null,
    },
  });
}

function repeat(clock: Clock, everyMs: number, run: () => void): () => void {
  const tick = () => {
    attempt(run);
    cancel = clock.setTimer(everyMs, tick);
  };
  let cancel = clock.setTimer(everyMs, tick);
  attempt(run);
  return () => cancel();
}

/** Upkeep is a convenience: a full disk must not end the program through it. */
function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // The next turn tries again.
  }
}
