import { renameSync, rmSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { Failure } from '../../schemas/domain/index.ts';
import { MIGRATIONS } from './migrations.ts';

export interface Migration {
  /** What `user_version` is after it; counts from 1 without gaps. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

export interface MigrationReport {
  readonly from: number;
  readonly to: number;
  /** The copy made before the first change; null when there was nothing to lose. */
  readonly backup: string | null;
}

/**
 * Brings the database to the newest version. Each migration and its version are one transaction:
 * a kill at any moment leaves the version before or after it, never between.
 * @throws Failure StoreNewer when a newer program has already been here.
 */
export function migrate(
  db: Database,
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
): MigrationReport {
  const newest = migrations.at(-1)?.version ?? 0;
  const from = versionOf(db);
  if (from > newest) throw newerStore(path, from, newest);
  const backup = from > 0 && from < newest ? backUp(db, path, from) : null;
  for (const migration of migrations) apply(db, migration);
  return { from, to: newest, backup };
}

const versionOf = (db: Database): number =>
  Number(db.pragma('user_version', { simple: true }) ?? 0);

function apply(db: Database, migration: Migration): void {
  const step = db.transaction(() => {
    // Read inside the lock: another process may have been faster.
    if (versionOf(db) >= migration.version) return;
    db.exec(migration.sql);
    db.pragma(`user_version = ${migration.version}`);
  });
  step.immediate();
}

function backUp(db: Database, path: string, version: number): string {
  const backup = `${path}.v${version}.backup`;
  const unfinished = `${backup}.tmp`;
  rmSync(unfinished, { force: true });
  db.prepare('VACUUM INTO ?').run(unfinished);
  renameSync(unfinished, backup);
  return backup;
}

function newerStore(path: string, found: number, known: number): Failure {
  return new Failure(
    'StoreNewer',
    `${path} has version ${found}, this program knows ${known}: run the newer skep again, ` +
      `or restore the copy ${path}.v${known}.backup made before the upgrade.`,
    { retry: 'never' },
  );
}
