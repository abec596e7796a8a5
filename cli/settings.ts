import { type Command, Option } from 'commander';

/** One setting of a program: `SKEP_DATA_DIR` is also the flag `--data-dir`. */
interface Setting {
  readonly name: string;
  readonly value: string;
  readonly help: string;
}

const DATA_DIR: Setting = {
  name: 'SKEP_DATA_DIR',
  value: 'dir',
  help: 'what must outlive a restart (/var/lib/skep)',
};
const LOGS: readonly Setting[] = [
  {
    name: 'SKEP_LOG_LEVEL',
    value: 'level',
    help: 'trace, debug, info, warn, error, silent (info)',
  },
  { name: 'SKEP_LOG_FORMAT', value: 'format', help: 'json or pretty (json)' },
];

const REPOSITORY: readonly Setting[] = [
  { name: 'SKEP_BRANCH', value: 'name', help: 'the branch to follow (main)' },
  { name: 'SKEP_PATH', value: 'folder', help: 'the folder inside the repository (.)' },
  { name: 'SKEP_POLL_INTERVAL', value: 'duration', help: 'between looks at the repository (60s)' },
];

/** @param on the address that agents reach by default. */
const listen = (on: string): readonly Setting[] => [
  { name: 'SKEP_API_LISTEN', value: 'address', help: 'the API (127.0.0.1:7420; port 0: any)' },
  { name: 'SKEP_AGENT_LISTEN', value: 'address', help: `where agents connect (${on}:7421)` },
  { name: 'SKEP_ENROLL_LISTEN', value: 'address', help: `where hosts join (${on}:7422)` },
];

/** Of `skep up`: repository and data folder are its own options. */
export const UP_SETTINGS: readonly Setting[] = [...REPOSITORY, ...listen('127.0.0.1'), ...LOGS];

export const CONTROLLER_SETTINGS: readonly Setting[] = [
  { name: 'SKEP_REPO', value: 'url', help: 'URL or path of the repository, or `hosted`; required' },
  DATA_DIR,
  ...REPOSITORY,
  ...listen('0.0.0.0'),
  { name: 'SKEP_API_TLS_CERT', value: 'file', help: 'certificate chain of the API, PEM' },
  { name: 'SKEP_API_TLS_KEY', value: 'file', help: 'its key, PEM' },
  { name: 'SKEP_API_INSECURE', value: 'word', help: '`behind-proxy`: no TLS of its own' },
  { name: 'SKEP_PUBLIC_URL', value: 'url', help: 'how people reach the API (derived)' },
  { name: 'SKEP_AGENT_ADVERTISE', value: 'names', help: 'what agents dial, comma-separated' },
  { name: 'SKEP_WEBHOOK_SECRET_FILE', value: 'file', help: 'holds the secret of /hooks/generic' },
  { name: 'SKEP_AGE_KEY_FILE', value: 'file', help: 'age identities that open Secrets' },
  ...LOGS,
];

export const AGENT_SETTINGS: readonly Setting[] = [
  { name: 'SKEP_JOIN_TOKEN_FILE', value: 'file', help: 'holds the token of a first join' },
  DATA_DIR,
  { name: 'DOCKER_HOST', value: 'url', help: 'the engine (unix:///var/run/docker.sock)' },
  {
    name: 'SKEP_FILES_LIMIT',
    value: 'size',
    help: 'what mounted repository files may take of the disk (1g)',
  },
  {
    name: 'SKEP_HOST_POLICY',
    value: 'file',
    help: 'what may run here (/etc/skep/host-policy.yaml)',
  },
  { name: 'SKEP_PULLS', value: 'number', help: 'images pulled at once (3)' },
  ...LOGS,
];

export function addSettings(command: Command, settings: readonly Setting[]): Command {
  for (const { name, value, help } of settings) command.addOption(option(name, value, help));
  return command;
}

/** The flags that were given, by setting name. */
export function givenSettings(
  settings: readonly Setting[],
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const { name, value, help } of settings) {
    const text = options[option(name, value, help).attributeName()];
    if (typeof text === 'string') given[name] = text;
  }
  return given;
}

function option(name: string, value: string, help: string): Option {
  const flag = name
    .replace(/^SKEP_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
  return new Option(`--${flag} <${value}>`, `${help} [${name}]`);
}
