import { compareText, type ServiceFields } from '../../schemas/domain/index.ts';
import type { WasApplied } from './applied.ts';

/** One field that is not as asked. */
export interface FieldChange {
  readonly path: string;
  readonly observed: string | undefined;
  readonly desired: string | undefined;
  /** `drift`: somebody else moved it away from what we applied, and git did not change. */
  readonly reason: 'change' | 'drift';
}

/** Three-way: what was applied last says who moved, git or somebody else. */
export function compareFields(
  observed: ServiceFields,
  desired: ServiceFields,
  wasApplied: WasApplied | undefined,
): readonly FieldChange[] {
  const paths = [...new Set([...Object.keys(observed), ...Object.keys(desired)])];
  return paths.sort(compareText).flatMap((path): FieldChange[] => {
    const before = observed[path];
    const after = desired[path];
    if (before === after) return [];
    const reason = reasonOf(path, before, after, wasApplied);
    return [{ path, observed: before, desired: after, reason }];
  });
}

function reasonOf(
  path: string,
  before: string | undefined,
  after: string | undefined,
  wasApplied: WasApplied | undefined,
): FieldChange['reason'] {
  if (!wasApplied) return 'change';
  if (after !== undefined) return wasApplied(path, after) ? 'drift' : 'change';
  return before !== undefined && wasApplied(path, before) ? 'change' : 'drift';
}
