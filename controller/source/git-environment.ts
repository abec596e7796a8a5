import type { RepositoryLocation } from './repository-location.ts';

export type GitEnvironment = Readonly<Record<string, string>>;

const SSH_COMMAND = [
  'ssh',
  '-oBatchMode=yes',
  '-oStrictHostKeyChecking=yes',
  '-oConnectTimeout=15',
  '-oServerAliveInterval=15',
  '-oForwardAgent=no',
  '-oClearAllForwardings=yes',
  '-oPermitLocalCommand=no',
].join(' ');

/**
 * The whole environment of every git we start; nothing is inherited. No configuration but ours,
 * no prompt, one protocol, no replaced or lazily fetched objects (threats D9).
 * @param globalConfig a file of ours, or /dev/null.
 * @param home only there may a `.netrc` with credentials for https lie.
 */
export function gitEnvironment(options: {
  readonly location: RepositoryLocation;
  readonly home: string;
  readonly globalConfig: string;
  readonly gitDir: string;
}): GitEnvironment {
  const { location } = options;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: options.home,
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_DIR: options.gitDir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: options.globalConfig,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: location.kind === 'local' ? 'file' : location.kind,
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    ...(location.kind === 'ssh' ? { GIT_SSH_COMMAND: SSH_COMMAND, GIT_SSH_VARIANT: 'ssh' } : {}),
  };
}

/** Settings of every git we start; as `-c` they win over any file. */
export const GIT_SETTINGS: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.logAllRefUpdates=false',
  // Big files stream through git; they never stand in its memory.
  'core.bigFileThreshold=8m',
  // A mirror can always be made again: what a power cut breaks is noticed by its hash.
  'core.fsync=none',
  'safe.bareRepository=explicit',
  'gc.auto=0',
  'maintenance.auto=false',
  'transfer.credentialsInUrl=die',
  'submodule.recurse=false',
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=30',
  'i18n.logOutputEncoding=UTF-8',
  'log.showSignature=false',
  'fetch.fsckObjects=true',
  // Harmless faults of old tools, which live on in the history of honest repositories.
  'fetch.fsck.zeroPaddedFilemode=ignore',
  'fetch.fsck.badTimezone=ignore',
  'fetch.fsck.missingSpaceBeforeDate=ignore',
  'fetch.fsck.missingEmail=ignore',
];

/** The content of a global configuration that lets git read a repository of another user. */
export function trustingConfig(directories: readonly string[]): string {
  const quoted = (path: string) => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return `[safe]\n${directories.map((path) => `\tdirectory = ${quoted(path)}\n`).join('')}`;
}
