import { SqliteError } from 'better-sqlite3';
import { Failure } from '../../schemas/domain/index.ts';

export const isBusy = (error: unknown): boolean => hasCode(error, 'SQLITE_BUSY', 'SQLITE_LOCKED');

export const isFull = (error: unknown): boolean => hasCode(error, 'SQLITE_FULL');

export const isCorrupt = (error: unknown): boolean =>
  hasCode(error, 'SQLITE_CORRUPT', 'SQLITE_NOTADB');

/** Extended codes start with the primary one: `SQLITE_BUSY_SNAPSHOT`. */
function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof SqliteError && codes.some((code) => error.code.startsWith(code));
}

/** SQLite's error as the Failure that tells who acts. */
export function toStoreFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (isFull(error)) {
    const message = 'The disk of the store is full; free space on it. Status stays readable.';
    return new Failure('StoreFull', message, { cause: error });
  }
  if (isBusy(error)) {
    const message = 'The store is locked by another process; stop what else has it open.';
    return new Failure('StoreBusy', message, { cause: error });
  }
  if (isCorrupt(error)) {
    const message = 'The store is damaged; restart the controller, which then makes a new one.';
    return new Failure('StoreCorrupt', message, { retry: 'never', cause: error });
  }
  const detail = error instanceof Error ? error.message : String(error);
  return new Failure('StoreFailed', `The store refused a write: ${detail}`, { cause: error });
}
