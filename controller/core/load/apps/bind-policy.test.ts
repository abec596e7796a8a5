import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeBind, normalPath } from './bind-policy.ts';

/** `allowed`, or the code and what would allow it. */
function judged(source: string, readOnly = false, privileges: readonly string[] = []): string {
  const judgement = judgeBind(source, readOnly, privileges);
  return judgement.kind === 'allowed' ? 'allowed' : `${judgement.code} ${judgement.grant}`;
}

describe('a host path without a privilege', () => {
  test.each(['/srv/data', '/opt/app', '/home/me', '/data', '/mnt/disk', '/var/log/app', '/tmp'])(
    '%s may be mounted',
    (path) => {
      expect(judged(path)).toBe('allowed');
    },
  );

  test.each([
    ['/', 'P_BIND bind:/'],
    ['//', 'P_BIND bind:/'],
    ['/etc', 'P_BIND bind:/etc'],
    ['/etc/', 'P_BIND bind:/etc'],
    ['/etc/.', 'P_BIND bind:/etc'],
    ['/home/../etc', 'P_BIND bind:/etc'],
    ['/../etc/passwd', 'P_BIND bind:/etc/passwd'],
    ['/srv/../../proc', 'P_BIND bind:/proc'],
    ['/sys/fs', 'P_BIND bind:/sys/fs'],
    ['/dev/sda', 'P_BIND bind:/dev/sda'],
    ['/root', 'P_BIND bind:/root'],
    ['/var', 'P_BIND bind:/var'],
    ['/var/lib', 'P_BIND bind:/var/lib'],
    ['/var/lib/docker/volumes', 'P_BIND bind:/var/lib/docker/volumes'],
    ['/var/lib/skep', 'P_BIND bind:/var/lib/skep'],
    ['/var/run/docker.sock', 'P_DOCKER_SOCKET docker-socket'],
    ['/run/docker.sock', 'P_DOCKER_SOCKET docker-socket'],
    ['/run//./docker.sock', 'P_DOCKER_SOCKET docker-socket'],
    ['/srv/link/docker.sock', 'P_DOCKER_SOCKET docker-socket'],
    ['/run/containerd/containerd.sock', 'P_DOCKER_SOCKET docker-socket'],
    ['//./pipe/docker_engine', 'P_DOCKER_SOCKET docker-socket'],
    ['\\\\.\\pipe\\docker_engine', 'P_DOCKER_SOCKET docker-socket'],
    ['/run', 'P_DOCKER_SOCKET bind:/run'],
    ['/var/run/', 'P_DOCKER_SOCKET bind:/var/run'],
  ])('%s may not: %s', (path, expected) => {
    expect(judged(path)).toBe(expected);
    expect(judged(path, true)).toBe(expected);
  });

  test('what every image expects to see may be read, and not written', () => {
    for (const path of ['/etc/localtime', '/etc/timezone', '/usr/share/zoneinfo']) {
      expect(judged(path, true)).toBe('allowed');
      expect(judged(path, false)).toBe(`P_BIND bind:${path}`);
    }
  });

  test('whatever its spelling, what lies in a protected folder is refused', () => {
    const detour = fc.constantFrom('', '.', 'a/..', 'x/y/../..', './.', '/');
    fc.assert(
      fc.property(fc.array(detour, { maxLength: 6 }), (parts) => {
        const path = `/${[...parts, 'etc', ...parts, 'shadow'].join('/')}`;
        expect(judged(path)).toBe('P_BIND bind:/etc/shadow');
      }),
    );
  });
});

describe('a privilege of the project', () => {
  test('allows its path and what lies below, and nothing beside it', () => {
    expect(judged('/etc/nginx/a', false, ['bind:/etc/nginx'])).toBe('allowed');
    expect(judged('/etc/nginx', false, ['bind:/etc/nginx/'])).toBe('allowed');
    expect(judged('/etc/nginx2', false, ['bind:/etc/nginx'])).toBe('P_BIND bind:/etc/nginx2');
    expect(judged('/etc', false, ['bind:/etc/nginx'])).toBe('P_BIND bind:/etc');
    expect(judged('/etc/nginx/../passwd', false, ['bind:/etc/nginx'])).not.toBe('allowed');
  });

  test('for the socket allows the socket alone', () => {
    expect(judged('/run/docker.sock', false, ['docker-socket'])).toBe('allowed');
    expect(judged('/run', false, ['docker-socket'])).toBe('P_DOCKER_SOCKET bind:/run');
    expect(judged('/etc', false, ['docker-socket', 'volume-driver-opts'])).toBe('P_BIND bind:/etc');
  });

  test('that allows everything allows everything', () => {
    expect(judged('/run/docker.sock', false, ['bind:/'])).toBe('allowed');
  });

  test('is the one that the refusal names', () => {
    for (const path of ['/etc/x', '/run', '/', '/var/run/docker.sock', '//./pipe/docker_engine']) {
      const refused = judgeBind(path, false, []);
      const grant = refused.kind === 'refused' ? refused.grant : '';
      expect(judged(path, false, [grant])).toBe('allowed');
    }
  });
});

test('a path has one normal form', () => {
  expect(['/', '//a/', 'a', '/a/./b/../c/'].map(normalPath)).toEqual(['/', '/a', '/a', '/a/c']);
});
