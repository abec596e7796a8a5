import { describe, expect, it } from 'vitest';
import type { Issue } from '../../../../schemas/domain/index.ts';
import { grantHint, grantOf } from './grants.ts';

const issue = (hint?: string): Issue => ({
  severity: 'error',
  code: 'P_BIND',
  file: 'compose.yaml',
  line: 1,
  column: 1,
  path: '',
  message: 'refused',
  ...(hint !== undefined && { hint }),
});

describe('the privilege that a refusal asks for', () => {
  it.each(['privileged', 'bind:/etc/a]b', 'docker-socket'])('is read back: %s', (privilege) => {
    expect(grantOf(issue(grantHint(privilege)))).toBe(privilege);
  });

  it.each([undefined, 'rename the label'])('is none where no Project can help: %s', (hint) => {
    expect(grantOf(issue(hint))).toBeUndefined();
  });
});
