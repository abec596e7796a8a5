import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppId, RevisionStatus } from '../../schemas/domain/index.ts';
import { toAppId, toHostName, toUnitKey } from '../../schemas/domain/index.ts';
import {
  type ApiFixture,
  AT,
  anAppStatus,
  PEOPLE,
  type Person,
  SHA,
  startApiFixture,
} from '../testing/api-fixture.ts';
import { ROUTES } from './route-table.ts';

/** What each person gets to see on a route; `shop` and `bank` are projects, `-` is neither's. */
interface Expectation {
  readonly url: string;
  readonly body?: unknown;
  /** Found nothing = 404 for this person, else what is in the answer. */
  readonly sees: Readonly<Record<Person, readonly string[] | 404>>;
  readonly found: (answer: never) => readonly string[];
}

const SHOP = toAppId('shop', 'web');
const BANK = toAppId('bank', 'ledger');
const NOTHING: readonly string[] = [];
const ofApps = (page: { items: { app?: string; id?: string; project?: string }[] }) =>
  page.items.map((item) => item.project ?? item.app?.split('/')[0] ?? '-');
const names = (page: { items: { name: string }[] }) => page.items.map((item) => item.name);
const ofOne = (project: string) => () => [project];
const only = (project: 'shop' | 'bank'): Expectation['sees'] => ({
  root: [project],
  reader: [project],
  shopper: project === 'shop' ? ['shop'] : 404,
  stranger: 404,
});
const without = (sees: Expectation['sees'], person: Person) => ({
  ...sees,
  [person]: 404 as const,
});
const EVERYONES = { root: [], reader: [], shopper: [], stranger: [] };
const none = () => NOTHING;
const globalList = (found: readonly string[]): Expectation['sees'] => ({
  root: found,
  reader: found,
  shopper: NOTHING,
  stranger: NOTHING,
});
const byApp = { root: ['bank', 'shop'], reader: ['bank', 'shop'], shopper: ['shop'], stranger: [] };

const appRoute = (suffix: string, sees = only): Expectation[] => [
  { url: `/api/v1/apps/web${suffix}?project=shop`, sees: sees('shop'), found: ofOne('shop') },
  { url: `/api/v1/apps/bank%2Fledger${suffix}`, sees: sees('bank'), found: ofOne('bank') },
];
const planOf = (body: { units: { app: string }[] }) =>
  body.units.map(({ app }) => app.split('/')[0] ?? '');
const planSees = { root: ['bank', 'shop'], shopper: ['shop'], reader: 404, stranger: 404 } as const;

/** One entry a route: a new route without one fails below. */
const MATRIX: Readonly<Record<string, readonly Expectation[] | 'public'>> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'POST /api/v1/login': 'public',
  'POST /api/v1/refresh': 'public',
  'POST /api/v1/logout': 'public',
  'GET /openapi.json': [{ url: '/openapi.json', sees: EVERYONES, found: none }],
  'GET /api/v1/status': [
    {
      url: '/api/v1/status',
      sees: { root: ['2', '2'], reader: ['2', '2'], shopper: ['1', '0'], stranger: ['0', '0'] },
      found: (body: { apps: { total: number }; hosts: { total: number } }) => [
        String(body.apps.total),
        String(body.hosts.total),
      ],
    },
  ],
  'GET /api/v1/revisions': [
    {
      url: '/api/v1/revisions',
      sees: {
        root: ['bank', 'shop', 'bank/ledger/app.yaml', 'shop/web/app.yaml'],
        reader: ['bank', 'shop', 'bank/ledger/app.yaml', 'shop/web/app.yaml'],
        shopper: ['shop', 'shop/web/app.yaml'],
        stranger: [],
      },
      found: (page: { items: RevisionStatus[] }) => page.items.flatMap(inRevision),
    },
  ],
  'GET /api/v1/revisions/:sha': [
    {
      url: `/api/v1/revisions/${SHA}`,
      sees: {
        root: ['bank', 'shop', 'bank/ledger/app.yaml', 'shop/web/app.yaml', 'bank', 'shop'],
        reader: ['bank', 'shop', 'bank/ledger/app.yaml', 'shop/web/app.yaml', 'bank', 'shop'],
        shopper: ['shop', 'shop/web/app.yaml', 'shop'],
        stranger: 404,
      },
      found: (body: RevisionStatus & { outcomes: { app: string }[] }) => [
        ...inRevision(body),
        ...ofApps({ items: body.outcomes }).toSorted(),
      ],
    },
  ],
  'GET /api/v1/apps': [{ url: '/api/v1/apps', sees: byApp, found: ofApps }],
  'GET /api/v1/apps/:name': appRoute(''),
  'GET /api/v1/apps/:name/history': appRoute('/history'),
  'GET /api/v1/apps/:name/events': appRoute('/events'),
  'GET /api/v1/apps/:name/why': appRoute('/why'),
  'GET /api/v1/apps/:name/logs': appRoute('/logs', (project) => without(only(project), 'reader')),
  'GET /api/v1/hosts': [
    { url: '/api/v1/hosts', sees: globalList(['web-01', 'web-02']), found: names },
  ],
  'GET /api/v1/hosts/:name': [
    {
      url: '/api/v1/hosts/web-01',
      sees: { root: ['web-01'], reader: ['web-01'], shopper: 404, stranger: 404 },
      found: (host: { name: string }) => [host.name],
    },
  ],
  'GET /api/v1/projects': [{ url: '/api/v1/projects', sees: byApp, found: names }],
  'GET /api/v1/users': [
    { url: '/api/v1/users', sees: globalList([...PEOPLE].sort()), found: names },
  ],
  'GET /api/v1/roles': [
    {
      url: '/api/v1/roles',
      sees: globalList([...PEOPLE].sort().map((name) => `${name}s`)),
      found: names,
    },
  ],
  'GET /api/v1/drift': [{ url: '/api/v1/drift', sees: byApp, found: ofApps }],
  'GET /api/v1/events': [
    {
      url: '/api/v1/events',
      sees: {
        root: ['-', '-', '-', 'bank', 'shop'],
        reader: ['-', '-', 'bank', 'shop'],
        shopper: ['shop'],
        stranger: [],
      },
      found: ofApps,
    },
  ],
  'GET /api/v1/audit': [
    {
      url: '/api/v1/audit',
      sees: { root: ['test'], reader: 404, shopper: 404, stranger: 404 },
      found: (page: { items: { action: string }[] }) => page.items.map((item) => item.action),
    },
  ],
  'GET /api/v1/plan': [{ url: '/api/v1/plan', sees: planSees, found: planOf }],
  'POST /api/v1/plan': [
    { url: '/api/v1/plan', body: { files: {} }, sees: planSees, found: planOf },
  ],
};

const inRevision = (revision: RevisionStatus) => [
  ...revision.apps.map(({ app }) => app.split('/')[0] ?? ''),
  ...revision.issues.map(({ file }) => file),
];

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture({
    plan: async () => ({ revision: SHA, issues: [], units: [aPlan(BANK), aPlan(SHOP)] }),
  });
  await fill(api);
});
afterAll(async () => {
  await api.stop();
});

test('every route has its row, and every row its route', () => {
  const served = ROUTES.map((route) => `${route.method} ${route.path}`);
  expect(Object.keys(MATRIX).toSorted()).toEqual(served.toSorted());
});

describe.each(ROUTES.map((route) => ({ route, key: `${route.method} ${route.path}` })))(
  '$key',
  ({ route, key }) => {
    const rows = MATRIX[key] ?? [];
    if (rows === 'public') {
      test('is public', () => expect(route.access).toBe('public'));
      return;
    }
    const ask = (row: Expectation, person?: Person) =>
      route.method === 'POST' ? api.post(row.url, row.body, person) : api.get(row.url, person);

    test.each(rows)('answers nobody at $url', async (row) => {
      expect((await ask(row)).status).toBe(401);
    });

    test.each(rows.flatMap((row) => PEOPLE.map((person) => ({ row, person, url: row.url }))))(
      'shows $person at $url what the roles give, and no more',
      async ({ row, person }) => {
        const answer = await ask(row, person);
        const expected = row.sees[person];
        expect(answer.status).toBe(expected === 404 ? 404 : 200);
        const text = await answer.text();
        if (expected === 404) {
          const missing = await api.get('/api/v1/apps/no-such-app', person);
          expect(text).toBe(await missing.text());
        } else {
          expect(row.found(JSON.parse(text) as never).toSorted()).toEqual(expected.toSorted());
        }
      },
    );
  },
);

async function fill({ store }: ApiFixture): Promise<void> {
  for (const id of [SHOP, BANK]) {
    const [project = '', name = ''] = id.split('/');
    const app = anAppStatus(project, name);
    const drifted = {
      type: 'Stalled' as const,
      status: 'True' as const,
      reason: 'Drifted' as const,
      message: '',
      since: AT,
    };
    for (const unit of app.units) await store.putUnit({ ...unit, conditions: [drifted] });
    await store.putApp(app);
    await store.addHistory({
      unit: toUnitKey(id, toHostName('web-01')),
      app: id,
      host: toHostName('web-01'),
      revision: SHA,
      startedAt: AT,
      finishedAt: AT,
      result: 'done',
      reason: null,
      message: '',
      operations: [],
    });
    await store.addEvent({ at: AT, type: 'unit', app: id, message: id });
  }
  await store.addEvent({ at: AT, type: 'host', host: toHostName('web-01'), message: 'host' });
  await store.addEvent({ at: AT, type: 'revision', revision: SHA, message: 'revision' });
  await store.addEvent({ at: AT, type: 'audit', message: 'audit' });
  await store.addAudit({ at: AT, actor: 'operator', action: 'test', subject: 's', detail: {} });
  await store.putRevision(aRevision());
}

function aRevision(): RevisionStatus {
  const entry = (app: AppId) => ({
    app,
    host: toHostName('web-01'),
    state: 'done' as const,
    reason: null,
    message: '',
  });
  const issue = (file: string) => ({
    severity: 'error' as const,
    code: 'E_TEST',
    file,
    line: 1,
    column: 1,
    path: '',
    message: 'bad',
  });
  return {
    sha: SHA,
    state: 'applied',
    subject: 'subject',
    author: 'author',
    committedAt: AT,
    issues: [issue('bank/ledger/app.yaml'), issue('shop/web/app.yaml')],
    apps: [entry(BANK), entry(SHOP)],
    supersededBy: null,
    phases: { seenAt: AT, loadedAt: AT, firstOperationAt: AT, appliedAt: AT },
  };
}

function aPlan(app: AppId) {
  const host = toHostName('web-01');
  const plan = {
    unit: toUnitKey(app, host),
    host,
    app,
    operations: [],
    changes: [],
    blockers: [],
    provisional: false,
    leftBehind: [],
    adoptions: [],
  };
  return { plan, text: '' };
}
