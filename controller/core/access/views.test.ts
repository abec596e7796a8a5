import { describe, expect, test } from 'vitest';
import type {
  DesiredApp,
  DesiredState,
  Issue,
  RevisionStatus,
  RoleRule,
  Subject,
} from '../../../schemas/domain/index.ts';
import { toAppId, toCommitSha, toHostName } from '../../../schemas/domain/index.ts';
import { issuesFor, mayReadEvent, revisionFor } from './views.ts';

const subject = (...rules: RoleRule[]): Subject => ({ name: 'alice', rules });
const ROOT = subject({ resources: ['*'], verbs: ['*'] });
const SHOPPER = subject({ resources: ['*'], verbs: ['*'], projects: ['shop'] });
const SHOP = toAppId('shop', 'web');
const BANK = toAppId('bank', 'ledger');
const AT = '2026-01-01T00:00:00.000Z';

const issue = (file: string): Issue => ({
  severity: 'error',
  code: 'E_TEST',
  file,
  line: 1,
  column: 1,
  path: '',
  message: '',
});

/** Apps at these manifests. */
function desired(places: Readonly<Record<string, string>>): DesiredState {
  const apps = Object.entries(places).map(([id, file]) => [
    id,
    { id, place: { file, line: 1, column: 1 } } as DesiredApp,
  ]);
  return { apps: new Map(apps as [DesiredApp['id'], DesiredApp][]) } as unknown as DesiredState;
}

function revision(
  state: RevisionStatus['state'],
  apps: Readonly<Record<string, RevisionStatus['apps'][number]['state']>>,
): RevisionStatus {
  return {
    sha: toCommitSha('a'.repeat(40)),
    state,
    subject: 'bank: change',
    author: 'bob',
    committedAt: AT,
    issues: [],
    apps: Object.entries(apps).map(([app, appState]) => ({
      app: app as typeof SHOP,
      host: toHostName('web-01'),
      state: appState,
      reason: null,
      message: '',
    })),
    supersededBy: null,
    phases: { seenAt: AT, loadedAt: AT, firstOperationAt: null, appliedAt: null },
  };
}

describe('a revision', () => {
  test('is whole for who reads all revisions', () => {
    const whole = revision('failed', { [BANK]: 'failed', [SHOP]: 'done' });
    expect(revisionFor(ROOT, undefined, whole)).toBe(whole);
  });

  test.each([
    ['failed', { [BANK]: 'failed', [SHOP]: 'done' }, 'applied'],
    ['progressing', { [BANK]: 'progressing', [SHOP]: 'done' }, 'applied'],
    ['progressing', { [BANK]: 'done', [SHOP]: 'pending' }, 'progressing'],
    ['failed', { [BANK]: 'done', [SHOP]: 'held' }, 'failed'],
    ['rejected', {}, 'rejected'],
    ['superseded', { [SHOP]: 'pending' }, 'superseded'],
  ] as const)('that %s as a whole, with %j, %s for one project', (state, apps, expected) => {
    const seen = revisionFor(SHOPPER, undefined, revision(state, apps));
    expect(seen.state).toBe(expected);
    expect(seen.apps.every((entry) => entry.app === SHOP)).toBe(true);
  });

  test('of another project shows neither its words nor its author', () => {
    const seen = revisionFor(SHOPPER, undefined, revision('applied', { [BANK]: 'done' }));
    expect(seen).toMatchObject({ subject: '', author: '', apps: [] });
  });
});

describe('issues', () => {
  const state = desired({ [SHOP]: 'teams/shop/web.yaml', [BANK]: 'teams/bank/app.yaml' });
  const seen = (...files: string[]) =>
    issuesFor(SHOPPER, state, files.map(issue)).map(({ file }) => file);

  test('are shown in folders of apps that one may read, and below them', () => {
    expect(seen('teams/shop/web.yaml', 'teams/shop/deep/er/compose.yaml')).toHaveLength(2);
  });

  test('are hidden in folders of others, of nobody and at the top', () => {
    expect(seen('teams/bank/app.yaml', 'teams/x.yaml', 'roles.yaml')).toEqual([]);
  });

  test('are hidden in a folder that one shares with others', () => {
    const shared = desired({ [SHOP]: 'apps/web.yaml', [BANK]: 'apps/ledger.yaml' });
    expect(issuesFor(SHOPPER, shared, [issue('apps/web.yaml')])).toEqual([]);
  });

  test('of a nested folder belong to the nearest app', () => {
    const nested = desired({ [SHOP]: 'a/app.yaml', [BANK]: 'a/b/app.yaml' });
    expect(issuesFor(SHOPPER, nested, [issue('a/b/x.yaml')])).toEqual([]);
    expect(issuesFor(SHOPPER, nested, [issue('a/c/x.yaml')])).toHaveLength(1);
  });
});

describe('an event', () => {
  const host = toHostName('web-01');
  test.each([
    [{ type: 'unit', app: SHOP, host } as const, true],
    [{ type: 'unit', app: BANK, host } as const, false],
    [{ type: 'host', host } as const, false],
    [{ type: 'revision' } as const, false],
    [{ type: 'audit', app: SHOP } as const, false],
  ])('%j is for one project: %s', (event, expected) => {
    expect(mayReadEvent(SHOPPER, event)).toBe(expected);
    expect(mayReadEvent(ROOT, event)).toBe(true);
  });
});
