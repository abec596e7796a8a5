import { describe, expect, it } from 'vitest';
import { classifyGitError } from './classify-git-error.ts';
import { GitError, presentable } from './git.ts';
import { GIT_SETTINGS, gitEnvironment, trustingConfig } from './git-environment.ts';
import { parseRepository } from './repository-location.ts';

const environmentOf = (repository: string) =>
  gitEnvironment({
    location: parseRepository(repository),
    home: '/data/home',
    globalConfig: '/dev/null',
    gitDir: '/data/x.git',
  });

describe('the environment of git', () => {
  it('allows the one protocol that the address needs', () => {
    const protocols = ['/srv/x.git', 'ssh://git@h/x.git', 'https://h/x.git'].map(
      (repository) => environmentOf(repository)['GIT_ALLOW_PROTOCOL'],
    );
    expect(protocols).toEqual(['file', 'ssh', 'https']);
  });

  it('is the whole environment: no configuration, no prompt, nothing of ours', () => {
    expect(environmentOf('https://h/x.git')).toEqual({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/data/home',
      LC_ALL: 'C',
      TZ: 'UTC',
      GIT_DIR: '/data/x.git',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ALLOW_PROTOCOL: 'https',
      GIT_PROTOCOL_FROM_USER: '0',
      GIT_NO_REPLACE_OBJECTS: '1',
      GIT_NO_LAZY_FETCH: '1',
      GIT_OPTIONAL_LOCKS: '0',
    });
  });

  it('never lets ssh ask or trust an unknown host', () => {
    const command = environmentOf('ssh://git@h/x.git')['GIT_SSH_COMMAND'];
    expect(command).toContain('-oBatchMode=yes');
    expect(command).toContain('-oStrictHostKeyChecking=yes');
    expect(environmentOf('https://h/x.git')).not.toHaveProperty('GIT_SSH_COMMAND');
  });

  it('fixes hooks, redirects, submodules and checks of what is fetched', () => {
    expect(GIT_SETTINGS).toEqual(
      expect.arrayContaining([
        'core.hooksPath=/dev/null',
        'safe.bareRepository=explicit',
        'http.followRedirects=false',
        'submodule.recurse=false',
        'fetch.fsckObjects=true',
        'transfer.credentialsInUrl=die',
      ]),
    );
  });

  it('quotes the paths it trusts', () => {
    expect(trustingConfig(['/srv/a "b"\\c'])).toBe('[safe]\n\tdirectory = "/srv/a \\"b\\"\\\\c"\n');
  });
});

describe('what git says', () => {
  it.each([
    ["fatal: couldn't find remote ref refs/heads/main", 'BranchNotFound'],
    ["fatal: unable to access 'https://h/x/': Could not resolve host: h", 'SourceUnreachable'],
    ['ssh: connect to host h port 22: Connection refused', 'SourceUnreachable'],
    ['remote: Not Found fatal: repository https://h/x/ not found', 'SourceUnreachable'],
    ['git@h: Permission denied (publickey).', 'SourceDenied'],
    ['fatal: Authentication failed for https://h/x', 'SourceDenied'],
    ["fatal: could not read Username for 'https://h': terminal prompts disabled", 'SourceDenied'],
    ['Host key verification failed. fatal: Could not read from remote', 'SourceDenied'],
    [
      'error: object 12: hasDotgit: contains .git fatal: fsck error in packed object',
      'RepositoryRejected',
    ],
    ['fatal: write error: No space left on device', 'DiskFull'],
    ["fatal: Unable to create 'x.lock': Read-only file system", 'DataDirectory'],
    ["fatal: Unable to create 'x.lock': File exists.", 'MirrorCorrupt'],
    ['fatal: bad object refs/skep/x', 'MirrorCorrupt'],
    ["fatal: not a git repository: '/data/x.git'", 'MirrorCorrupt'],
    ['something new', 'MirrorCorrupt'],
  ])('%s is %s', (said, code) => {
    expect(classifyGitError(new GitError('exit', said), 'ssh://h/x.git').code).toBe(code);
  });

  it('is never needed for a deadline', () => {
    const failure = classifyGitError(new GitError('timeout', ''), 'ssh://h/x.git');
    expect([failure.code, failure.message]).toEqual([
      'SourceUnreachable',
      'the repository could not be reached (ssh://h/x.git): the deadline passed',
    ]);
  });

  it('is shown in one line, without escapes and credentials, and not without end', () => {
    expect(presentable('fatal:\n\u001b[31m https://me:s3cret@h/x \u202e')).toBe(
      'fatal: [31m https://***@h/x',
    );
    expect(presentable('x'.repeat(10_000)).length).toBeLessThan(700);
  });
});
