import { setImmediate as yieldToEvents } from 'node:timers/promises';

/** Rows looked at before other work gets its turn. */
const CHUNK = 500;

export interface ScanPage<Row, Position> {
  readonly rows: readonly Row[];
  readonly next: Position | null;
}

/**
 * A page of the accepted rows after a position. Refused rows cost time but never show: the page
 * is full unless it is the last one, and `next` is null exactly when no accepted row follows.
 * @param read the next rows after a position in the list's order, at most `count`.
 */
export async function scanPage<Row, Position>(options: {
  readonly after: Position | null;
  readonly limit: number;
  readonly accept: (row: Row) => boolean;
  readonly read: (after: Position | null, count: number) => readonly Row[];
  readonly position: (row: Row) => Position;
}): Promise<ScanPage<Row, Position>> {
  const found: Row[] = [];
  let after = options.after;
  for (;;) {
    const rows = options.read(after, CHUNK);
    for (const row of rows) {
      if (!options.accept(row)) continue;
      if (found.length === options.limit) return { rows: found, next: lastPosition(found) };
      found.push(row);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < CHUNK) return { rows: found, next: null };
    after = options.position(last);
    await yieldToEvents();
  }

  function lastPosition(rows: readonly Row[]): Position | null {
    const last = rows.at(-1);
    return last === undefined ? null : options.position(last);
  }
}
