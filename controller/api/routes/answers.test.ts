import { afterEach, describe, expect, test } from 'vitest';
import type { HostStatus, Operation, Page, PlanDocument } from '../../../schemas/domain/index.ts';
import { toAppId, toHostName, toUnitKey } from '../../../schemas/domain/index.ts';
import {
  type ApiFixture,
  aDesiredState,
  anAppStatus,
  SHA,
  startApiFixture,
} from '../../testing/api-fixture.ts';
import type { ApiDeps, PlanRequest } from '../ports.ts';

let api: ApiFixture;
afterEach(async () => {
  await api.stop();
});
const start = async (changes: Partial<ApiDeps> = {}) => {
  api = await startApiFixture(changes);
};

/** `shopper` may also read hosts. */
const withHosts = () => {
  const state = aDesiredState();
  const role = state.roles.get('shoppers');
  if (!role) throw new Error('no role');
  const rules = [...role.rules, { resources: ['hosts'], verbs: ['read' as const] }];
  return aDesiredState({ roles: new Map([...state.roles, ['shoppers', { ...role, rules }]]) });
};

describe('hosts', () => {
  test('count only the units that the reader may read', async () => {
    await start();
    api.setDesired(withHosts());
    for (const [project, name] of [
      ['shop', 'web'],
      ['bank', 'ledger'],
      ['bank', 'vault'],
    ] as const) {
      for (const unit of anAppStatus(project, name).units) await api.store.putUnit(unit);
    }
    const answer = await api.get('/api/v1/hosts', 'shopper');
    const page = (await answer.json()) as Page<HostStatus>;
    expect(page.items.map(({ name, units }) => `${name} ${units}`)).toEqual([
      'web-01 1',
      'web-02 0',
    ]);
  });
});

describe('logs', () => {
  const asked: string[] = [];
  const tailLogs: ApiDeps['tailLogs'] = async (host, container, lines) => {
    asked.push(`${host} ${container} ${lines}`);
    return ['a', 'b canary'];
  };

  test('are tailed from the containers of the app, by service and host', async () => {
    await start({ tailLogs });
    await api.store.putApp(anAppStatus('shop', 'web'));
    const get = async (query: string) =>
      (await (
        await api.get(`/api/v1/apps/web/logs?project=shop&${query}`, 'root')
      ).json()) as object;
    const found = {
      items: [
        { host: 'web-01', service: 'web', container: 'web-web-1', lines: ['a', 'b (secret)'] },
      ],
    };
    expect(await get('lines=7')).toEqual(found);
    expect(await get('service=web&host=web-01')).toEqual(found);
    expect(await get('service=db')).toEqual({ items: [] });
    expect(await get('host=web-02')).toEqual({ items: [] });
    expect(asked).toEqual(['web-01 id-shop-web 7', 'web-01 id-shop-web 100']);
  });

  test.each(['0', '1001', '-1', 'all'])('refuse %s lines', async (lines) => {
    await start();
    const answer = await api.get(`/api/v1/apps/web/logs?project=shop&lines=${lines}`, 'root');
    expect(answer.status).toBe(400);
  });
});

describe('plan', () => {
  const operation: Operation = {
    kind: 'create-container',
    id: 'create-container web-1',
    service: 'web',
    resource: 'web-1',
    cause: 'new',
    reason: 'change',
    dependsOn: [],
    name: 'web-1',
    body: { Env: ['PASSWORD=hunter2'] },
    specHash: 'v1:0',
  };
  const app = toAppId('shop', 'web');
  const host = toHostName('web-01');
  const plan = {
    unit: toUnitKey(app, host),
    host,
    app,
    operations: [operation],
    changes: [],
    blockers: [],
    provisional: false,
    leftBehind: [],
    adoptions: [],
  };

  test('shows operations with their causes, but no engine body', async () => {
    const requests: PlanRequest[] = [];
    await start({
      plan: async (request) => {
        requests.push(request);
        return { revision: SHA, issues: [], units: [{ plan, text: 'the text' }] };
      },
    });
    const answer = await api.get(`/api/v1/plan?rev=${SHA}`, 'root');
    const text = await answer.text();
    expect(text).not.toContain('hunter2');
    const document = JSON.parse(text) as PlanDocument;
    expect(document.units[0]).toMatchObject({
      text: 'the text',
      operations: [{ id: 'create-container web-1', cause: 'new', service: 'web' }],
    });
    await api.post('/api/v1/plan', { files: { 'a/b.yaml': 'x: 1' } }, 'root');
    expect(requests).toEqual([
      { kind: 'revision', sha: SHA },
      { kind: 'files', files: new Map([['a/b.yaml', 'x: 1']]) },
    ]);
  });

  test('is stopped when the reader goes away', async () => {
    let stopped: () => void = () => {};
    const isStopped = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    let begun: () => void = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    await start({
      plan: (_, signal) => {
        begun();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            stopped();
            reject(new Error('stopped'));
          });
        });
      },
    });
    const abort = new AbortController();
    const answer = api.get('/api/v1/plan', 'root', { signal: abort.signal }).catch(() => 'gone');
    await hasBegun;
    abort.abort();
    await isStopped;
    expect(await answer).toBe('gone');
  });

  test('of more readers than wait in line is put off', async () => {
    const open: (() => void)[] = [];
    await start({
      plan: () =>
        new Promise((resolve) => {
          open.push(() => resolve({ revision: null, issues: [], units: [] }));
        }),
    });
    const answers = Array.from({ length: 12 }, () => api.get('/api/v1/plan', 'root'));
    const all = Promise.all(answers);
    let refused = 0;
    let answered = 0;
    for (const answer of answers) {
      void answer.then(({ status }) => {
        if (status === 503) refused += 1;
        else answered += 1;
      });
    }
    // Nothing is answered before all have come: two at work, eight in line, two put off.
    await expect.poll(() => refused, { timeout: 20_000 }).toBe(2);
    expect(open).toHaveLength(2);
    const answerNext = () => {
      open.shift()?.();
      return answered;
    };
    await expect.poll(answerNext, { interval: 1, timeout: 20_000 }).toBe(10);
    const statuses = (await all).map((answer) => answer.status);
    expect(statuses.filter((status) => status === 503)).toHaveLength(2);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  });
});

describe('revisions', () => {
  test('newest first, with what became of each', async () => {
    await start();
    const seen = { loadedAt: null, firstOperationAt: null, appliedAt: null };
    for (const digit of ['1', '2', '3']) {
      await api.store.putRevision({
        sha: digit.repeat(40) as typeof SHA,
        state: 'loading',
        subject: digit,
        author: 'a',
        committedAt: '2026-01-01T00:00:00.000Z',
        issues: [],
        apps: [],
        supersededBy: null,
        phases: { seenAt: '2026-01-01T00:00:00.000Z', ...seen },
      });
    }
    const first = (await (await api.get('/api/v1/revisions?limit=2', 'root')).json()) as Page<{
      subject: string;
    }>;
    expect(first.items.map(({ subject }) => subject)).toEqual(['3', '2']);
    const answer = await api.get(`/api/v1/revisions?cursor=${first.next}`, 'root');
    const second = (await answer.json()) as Page<{ subject: string }>;
    expect(second.items.map(({ subject }) => subject)).toEqual(['1']);
    expect(second.next).toBeNull();
  });
});

test('an app that is gone keeps its history, one that never was has none', async () => {
  await start();
  const id = toAppId('shop', 'gone');
  await api.store.addHistory({
    unit: toUnitKey(id, toHostName('web-01')),
    app: id,
    host: toHostName('web-01'),
    revision: SHA,
    startedAt: '',
    finishedAt: '',
    result: 'done',
    reason: null,
    message: 'last',
    operations: [],
  });
  const get = (name: string) => api.get(`/api/v1/apps/${name}/history?project=shop`, 'root');
  expect(await (await get('gone')).json()).toMatchObject({ items: [{ message: 'last' }] });
  expect((await get('never')).status).toBe(404);
});
