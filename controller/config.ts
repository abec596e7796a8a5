import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../schemas/domain/index.ts';

/** Everything the controller can be told, units in the names. Made once, frozen. */
export interface ControllerConfig {
  readonly dataDir: string;
  /** URL or path; `hosted` = a bare repository in the data directory. */
  readonly repo: string;
  readonly branch: string;
  /** Folder inside the repository. */
  readonly path: string;
  readonly pollIntervalMs: number;
  readonly apiListen: string;
  readonly apiTls: { readonly certFile: string; readonly keyFile: string } | null;
  readonly apiInsecure: boolean;
  readonly publicUrl: string | null;
  readonly agentListen: string;
  readonly enrollListen: string;
  /** Names and addresses agents dial. */
  readonly agentAdvertise: readonly string[];
  readonly webhookSecret: string | null;
  /** Identities that open Secrets, as age-keygen writes them. */
  readonly ageKeyFile: string | null;
  /** Hosts that exist where the repository declares none. */
  readonly implicitHosts: readonly string[];
  readonly logLevel: string;
  readonly logFormat: 'json' | 'pretty';
}

export type Settings = Readonly<Record<string, string | undefined>>;

const DEFAULTS = {
  SKEP_DATA_DIR: '/var/lib/skep',
  SKEP_BRANCH: 'main',
  SKEP_PATH: '.',
  SKEP_POLL_INTERVAL: '60s',
  SKEP_API_LISTEN: '127.0.0.1:7420',
  SKEP_AGENT_LISTEN: '0.0.0.0:7421',
  SKEP_ENROLL_LISTEN: '0.0.0.0:7422',
  SKEP_LOG_LEVEL: 'info',
} as const;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/**
 * @param flags by setting name (`SKEP_REPO`), winning over `env`.
 * @throws Failure ConfigInvalid with one line that names the setting.
 */
export function loadControllerConfig(flags: Settings, env: Settings): ControllerConfig {
  const read = (name: string) => setting(name, flags, env);
  const text = (name: keyof typeof DEFAULTS) => read(name) ?? DEFAULTS[name];
  const repo = read('SKEP_REPO');
  if (!repo) throw invalid('SKEP_REPO', 'is required: a URL, a path, or `hosted`');
  const apiListen = listenAddress('SKEP_API_LISTEN', text('SKEP_API_LISTEN'));
  const apiTls = tlsFiles(read('SKEP_API_TLS_CERT'), read('SKEP_API_TLS_KEY'));
  const insecure = read('SKEP_API_INSECURE');
  if (insecure !== undefined && insecure !== 'behind-proxy') {
    throw invalid('SKEP_API_INSECURE', 'takes only `behind-proxy`');
  }
  if (!isLoopback(apiListen) && !apiTls && insecure === undefined) {
    const hint = 'set SKEP_API_TLS_CERT and _KEY, or SKEP_API_INSECURE=behind-proxy';
    throw invalid('SKEP_API_LISTEN', `is not a loopback address and TLS is off: ${hint}`);
  }
  const level = text('SKEP_LOG_LEVEL');
  if (!LOG_LEVELS.includes(level)) {
    throw invalid('SKEP_LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`);
  }
  return Object.freeze({
    dataDir: resolve(text('SKEP_DATA_DIR')),
    repo,
    branch: text('SKEP_BRANCH'),
    path: text('SKEP_PATH'),
    pollIntervalMs: durationMs('SKEP_POLL_INTERVAL', text('SKEP_POLL_INTERVAL')),
    apiListen,
    apiTls,
    apiInsecure: insecure === 'behind-proxy',
    publicUrl: read('SKEP_PUBLIC_URL') ?? null,
    agentListen: listenAddress('SKEP_AGENT_LISTEN', text('SKEP_AGENT_LISTEN')),
    enrollListen: listenAddress('SKEP_ENROLL_LISTEN', text('SKEP_ENROLL_LISTEN')),
    agentAdvertise: list(read('SKEP_AGENT_ADVERTISE')),
    webhookSecret: read('SKEP_WEBHOOK_SECRET') ?? null,
    ageKeyFile: read('SKEP_AGE_KEY_FILE') ?? null,
    implicitHosts: list(read('SKEP_IMPLICIT_HOSTS')),
    logLevel: level,
    logFormat: logFormat(read('SKEP_LOG_FORMAT')),
  });
}

/** The setting itself, or the content of the file that `<NAME>_FILE` names. */
function setting(name: string, flags: Settings, env: Settings): string | undefined {
  const direct = flags[name] ?? env[name];
  if (direct !== undefined && direct !== '') return direct;
  const file = flags[`${name}_FILE`] ?? env[`${name}_FILE`];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw invalid(`${name}_FILE`, `cannot be read: ${file}`, cause);
  }
}

function invalid(name: string, message: string, cause?: unknown): Failure {
  return new Failure('ConfigInvalid', `${name} ${message}`, { retry: 'never', cause });
}

function listenAddress(name: string, text: string): string {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(text);
  if (!match || Number(match[2]) > 65_535) {
    throw invalid(name, `must be ADDRESS:PORT, got ${JSON.stringify(text)}`);
  }
  return text;
}

/** Whether only this machine can reach an address; a name that looks like one is none. */
function isLoopback(listen: string): boolean {
  const host = listen.slice(0, listen.lastIndexOf(':'));
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function tlsFiles(cert: string | undefined, key: string | undefined): ControllerConfig['apiTls'] {
  if (cert && key) return { certFile: cert, keyFile: key };
  if (cert) throw invalid('SKEP_API_TLS_KEY', 'is missing beside SKEP_API_TLS_CERT');
  if (key) throw invalid('SKEP_API_TLS_CERT', 'is missing beside SKEP_API_TLS_KEY');
  return null;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `60s`, `5m`, `1h` in milliseconds. @throws Failure ConfigInvalid */
export function durationMs(name: string, text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  const unit = match ? UNIT_MS[match[2] ?? ''] : undefined;
  if (!match || !unit) {
    throw invalid(name, `must be a duration such as 60s or 5m, got ${JSON.stringify(text)}`);
  }
  return Number(match[1]) * unit;
}

function list(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function logFormat(text: string | undefined): 'json' | 'pretty' {
  if (text === undefined) return 'json';
  if (text === 'json' || text === 'pretty') return text;
  throw invalid('SKEP_LOG_FORMAT', 'must be json or pretty');
}
