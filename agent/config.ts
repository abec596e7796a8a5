import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../schemas/domain/index.ts';

/** Everything the agent can be told. Made once, frozen. */
export interface AgentConfig {
  readonly dataDir: string;
  readonly dockerHost: string;
  /** The host owner's policy; where there is no such file, the default one holds. */
  readonly hostPolicyPath: string;
  /** How much of the disk mounted repository files may take. */
  readonly filesLimitBytes: number;
  /** Needed for the first join only. */
  readonly joinToken: string | null;
  /** Images pulled at once. */
  readonly pulls: number;
  readonly logLevel: string;
  readonly logFormat: 'json' | 'pretty';
}

export type Settings = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/**
 * @param flags by setting name (`SKEP_DATA_DIR`), winning over `env`.
 * @throws Failure ConfigInvalid with one line that names the setting.
 */
export function loadAgentConfig(flags: Settings, env: Settings): AgentConfig {
  const read = (name: string) => flags[name] || env[name] || undefined;
  const level = read('SKEP_LOG_LEVEL') ?? 'info';
  if (!LOG_LEVELS.includes(level)) {
    throw invalid('SKEP_LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const format = read('SKEP_LOG_FORMAT') ?? 'json';
  if (format !== 'json' && format !== 'pretty') {
    throw invalid('SKEP_LOG_FORMAT', 'must be json or pretty');
  }
  const dockerHost = read('DOCKER_HOST') ?? 'unix:///var/run/docker.sock';
  if (!/^(unix:\/\/\/|tcp:\/\/)/.test(dockerHost)) {
    throw invalid('DOCKER_HOST', `must be unix:///PATH or tcp://HOST:PORT, got ${dockerHost}`);
  }
  return Object.freeze({
    dataDir: resolve(read('SKEP_DATA_DIR') ?? '/var/lib/skep'),
    dockerHost,
    hostPolicyPath: resolve(read('SKEP_HOST_POLICY') ?? '/etc/skep/host-policy.yaml'),
    pulls: count('SKEP_PULLS', read('SKEP_PULLS') ?? '3', 32),
    filesLimitBytes: sizeSetting('SKEP_FILES_LIMIT', read('SKEP_FILES_LIMIT') ?? '1g'),
    joinToken: read('SKEP_JOIN_TOKEN') ?? tokenFile(read('SKEP_JOIN_TOKEN_FILE')),
    logLevel: level,
    logFormat: format,
  });
}

function count(name: string, text: string, most: number): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw invalid(name, `must be a number from 1 to ${most}, got ${JSON.stringify(text)}`);
}

const UNITS = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;

/** `512m`, `1g`, or bytes. */
function sizeSetting(name: string, text: string): number {
  const [, digits = '', unit = ''] = /^([0-9]{1,12})([kmg]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * UNITS[unit.toLowerCase() as keyof typeof UNITS];
  if (digits !== '' && bytes > 0) return bytes;
  throw invalid(name, `must be a size such as 512m or 1g, got ${text}`);
}

function tokenFile(path: string | undefined): string | null {
  if (!path) return null;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw invalid('SKEP_JOIN_TOKEN_FILE', `cannot be read: ${path}`, cause);
  }
}

function invalid(name: string, message: string, cause?: unknown): Failure {
  return new Failure('ConfigInvalid', `${name} ${message}`, { retry: 'never', cause });
}
