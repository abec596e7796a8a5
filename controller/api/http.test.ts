import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page, ProblemDocument } from '../../schemas/domain/index.ts';
import { Failure, toHostName } from '../../schemas/domain/index.ts';
import { type ApiFixture, AT, anAppStatus, startApiFixture } from '../testing/api-fixture.ts';

let api: ApiFixture;
let planFails: Error | undefined;
let notReady: string[] = [];
beforeAll(async () => {
  api = await startApiFixture({
    notReady: () => notReady,
    plan: async () => {
      if (planFails) throw planFails;
      return { revision: null, issues: [], units: [] };
    },
  });
  for (let n = 0; n < 7; n += 1) await api.store.putApp(anAppStatus('shop', `app-${n}`));
  for (let n = 0; n < 7; n += 1) {
    await api.store.addEvent({ at: AT, type: 'host', host: toHostName('h'), message: `${n}` });
  }
});
afterAll(async () => {
  await api.stop();
});

const problemOf = async (answer: Response) => {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await answer.json()) as ProblemDocument;
  expect(problem.status).toBe(answer.status);
  expect(problem.type).toBe(`urn:skep:problem:${problem.code}`);
  return problem;
};

describe('writing', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    '%s is answered with 405 and where to change things',
    async (method) => {
      for (const path of ['/api/v1/apps', '/api/v1/apps/app-1', '/api/v1/nothing', '/']) {
        const answer = await fetch(api.url + path, { method });
        expect(answer.status).toBe(405);
        expect(answer.headers.get('allow')).toBe('GET, HEAD');
        expect((await problemOf(answer)).detail).toContain('change the repository');
      }
    },
  );

  test('is not reached through an override header', async () => {
    const headers = { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'DELETE' };
    expect((await api.get('/api/v1/apps/app-1?project=shop', 'root', { headers })).status).toBe(
      200,
    );
  });

  test('and reading a login are told apart: the path names its own method', async () => {
    const answer = await fetch(`${api.url}/api/v1/login`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });
});

describe('reading', () => {
  test('with the ETag of before answers 304, and after a change 200', async () => {
    const path = '/api/v1/apps/app-1?project=shop';
    const first = await api.get(path, 'root');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toBe('Authorization');
    const again = async (match: string) =>
      (await api.get(path, 'root', { headers: { 'If-None-Match': match } })).status;
    expect(await again(etag)).toBe(304);
    expect(await again(`"other", W/${etag}`)).toBe(304);
    expect(await again('*')).toBe(304);
    expect(await again('"other"')).toBe(200);
    await api.store.putApp(anAppStatus('shop', 'app-1', 'Degraded'));
    expect(await again(etag)).toBe(200);
  });

  test('by HEAD gives the headers alone', async () => {
    const answer = await api.get('/api/v1/apps', 'root', { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).not.toBeNull();
    expect(await answer.text()).toBe('');
  });

  test('an unknown path, or one that is spelt otherwise, finds nothing', async () => {
    const paths = [
      '/api/v1/nothing',
      '/api/v1/apps/',
      '/api/v1/apps//history',
      '/api/v1//apps',
      '/api/v1/Apps',
      '/api/v1/apps/APP-1?project=shop',
      '/api/v1/apps/app-1.?project=shop',
      '/api/v1/apps/app-1%00?project=shop',
      '/api/v1/apps/app%2D1%2F?project=shop',
      '/api/v1/apps/shop%2Fapp-1%2Fx',
      '/api/v1/apps/..%2Fshop%2Fapp-1',
      '/api/v1/apps/x%2F..%2F..%2Fshop%2Fapp-1',
      '/api/v1/apps/%E0%A4%A',
      '/api/v1/apps/*?project=*',
      '/api/v1/apps/app-1?project=SHOP',
      '/api/v1/apps/ａｐｐ-1?project=shop',
      '/api/v1/hosts/*',
      '/api/v1/revisions/HEAD',
      `/api/v1/revisions/${'A'.repeat(40)}`,
    ];
    for (const path of paths) {
      const answer = await api.get(path, 'root');
      expect([path, answer.status]).toEqual([path, 404]);
      expect((await problemOf(answer)).code).toBe('A_NOT_FOUND');
    }
  });

  test('tells browsers to keep it to themselves', async () => {
    const { headers } = await api.get('/api/v1/status', 'root');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('set-cookie')).toBeNull();
  });

  test('an app is found by name and project, or by its whole id', async () => {
    for (const path of ['app-2?project=shop', 'shop%2Fapp-2']) {
      const answer = await api.get(`/api/v1/apps/${path}`, 'root');
      expect(await answer.json()).toMatchObject({ id: 'shop/app-2' });
    }
  });

  test('forwarded and odd Host headers decide nothing', async () => {
    const headers = {
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Proto': `https${','.repeat(8_000)}`,
      'X-Forwarded-Host': 'evil:x@good',
    };
    expect((await api.get('/api/v1/status', 'root', { headers })).status).toBe(200);
  });
});

describe('pages', () => {
  const walk = async (path: string, limit: number): Promise<unknown[]> => {
    const items: unknown[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await api.get(`${path}?limit=${limit}${query}`, 'root');
      const page = (await answer.json()) as Page<unknown>;
      expect(page.items.length).toBeLessThanOrEqual(limit);
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  };

  test.each(['apps', 'events', 'hosts', 'users'])(
    'of %s give everything once, whatever their size',
    async (list) => {
      const whole = await walk(`/api/v1/${list}`, 500);
      for (const limit of [1, 2, 3, 7]) {
        expect(await walk(`/api/v1/${list}`, limit)).toEqual(whole);
      }
    },
  );

  test('go on where they were when something in between vanishes', async () => {
    const page = (await (await api.get('/api/v1/apps?limit=3', 'root')).json()) as Page<{
      id: string;
    }>;
    await api.store.removeApp(anAppStatus('shop', 'app-2').id);
    const next = (await (
      await api.get(`/api/v1/apps?limit=3&cursor=${page.next}`, 'root')
    ).json()) as Page<{ id: string }>;
    expect(next.items[0]?.id).toBe('shop/app-3');
    await api.store.putApp(anAppStatus('shop', 'app-2'));
  });

  test.each([
    'limit=0',
    'limit=501',
    'limit=-1',
    'limit=1e2',
    'limit=abc',
    'limit=1&limit=2',
    'cursor=x',
    `cursor=${Buffer.from('[1]').toString('base64url')}`,
    `cursor=${Buffer.from('{"a":1}').toString('base64url')}`,
    `cursor=${'A'.repeat(600)}`,
    'unknown=1',
    '__proto__=1',
  ])('refuse %j', async (query) => {
    const answer = await api.get(`/api/v1/apps?${query}`, 'root');
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).code).toBe('A_QUERY');
  });

  test('filter before they count', async () => {
    const page = (await (
      await api.get('/api/v1/apps?project=nobody', 'root')
    ).json()) as Page<unknown>;
    expect(page).toEqual({ items: [], next: null });
  });
});

describe('a body', () => {
  const send = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${api.url}/api/v1/login`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });

  test('over a megabyte is refused, announced or not', async () => {
    const large = 'x'.repeat(1_000_001);
    expect((await send(large)).status).toBe(413);
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('x'.repeat(65_536)));
      },
    });
    const endless = fetch(`${api.url}/api/v1/login`, {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'Content-Type': 'application/json' },
    } as RequestInit);
    const answer = await endless.catch(() => undefined);
    expect([413, undefined]).toContain(answer?.status);
    expect((await api.get('/healthz')).status).toBe(200);
  });

  test.each<[string, string, Record<string, string>, number]>([
    ['is no JSON', '{', {}, 400],
    ['is no object', '[]', {}, 400],
    ['is null', 'null', {}, 400],
    ['lacks a field', '{"name":"a"}', {}, 400],
    ['has a field of the wrong type', '{"name":"a","password":1}', {}, 400],
    ['has an unknown field', '{"name":"a","password":"b","x":1}', {}, 400],
    ['has a very long field', `{"name":"${'a'.repeat(1_025)}","password":"b"}`, {}, 400],
    ['is text', 'hello', { 'Content-Type': 'text/plain' }, 415],
    ['is packed', '{}', { 'Content-Encoding': 'gzip' }, 415],
    ['is very deep', '['.repeat(400_000), {}, 400],
  ])('that %s is refused', async (_, body, headers, status) => {
    const answer = await send(body, headers);
    expect(answer.status).toBe(status);
    expect((await problemOf(answer)).code).toBe('A_BODY');
  });
});

describe('POST /plan', () => {
  test.each([
    [{ files: { '../x': '' } }],
    [{ files: { '/x': '' } }],
    [{ files: { 'a//b': '' } }],
    [{ files: { 'a\\b': '' } }],
    [{ files: { x: 1 } }],
    [{ files: [] }],
    [{}],
    [{ files: {}, other: 1 }],
  ])('refuses %j', async (body) => {
    expect((await api.post('/api/v1/plan', body, 'root')).status).toBe(400);
  });
});

describe('a failure', () => {
  test('of the world becomes 503 with its code and when to try again', async () => {
    planFails = new Failure('StoreFull', 'The disk is full.');
    const answer = await api.get('/api/v1/plan', 'root');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect((await problemOf(answer)).code).toBe('StoreFull');
  });

  test.each([
    ['CommitNotFound', 404, 'A_NOT_FOUND'],
    ['EmptyTree', 422, 'EmptyTree'],
    ['MirrorCorrupt', 503, 'MirrorCorrupt'],
  ])('%s of a plan becomes %i', async (failure, status, code) => {
    planFails = new Failure(failure, 'the text');
    const answer = await api.get('/api/v1/plan', 'root');
    expect(answer.status).toBe(status);
    expect((await problemOf(answer)).code).toBe(code);
  });

  test('that time does not heal becomes 500', async () => {
    planFails = new Failure('StoreCorrupt', 'the text', { retry: 'never' });
    expect((await api.get('/api/v1/plan', 'root')).status).toBe(500);
  });

  test('nobody foresaw becomes 500 without its text', async () => {
    planFails = new Error('secret path /var/lib/x');
    const answer = await api.get('/api/v1/plan', 'root');
    expect(answer.status).toBe(500);
    expect(JSON.stringify(await problemOf(answer))).not.toContain('secret');
    planFails = undefined;
  });
});

describe('readiness', () => {
  test('tells in short what is missing', async () => {
    expect((await api.get('/readyz')).status).toBe(200);
    notReady = ['first-load'];
    const answer = await api.get('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ ready: false, waitingFor: ['first-load'] });
    expect((await api.get('/healthz')).status).toBe(200);
    notReady = [];
  });
});

describe('the rate', () => {
  test('of one user is limited, of another not', async () => {
    const answers = await Promise.all(
      Array.from({ length: 260 }, () => api.get('/api/v1/status', 'stranger')),
    );
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(200);
    expect(answers.find((answer) => answer.status === 429)?.headers.get('retry-after')).toBe('1');
    expect((await api.get('/api/v1/status', 'root')).status).toBe(200);
    await api.clock.advance(1_000);
    expect((await api.get('/api/v1/status', 'stranger')).status).toBe(200);
  });
});

test('openapi.json names every route and no hash', async () => {
  const answer = await api.get('/openapi.json', 'root');
  const document = (await answer.json()) as { paths: Record<string, object> };
  expect(document.paths['/api/v1/apps/{name}/history']).toHaveProperty('get');
  expect(document.paths['/api/v1/plan']).toHaveProperty('post');
});

test('no answer carries a password hash', async () => {
  for (const path of ['users', 'roles', 'status', 'audit', 'events']) {
    expect(await (await api.get(`/api/v1/${path}`, 'root')).text()).not.toContain('argon2');
  }
});
