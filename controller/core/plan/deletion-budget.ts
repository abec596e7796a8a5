import type { AppId, DeletionBudget } from '../../../schemas/domain/index.ts';
import { compareText, parseAppId } from '../../../schemas/domain/index.ts';

export interface RemovalsInput {
  /** Apps of one project before. */
  readonly previous: readonly AppId[];
  /** Those that are still declared. */
  readonly next: readonly AppId[];
  readonly budget: DeletionBudget;
  /** Values of `Allow-Destroy` trailers: `App/<name>`, `App/<project>/<name>` or `all`. */
  readonly allowDestroy: readonly string[];
}

export interface RemovalsVerdict {
  readonly allowed: readonly AppId[];
  readonly held: readonly AppId[];
}

/**
 * Which removals of one revision git may make (decision 10). Above the budget (more than `count`
 * and more than `percent` of the project's apps, or all of two or more) each needs consent.
 */
export function judgeRemovals(input: RemovalsInput): RemovalsVerdict {
  const previous = [...new Set(input.previous)].sort(compareText);
  const next = new Set(input.next);
  const removed = previous.filter((app) => !next.has(app));
  if (!isAboveBudget(removed.length, previous.length, input.budget)) {
    return { allowed: removed, held: [] };
  }
  const consents = (app: AppId): boolean =>
    input.allowDestroy.some((trailer) => isConsent(trailer, app));
  return {
    allowed: removed.filter(consents),
    held: removed.filter((app) => !consents(app)),
  };
}

function isAboveBudget(removed: number, total: number, { count, percent }: DeletionBudget) {
  const isMany = removed > count && removed * 100 > percent * total;
  const isEverything = removed === total && total >= 2;
  return isMany || isEverything;
}

function isConsent(trailer: string, app: AppId): boolean {
  const text = trailer.trim();
  if (text.toLowerCase() === 'all') return true;
  const { name } = parseAppId(app);
  const [kind, ...rest] = text.split('/');
  const subject = rest.join('/');
  return kind?.toLowerCase() === 'app' && (subject === name || subject === app);
}
