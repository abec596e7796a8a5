import type { Issue } from '../../../schemas/domain/index.ts';
import type { Code } from './codes.ts';

/** Warnings of text that becomes nothing, and what they are where the author is strict. */
const STRICT: Readonly<Partial<Record<Code, Code>>> = {
  W_VARIABLE_UNSET: 'E_INTERPOLATION',
  W_COMMAND_CUT: 'E_COMMAND_CUT',
  W_OPTION_IGNORED: 'E_COMPOSE_VALUE',
};

export const strictCode = (code: Code): Code => STRICT[code] ?? code;

/** The issues as a strict author has them. */
export function strictIssues(issues: readonly Issue[]): readonly Issue[] {
  return issues.map((issue) => {
    const code = STRICT[issue.code as Code];
    return code === undefined ? issue : { ...issue, code, severity: 'error' };
  });
}
