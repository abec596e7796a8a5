import type { Entry, Violation } from '../world/history.ts';

/** I12: what has converged in a healed world is left alone. */
export function checkQuiet(entries: readonly Entry[]): readonly Violation[] {
  const from = entries.findIndex((entry) => entry.type === 'phase' && entry.phase === 'converged');
  if (from < 0) return [];
  return entries.slice(from).flatMap((entry) => {
    // An old image that another app let go of is tidied up whenever its own is looked at next.
    if (entry.type !== 'call' || entry.call === 'removeImage') return [];
    const message = `${entry.host}: ${entry.call} ${entry.target} after all had converged`;
    return [{ id: 'I12', atMs: entry.atMs, message }];
  });
}
