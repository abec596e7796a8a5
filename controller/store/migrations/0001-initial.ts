import type { Migration } from '../migrate.ts';

/** Bodies are JSON of the domain types; columns beside them exist to be searched or ordered by. */
export const initial: Migration = {
  version: 1,
  name: 'initial',
  sql: `
    CREATE TABLE revisions (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      sha TEXT NOT NULL UNIQUE,
      body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE units (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE apps (
      id TEXT PRIMARY KEY,
      project TEXT NOT NULL,
      name TEXT NOT NULL,
      health TEXT NOT NULL,
      sync TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE hosts (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE source (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
    CREATE TABLE history (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      app TEXT NOT NULL,
      revision TEXT,
      body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX history_by_app ON history (app, id);
    CREATE INDEX history_by_revision ON history (revision, id);
    CREATE TABLE events (
      id INTEGER PRIMARY KEY,
      type TEXT NOT NULL,
      app TEXT,
      host TEXT,
      body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      body TEXT NOT NULL,
      hash TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TABLE refresh_tokens (
      hash TEXT PRIMARY KEY,
      family TEXT NOT NULL,
      user TEXT NOT NULL,
      password_mark TEXT NOT NULL,
      issued_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      used_at_ms INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
    CREATE INDEX refresh_tokens_by_user ON refresh_tokens (user, issued_at_ms);
    CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at_ms);
    CREATE TABLE login_attempts (
      id TEXT PRIMARY KEY,
      account TEXT NOT NULL,
      address TEXT NOT NULL,
      at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX login_attempts_by_time ON login_attempts (at_ms);
  `,
};
