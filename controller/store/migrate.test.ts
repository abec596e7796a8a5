import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Migration, migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skep-migrate-'));
  path = join(folder, 'x.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const withDatabase = <T>(act: (db: Database.Database) => T, file = path): T => {
  const db = new Database(file);
  try {
    return act(db);
  } finally {
    db.close();
  }
};
const tables = (file = path) =>
  withDatabase(
    (db) => db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all(),
    file,
  );
const version = () => withDatabase((db) => Number(db.pragma('user_version', { simple: true })));

const one: Migration = { version: 1, name: 'one', sql: 'CREATE TABLE a (x); CREATE TABLE b (x)' };
const two: Migration = { version: 2, name: 'two', sql: 'CREATE TABLE c (x); DROP TABLE a' };
const broken: Migration = { version: 2, name: 'broken', sql: 'CREATE TABLE c (x); DROP TABLE zz' };

describe('migrate', () => {
  test('takes an empty file to the newest version, without a copy of nothing', () => {
    const report = withDatabase((db) => migrate(db, path, [one, two]));
    expect(report).toEqual({ from: 0, to: 2, backup: null });
    expect(tables()).toEqual(['b', 'c']);
  });

  test('is nothing the second time', () => {
    withDatabase((db) => migrate(db, path, [one]));
    expect(withDatabase((db) => migrate(db, path, [one]))).toEqual({
      from: 1,
      to: 1,
      backup: null,
    });
  });

  test('copies what is there before it changes it', () => {
    withDatabase((db) => {
      migrate(db, path, [one]);
      db.exec('INSERT INTO a VALUES (7)');
    });
    const { backup } = withDatabase((db) => migrate(db, path, [one, two]));
    expect(backup).toBe(`${path}.v1.backup`);
    expect(tables(backup ?? '')).toEqual(['a', 'b']);
    const kept = withDatabase((db) => db.prepare('SELECT x FROM a').pluck().all(), backup ?? '');
    expect(kept).toEqual([7]);
  });

  test('that fails half-way leaves the version before it', () => {
    withDatabase((db) => migrate(db, path, [one]));
    expect(() => withDatabase((db) => migrate(db, path, [one, broken]))).toThrow(/zz/);
    expect(version()).toBe(1);
    expect(tables()).toEqual(['a', 'b']);
    withDatabase((db) => migrate(db, path, [one, two]));
    expect(version()).toBe(2);
  });

  test('on a full disk leaves the version before it', () => {
    withDatabase((db) => migrate(db, path, [one]));
    withDatabase((db) => {
      db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true }))}`);
      expect(() => migrate(db, path, [one, two])).toThrow(/full/);
    });
    expect(version()).toBe(1);
    expect(existsSync(path)).toBe(true);
  });

  test('refuses a database of a newer program and names the copy that fits', () => {
    withDatabase((db) => db.pragma('user_version = 3'));
    expect(() => withDatabase((db) => migrate(db, path, [one, two]))).toThrow(
      expect.objectContaining({
        code: 'StoreNewer',
        message: expect.stringContaining(`${path}.v2.backup`),
      }),
    );
  });
});

test('the released migrations count from 1 without gaps', () => {
  expect(MIGRATIONS.map((migration) => migration.version)).toEqual(
    MIGRATIONS.map((_, index) => index + 1),
  );
});

test('several programs that make the database at once all succeed', {
  timeout: 20_000,
}, async () => {
  const init = join(import.meta.dirname, 'init.ts');
  const runs = [1, 2, 3].map(() => promisify(execFile)(process.execPath, [init, folder]));
  for (const { stdout, stderr } of await Promise.all(runs)) {
    expect(stdout).toMatch(new RegExp(`version (?:0 to )?${MIGRATIONS.length}\\b`));
    expect(stderr).toBe('');
  }
});
