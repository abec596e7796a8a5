import type { Migration } from '../migrate.ts';

/** What the specs of a unit were made of, from which plans tell what changed. */
export const specs: Migration = {
  version: 2,
  name: 'specs',
  sql: 'CREATE TABLE specs (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;',
};
