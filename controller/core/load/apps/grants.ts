import type { Issue } from '../../../../schemas/domain/index.ts';

/**
 * The hint of a refused power says which privilege would allow it: written and read back here
 * alone, so that a program can offer the same as the text does.
 */
const BEFORE = 'a Project can allow it: spec.privileges: [';

export const grantHint = (privilege: string): string => `${BEFORE}${privilege}]`;

/** The privilege that would allow what is refused; undefined where none does. */
export function grantOf({ hint = '' }: Issue): string | undefined {
  return hint.startsWith(BEFORE) && hint.endsWith(']') ? hint.slice(BEFORE.length, -1) : undefined;
}
