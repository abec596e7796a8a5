import { until } from './until.ts';

/**
 * Waits until `probe` gives something (not undefined, not false); what it throws counts as not yet.
 * @throws Error naming what was waited for, caused by what it threw last, after `deadlineMs`.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 30_000,
): Promise<NonNullable<Exclude<T, false>>> {
  let last: unknown;
  const ask = async (): Promise<T | undefined | false> => {
    try {
      last = undefined;
      return await probe();
    } catch (error) {
      last = error;
      return undefined;
    }
  };
  try {
    return await until(ask, { what, deadlineMs, everyMs: 50 });
  } catch (error) {
    throw new Error(`waited ${deadlineMs} ms for ${what}; last: ${String(last)}`, {
      cause: last ?? error,
    });
  }
}
