import { accessSync, constants, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Credentials } from '../credentials.ts';
import { CliError } from '../exit.ts';
import type { Environment, Terminal } from '../terminal.ts';
import { Api } from './client.ts';

export const DEFAULT_SERVER = 'http://127.0.0.1:7420';
const DEFAULT_DATA_DIR = '/var/lib/skep';

export interface ConnectOptions {
  readonly server?: string;
  readonly dataDir?: string;
}

/**
 * The API of the server meant: `--server`, `SKEP_SERVER`, that of the last login, or this
 * machine's. Without a token there, an operator on the controller's machine reads through its
 * socket.
 * @throws CliError where there is no way in.
 */
export function connect(terminal: Terminal, options: ConnectOptions): Api {
  const { env, signal } = terminal;
  const credentials = new Credentials(env);
  const named = options.server ?? env['SKEP_SERVER'];
  const server = normalServer(named || credentials.current() || DEFAULT_SERVER);
  const endpoint = { kind: 'url', url: server } as const;
  const token = givenToken(env);
  if (token !== undefined) {
    const session = { login: { user: '', accessToken: token }, renewed() {} };
    return new Api({ endpoint, session, signal });
  }
  const login = credentials.login(server);
  if (login) {
    const session = { login, renewed: (next: typeof login) => credentials.renew(server, next) };
    return new Api({ endpoint, session, signal });
  }
  const socket = named ? undefined : adminSocket(env, options.dataDir);
  if (socket !== undefined) return new Api({ endpoint: { kind: 'socket', path: socket }, signal });
  throw new CliError(`not logged in to ${server}`, `run \`skep login --server ${server}\``);
}

/** @throws CliError when it is no http or https URL. */
export function normalServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new CliError(`not a server's URL: ${text}`, `for example ${DEFAULT_SERVER}`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function givenToken(env: Environment): string | undefined {
  if (env['SKEP_TOKEN']) return env['SKEP_TOKEN'];
  const file = env['SKEP_TOKEN_FILE'];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CliError(`SKEP_TOKEN_FILE cannot be read: ${(error as Error).message}`);
  }
}

export const dataDirOf = (env: Environment, option: string | undefined): string =>
  resolve(option ?? (env['SKEP_DATA_DIR'] || DEFAULT_DATA_DIR));

/** The operator's socket, where this user may use it. */
export function adminSocket(env: Environment, dataDir: string | undefined): string | undefined {
  const path = join(dataDirOf(env, dataDir), 'admin.sock');
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return path;
  } catch {
    return undefined;
  }
}
