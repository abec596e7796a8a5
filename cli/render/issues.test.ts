import { describe, expect, it } from 'vitest';
import type { Issue } from '../../schemas/domain/index.ts';
import { paintWith } from './colour.ts';
import { renderIssues } from './issues.ts';

const typo: Issue = {
  severity: 'error',
  code: 'E_UNKNOWN_KEY',
  file: 'shop/app.yaml',
  line: 5,
  column: 3,
  path: 'spec.compsoe',
  message: 'unknown key: compsoe',
  hint: 'did you mean compose?',
};
const stray: Issue = {
  severity: 'warning',
  code: 'W_UNUSED_FILE',
  file: 'a.yaml',
  line: 0,
  column: 0,
  path: '',
  message: 'neither a manifest\nnor used by one',
};

describe('issues', () => {
  it('are one line each with the place first, sorted, with their hint and a count', () => {
    expect(renderIssues([typo, stray], 'text', paintWith(false))).toBe(
      [
        'a.yaml:0:0: W_UNUSED_FILE: neither a manifest nor used by one',
        'shop/app.yaml:5:3: E_UNKNOWN_KEY: unknown key: compsoe',
        '  hint: did you mean compose?',
        '1 error, 1 warning',
      ].join('\n'),
    );
  });

  it('say so when there are none', () => {
    expect(renderIssues([], 'text', paintWith(false))).toBe('no issues');
  });

  it('as json say whether the tree is valid', () => {
    const json = JSON.parse(renderIssues([stray], 'json', paintWith(false)));
    expect(json).toEqual({ valid: true, issues: [stray] });
    expect(JSON.parse(renderIssues([typo], 'json', paintWith(false))).valid).toBe(false);
  });

  it('as github annotations cannot be broken out of by a file name or a message', () => {
    const hostile = { ...typo, file: 'a,b:c\n::error::', message: '100%\n::set-output' };
    expect(renderIssues([hostile], 'github', paintWith(false))).toBe(
      '::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3A,line=5,col=3,title=E_UNKNOWN_KEY::100%25%0A::set-output%0Ahint: did you mean compose?',
    );
  });

  it('cannot steer the terminal that shows them', () => {
    const text = renderIssues([{ ...typo, message: 'x\u001b[2Jy' }], 'text', paintWith(false));
    expect(text).not.toContain('\u001b');
  });
});
