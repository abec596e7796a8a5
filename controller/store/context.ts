import type { Connections } from './database.ts';
import type { BatchWriter } from './writer.ts';

/** What each table works with. */
export interface StoreContext extends Connections {
  readonly statusWriter: BatchWriter;
  readonly durableWriter: BatchWriter;
  readonly limits: StoreLimits;
}

/** Rows kept; the oldest go first. The audit has no limit but the file's. */
export interface StoreLimits {
  readonly events: number;
  readonly historyPerApp: number;
  readonly history: number;
  readonly revisions: number;
  readonly refreshTokensPerUser: number;
  /** Size of the file at which writes end in StoreFull. */
  readonly databaseBytes: number;
}

export const DEFAULT_LIMITS: StoreLimits = {
  events: 100_000,
  historyPerApp: 1_000,
  history: 100_000,
  revisions: 1_000,
  refreshTokensPerUser: 50,
  databaseBytes: 8 * 1024 ** 3,
};

/** Bodies are written by this program alone and typed by the table they stand in. */
export const parseBody = <T>(row: { readonly body: string }): T => JSON.parse(row.body) as T;
