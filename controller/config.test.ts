import { describe, expect, test } from 'vitest';
import { loadControllerConfig, type Settings } from './config.ts';

const load = (env: Settings, flags: Settings = {}) =>
  loadControllerConfig(flags, { SKEP_REPO: 'hosted', ...env });

describe('the API', () => {
  test.each(['127.0.0.1:7420', '127.9.9.9:1', '[::1]:7420', 'localhost:7420'])(
    'listens on %s without TLS',
    (listen) => {
      expect(load({ SKEP_API_LISTEN: listen }).apiListen).toBe(listen);
    },
  );

  test.each(['0.0.0.0:7420', '[::]:7420', '192.0.2.1:7420', '127.evil.example:1', '127.0.0.1.x:1'])(
    'does not start on %s without TLS, unless a proxy is before it',
    (listen) => {
      expect(() => load({ SKEP_API_LISTEN: listen })).toThrow(/^SKEP_API_LISTEN is not a loopback/);
      const proxied = load({ SKEP_API_LISTEN: listen, SKEP_API_INSECURE: 'behind-proxy' });
      expect(proxied.apiInsecure).toBe(true);
      const tls = { SKEP_API_TLS_CERT: '/c', SKEP_API_TLS_KEY: '/k' };
      expect(load({ SKEP_API_LISTEN: listen, ...tls }).apiTls).toEqual({
        certFile: '/c',
        keyFile: '/k',
      });
    },
  );
});

test.each<[Settings, RegExp]>([
  [{ SKEP_REPO: '' }, /^SKEP_REPO is required/],
  [{ SKEP_API_INSECURE: 'yes' }, /^SKEP_API_INSECURE takes only/],
  [{ SKEP_API_LISTEN: '7420' }, /^SKEP_API_LISTEN must be ADDRESS:PORT/],
  [{ SKEP_AGENT_LISTEN: '0.0.0.0:99999' }, /^SKEP_AGENT_LISTEN must be ADDRESS:PORT/],
  [{ SKEP_API_TLS_CERT: '/c' }, /^SKEP_API_TLS_KEY is missing/],
  [{ SKEP_API_TLS_KEY: '/k' }, /^SKEP_API_TLS_CERT is missing/],
  [{ SKEP_LOG_LEVEL: 'loud' }, /^SKEP_LOG_LEVEL must be one of/],
  [{ SKEP_LOG_FORMAT: 'xml' }, /^SKEP_LOG_FORMAT /],
  [{ SKEP_POLL_INTERVAL: '60' }, /^SKEP_POLL_INTERVAL /],
  [{ SKEP_WEBHOOK_SECRET_FILE: '/nowhere/at/all' }, /^SKEP_WEBHOOK_SECRET_FILE cannot be read/],
])('a wrong setting stops the program with one line that names it: %j', (env, line) => {
  expect(() => load(env)).toThrow(line);
});

test('a flag wins over the environment, and nothing is taken for the default', () => {
  expect(load({ SKEP_BRANCH: 'env' }, { SKEP_BRANCH: 'flag' }).branch).toBe('flag');
  expect(load({ SKEP_BRANCH: '' }).branch).toBe('main');
  expect(load({ SKEP_POLL_INTERVAL: '5m' }).pollIntervalMs).toBe(300_000);
  expect(load({ SKEP_AGENT_ADVERTISE: 'a, b' }).agentAdvertise).toEqual(['a', 'b']);
  expect(Object.isFrozen(load({}))).toBe(true);
});
