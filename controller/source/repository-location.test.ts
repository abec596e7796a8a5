import { describe, expect, it } from 'vitest';
import { Failure } from '../../schemas/domain/index.ts';
import { parseBranch, parseFolder, parseRepository, repositoryKey } from './repository-location.ts';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof Failure ? error.code : String(error);
  }
  return 'accepted';
};

describe('a repository address', () => {
  it.each([
    ['/srv/git/infra.git', 'local'],
    ['relative/infra.git', 'local'],
    ['./with:colon', 'local'],
    ['ssh://git@git.example.org/infra.git', 'ssh'],
    ['ssh://git@git.example.org:2222/~/infra.git', 'ssh'],
    ['ssh://git@[2001:db8::1]:22/infra.git', 'ssh'],
    ['https://git.example.org/team/infra.git', 'https'],
    ['https://git.example.org:8443/team/infra', 'https'],
    ['https://127.0.0.1:8443/infra.git', 'https'],
    ['https://10.0.0.5/infra.git', 'https'],
  ])('%s is accepted as %s', (text, kind) => {
    expect(parseRepository(text).kind).toBe(kind);
  });

  it.each([
    [''],
    [' /srv/git'],
    ['/srv/git\n'],
    ['/srv/\u0000git'],
    ['https://git.example.org/a\nb'],
    ['-oProxyCommand=touch /tmp/x'],
    ['--upload-pack=touch /tmp/x'],
    ['file:///srv/git/infra.git'],
    ['FILE:///srv/git/infra.git'],
    ['ext::sh -c touch% /tmp/x'],
    ['ext::/bin/true'],
    ['fd::17'],
    ['git://git.example.org/infra.git'],
    ['http://git.example.org/infra.git'],
    ['ftp://git.example.org/infra.git'],
    ['HTTPS://git.example.org/infra.git'],
    ['transport::address'],
    ['git@git.example.org:infra.git'],
    ['git.example.org:infra.git'],
    ['ssh://-oProxyCommand=x/infra.git'],
    ['ssh://-x@git.example.org/infra.git'],
    ['ssh://git:secret@git.example.org/infra.git'],
    ['ssh://git:@git.example.org/infra.git'],
    ['ssh://git@git.example.org/-x'],
    ['ssh://git@git.example.org'],
    ['ssh://git@git%2eexample.org/infra.git'],
    ['https://user:secret@git.example.org/infra.git'],
    ['https://token@git.example.org/infra.git'],
    ['https://@git.example.org/infra.git'],
    ['https://git.example.org@evil.example.org/infra.git'],
    ['https://git.example.org'],
    ['https://git.example.org/infra.git?x=1'],
    ['https://git.example.org/infra.git#x'],
    ['https://2130706433/infra.git'],
    ['https://0x7f.1/infra.git'],
    ['https://017700000001/infra.git'],
    ['https://127.1/infra.git'],
    ['https://169.254.169.254/infra.git'],
    ['https://[fe80::1]/infra.git'],
    ['https://[::ffff:169.254.169.254]/infra.git'],
    ['https://gıt.example.org/infra.git'],
    ['https:git.example.org/infra.git'],
    ['https:\\\\git.example.org\\infra.git'],
  ])('%j is refused with E_URL', (text) => {
    expect(codeOf(() => parseRepository(text))).toBe('E_URL');
  });

  it('never stands in the message that refuses it, since it may hold a secret', () => {
    expect(() => parseRepository('https://user:s3cret@git.example.org/infra.git')).toThrow(
      /credentials/,
    );
    expect(() => parseRepository('https://user:s3cret@git.example.org/infra.git')).not.toThrow(
      /s3cret/,
    );
  });

  it('gives each repository a key of its own', () => {
    const keys = ['/srv/a', '/srv/b', 'ssh://h/srv/a', 'https://h/srv/a'].map((text) =>
      repositoryKey(parseRepository(text)),
    );
    expect(new Set(keys).size).toBe(4);
  });
});

describe('a branch', () => {
  it.each(['main', 'release/1.0', 'ünïcode', 'a@b', 'x-y_z'])('%s is accepted', (text) => {
    expect(parseBranch(text)).toBe(text);
  });

  it.each([
    '',
    '-x',
    '../../x',
    'a..b',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a*',
    'a?',
    'a[b',
    'a\\b',
    'a@{1}',
    '@',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    'a\nb',
    'a'.repeat(201),
  ])('%j is refused with E_BRANCH', (text) => {
    expect(codeOf(() => parseBranch(text))).toBe('E_BRANCH');
  });
});

describe('a folder', () => {
  it.each([
    ['.', ''],
    ['./', ''],
    ['', ''],
    ['deploy', 'deploy'],
    ['./deploy/prod/', 'deploy/prod'],
    ['.hidden/x', '.hidden/x'],
  ])('%j is read as %j', (text, folder) => {
    expect(parseFolder(text)).toBe(folder);
  });

  it.each(['..', '../x', 'a/../..', '/abs', 'a//b', 'a\nb', 'a\0'])('%j is refused', (text) => {
    expect(codeOf(() => parseFolder(text))).toBe('E_PATH');
  });
});
