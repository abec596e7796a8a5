import { createSecretKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiFixture, aSigningKey, startApiFixture } from '../testing/api-fixture.ts';
import { findAccount } from './accounts.ts';
import type { SigningKeys } from './ports.ts';
import { ACCESS_TOKEN_S, checkKeys, issueAccessToken } from './tokens.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(async () => {
  await api.stop();
});

const nowS = () => Math.floor(api.clock.now() / 1_000);
const goodClaims = () => ({
  iss: 'skep:0123456789abcdef',
  aud: 'skep-api',
  sub: 'root',
  iat: nowS(),
  exp: nowS() + ACCESS_TOKEN_S,
  jti: 'j',
  pwm: findAccount(api.deps, 'root')?.passwordMark,
});
const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signed with the real key, whatever the content: only the content is judged. */
function signed(header: object, claims: object): string {
  const text = `${base64(header)}.${base64(claims)}`;
  const key = api.deps.keys.current.privateKey;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
const statusOf = async (token: string) => {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`${api.url}/api/v1/status`, { headers })).status;
};

test('a token made by hand with all the right parts is taken', async () => {
  expect(await statusOf(signed(goodHeader, goodClaims()))).toBe(200);
});

describe('refused is a token whose header', () => {
  test.each([
    ['says none', { alg: 'none' }],
    ['says None', { alg: 'None' }],
    ['says nothing of the algorithm', { alg: undefined }],
    ['says HS256', { alg: 'HS256' }],
    ['says RS256', { alg: 'RS256' }],
    ['names no key', { kid: undefined }],
    ['names an unknown key', { kid: 'k9' }],
    ['names a path', { kid: '../../../../dev/null' }],
    ['names SQL', { kid: "' OR 1=1 --" }],
    ['names an object property', { kid: '__proto__' }],
    ['brings a key', { jwk: {} }],
    ['points to a key', { jku: 'http://127.0.0.1:1/k' }],
    ['points to a certificate', { x5u: 'http://127.0.0.1:1/c' }],
    ['has a critical extension', { crit: ['x'], x: 1 }],
    ['has the type of another token', { typ: 'JWT' }],
  ])('%s', async (_, change) => {
    const token = signed({ ...goodHeader, ...change }, goodClaims());
    expect(await statusOf(token)).toBe(401);
    expect(await statusOf(token.replace(/[^.]+$/, ''))).toBe(401);
  });

  test.each(['pem', 'der'] as const)('has HMAC over the public key (%s)', async (format) => {
    const { publicKey } = api.deps.keys.current;
    const secret =
      format === 'pem'
        ? Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }))
        : publicKey.export({ type: 'spki', format: 'der' });
    const forged = jsonwebtoken.sign(goodClaims(), createSecretKey(secret), {
      algorithm: 'HS256',
      header: { ...goodHeader, alg: 'HS256' },
    });
    expect(await statusOf(forged)).toBe(401);
    expect(await statusOf(forged.replace(/^[^.]+/, base64(goodHeader)))).toBe(401);
  });

  test('is ours, under a key that is not', async () => {
    const { privateKey } = aSigningKey('k1');
    const forged = jsonwebtoken.sign(goodClaims(), privateKey, {
      algorithm: 'ES256',
      header: goodHeader,
    });
    expect(await statusOf(forged)).toBe(401);
  });
});

describe('refused is a token whose claims', () => {
  test.each<[string, () => object]>([
    ['never end', () => ({ exp: undefined })],
    ['end as text', () => ({ exp: String(nowS() + 60) })],
    ['end in the year 3000', () => ({ exp: 32_503_680_000 })],
    ['end now', () => ({ exp: nowS() })],
    ['began in 10 minutes', () => ({ iat: nowS() + 600, exp: nowS() + 900 })],
    ['began never', () => ({ iat: undefined })],
    ['are not good yet', () => ({ nbf: nowS() + 1 })],
    ['are for another reader', () => ({ aud: 'skep-git' })],
    ['are for several readers', () => ({ aud: ['skep-api', 'skep-git'] })],
    ['are for nobody', () => ({ aud: undefined })],
    ['come from another installation', () => ({ iss: 'skep:ffffffffffffffff' })],
    ['have no id', () => ({ jti: undefined })],
    ['name nobody', () => ({ sub: undefined })],
    ['name an unknown user', () => ({ sub: 'nobody' })],
    ['name a property of objects', () => ({ sub: 'constructor' })],
    ['are of an older password', () => ({ pwm: 'older' })],
    ['say nothing of the password', () => ({ pwm: undefined })],
  ])('%s', async (_, change) => {
    expect(await statusOf(signed(goodHeader, { ...goodClaims(), ...change() }))).toBe(401);
  });

  test('began up to a minute ahead is taken: the clock may have been set back', async () => {
    const [iat, exp] = [nowS() + 60, nowS() + 60 + ACCESS_TOKEN_S];
    expect(await statusOf(signed(goodHeader, { ...goodClaims(), iat, exp }))).toBe(200);
    expect(await statusOf(signed(goodHeader, { ...goodClaims(), iat: iat + 1, exp }))).toBe(401);
  });
});

describe('a token elsewhere than in the Authorization header', () => {
  const expectMisplaced = async (answer: Response) => {
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'A_TOKEN_LOCATION' });
  };

  test.each(['token', 'access_token', 'jwt', 'x'])(
    'in the query as %s is refused',
    async (name) => {
      const query = new URLSearchParams({ [name]: api.tokenOf('root') }).toString();
      await expectMisplaced(await api.get(`/api/v1/status?${query}`));
      await expectMisplaced(await api.get(`/api/v1/status?${query}`, 'root'));
    },
  );

  test('in a cookie is refused', async () => {
    const headers = { Cookie: `a=1; session=${api.tokenOf('root')}` };
    await expectMisplaced(await api.get('/api/v1/status', undefined, { headers }));
  });

  test('in a form is refused', async () => {
    const body = new URLSearchParams({ access_token: api.tokenOf('root') });
    await expectMisplaced(await fetch(`${api.url}/api/v1/plan`, { method: 'POST', body }));
  });

  test('in a cookie of another program beside a right header does no harm', async () => {
    const headers = { Cookie: `other=${api.tokenOf('reader')}` };
    expect((await api.get('/api/v1/status', 'root', { headers })).status).toBe(200);
  });
});

describe('hostile tokens', () => {
  test('are refused fast, and valid users do not notice', async () => {
    const deep = base64('['.repeat(1_000) + ']'.repeat(1_000));
    const bad = ['x', 'a.b.c', `${base64(goodHeader)}.${deep}.x`, 'e'.repeat(4_000)];
    const start = performance.now();
    for (let n = 0; n < 200; n += 1) expect(await statusOf(bad[n % bad.length] ?? '')).toBe(401);
    expect((performance.now() - start) / 200).toBeLessThan(10);
    expect(await statusOf(api.tokenOf('root'))).toBe(200);
  });

  test('of a megabyte end with 431', async () => {
    const headers = { Authorization: `Bearer ${'a'.repeat(1_000_000)}` };
    const answer = await fetch(`${api.url}/api/v1/status`, { headers }).catch(() => undefined);
    expect([431, undefined]).toContain(answer?.status);
  });
});

describe('rotation', () => {
  test('keeps the previous key good until it is removed', async () => {
    const keys: { current: SigningKeys['current']; previous?: SigningKeys['previous'] } = {
      current: aSigningKey('old'),
    };
    const fixture = await startApiFixture({ keys });
    const token = fixture.tokenOf('root');
    const status = async () => {
      const headers = { Authorization: `Bearer ${token}` };
      return (await fetch(`${fixture.url}/api/v1/status`, { headers })).status;
    };
    keys.previous = keys.current;
    keys.current = aSigningKey('new');
    expect(await status()).toBe(200);
    expect((await fixture.get('/api/v1/status', 'root')).status).toBe(200);
    keys.previous = undefined;
    expect(await status()).toBe(401);
    await fixture.stop();
  });

  test('refuses to start with anything but P-256 pairs of two names', () => {
    const good = aSigningKey('k1');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const wrongCurve = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    const secret = createSecretKey(randomBytes(32));
    const weak = { code: 'WeakKey', retry: 'never' };
    const check = (keys: SigningKeys) => () => checkKeys({ keys });
    expect(check({ current: good })).not.toThrow();
    for (const pair of [rsa, wrongCurve, { privateKey: secret, publicKey: secret }]) {
      expect(check({ current: { kid: 'k', ...pair } })).toThrow(expect.objectContaining(weak));
    }
    expect(check({ current: good, previous: good })).toThrow(expect.objectContaining(weak));
  });
});

test('an issued token names the key, the type and the times', () => {
  const token = issueAccessToken(api.deps, 'root', 'mark');
  const decoded = jsonwebtoken.decode(token, { complete: true });
  expect(decoded?.header).toEqual(goodHeader);
  expect(decoded?.payload).toMatchObject({ sub: 'root', pwm: 'mark', aud: 'skep-api' });
});
