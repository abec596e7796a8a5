import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { compareText } from '../../schemas/domain/index.ts';
import { isCorrupt } from './failures.ts';

/** Waited for at the start, when nothing else runs yet; later waits do not hold the event loop. */
const OPEN_TIMEOUT_MS = 5_000;
/** Another program may be migrating. */
const LOCK_TIMEOUT_MS = 30_000;
const RUN_TIMEOUT_MS = 5;
const KEPT_CORRUPT = 3;
const SUFFIXES = ['', '-wal', '-shm'] as const;

export interface Connections {
  /** synchronous=NORMAL: status, which can be rebuilt. */
  readonly status: Database.Database;
  /** synchronous=FULL: history, audit, sessions; a commit survives a loss of power. */
  readonly durable: Database.Database;
  /** Never writes. */
  readonly reader: Database.Database;
}

export interface OpenedDatabase {
  readonly connections: Connections;
  /** Where a damaged database went; null when there was none. */
  readonly movedTo: string | null;
}

/**
 * Opens the database, making it where there is none. A damaged one is moved aside.
 * @param prepare brings a first connection's schema up to date.
 */
export function openDatabase(
  path: string,
  stamp: string,
  prepare: (db: Database.Database) => void,
): OpenedDatabase {
  const lock = lockOpening(path);
  try {
    return open(path, stamp, prepare);
  } finally {
    lock.close();
  }
}

function open(
  path: string,
  stamp: string,
  prepare: (db: Database.Database) => void,
): OpenedDatabase {
  const movedTo = intact(path) ? null : moveAside(path, stamp);
  if (!existsSync(path) || statSync(path).size === 0) removeFiles(path);
  closeSync(openSync(path, 'a', 0o600));
  const durable = connect(path, 'FULL');
  prepare(durable);
  const status = connect(path, 'NORMAL');
  const reader = connect(path, 'NORMAL');
  reader.pragma('query_only = ON');
  for (const db of [durable, status, reader]) db.pragma(`busy_timeout = ${RUN_TIMEOUT_MS}`);
  return { connections: { durable, status, reader }, movedTo };
}

/**
 * One program at a time looks at the files, repairs and migrates them: another one might take a
 * database that is being made for the remains of one. The lock is SQLite's own, on a file beside
 * it, and so ends with its process.
 */
function lockOpening(path: string): Database.Database {
  const lock = new Database(`${path}.lock`, { timeout: LOCK_TIMEOUT_MS });
  chmodSync(`${path}.lock`, 0o600);
  lock.pragma('journal_mode = MEMORY');
  lock.exec('BEGIN EXCLUSIVE');
  return lock;
}

export function limitSize({ status, durable }: Connections, bytes: number): void {
  for (const db of [status, durable]) {
    const pageBytes = Number(db.pragma('page_size', { simple: true }));
    db.pragma(`max_page_count = ${Math.max(1, Math.floor(bytes / pageBytes))}`);
  }
}

export function closeDatabase(connections: Connections): void {
  connections.reader.close();
  connections.status.close();
  connections.durable.close();
}

function connect(path: string, synchronous: 'FULL' | 'NORMAL'): Database.Database {
  const db = new Database(path, { timeout: OPEN_TIMEOUT_MS });
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous}`);
  db.pragma('journal_size_limit = 67108864');
  return db;
}

function intact(path: string): boolean {
  if (!existsSync(path)) return true;
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { timeout: OPEN_TIMEOUT_MS });
    return db.pragma('quick_check(1)', { simple: true }) === 'ok';
  } catch (error) {
    if (isCorrupt(error)) return false;
    throw error;
  } finally {
    db?.close();
  }
}

function moveAside(path: string, stamp: string): string {
  const target = `${path}.corrupt-${stamp}`;
  for (const suffix of SUFFIXES) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  forgetOldCorrupt(path);
  return target;
}

function forgetOldCorrupt(path: string): void {
  const prefix = `${basename(path)}.corrupt-`;
  const kept = readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && !/-(?:wal|shm)$/.test(name))
    .sort(compareText);
  for (const name of kept.slice(0, -KEPT_CORRUPT)) removeFiles(join(dirname(path), name));
}

function removeFiles(path: string): void {
  for (const suffix of SUFFIXES) rmSync(path + suffix, { force: true });
}
