import type { SessionTokens } from '../../schemas/domain/index.ts';
import { problemOf, unreachable } from '../api/client.ts';
import { DEFAULT_SERVER, normalServer } from '../api/connect.ts';
import { readText, send } from '../api/transport.ts';
import { Credentials } from '../credentials.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

export interface LoginOptions {
  readonly server?: string;
  readonly user?: string;
}

const IDLE_MS = 30_000;

/** Exchanges a name and a password for tokens and keeps those. */
export async function login(terminal: Terminal, options: LoginOptions): Promise<ExitCode> {
  const credentials = new Credentials(terminal.env);
  const named = options.server ?? terminal.env['SKEP_SERVER'];
  const server = normalServer(named || credentials.current() || DEFAULT_SERVER);
  refusePlainHttp(server);
  const user = options.user ?? (await askUser(terminal));
  const password = await readPassword(terminal, `Password of ${user} on ${server}: `);
  const tokens = await exchange(terminal, server, user, password);
  credentials.save(server, { user, ...tokens });
  terminal.out(`logged in to ${server} as ${user}`);
  return EXIT.ok;
}

/** A password must not cross a network in plain. */
function refusePlainHttp(server: string): void {
  const { protocol, hostname } = new URL(server);
  const local = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  if (protocol === 'http:' && !local) {
    throw new CliError(`${server} would carry the password in plain`, 'use its https:// address');
  }
}

async function askUser(terminal: Terminal): Promise<string> {
  if (!terminal.inputIsTerminal) throw new CliError('--user is required without a terminal');
  return (await terminal.ask('User: ')).trim();
}

/** From the terminal without echo, else the first line of standard input. */
export async function readPassword(terminal: Terminal, question: string): Promise<string> {
  const text = terminal.inputIsTerminal
    ? await terminal.ask(question, true)
    : ((await terminal.readInput()).split(/\r?\n/)[0] ?? '');
  if (text === '') throw new CliError('the password is empty');
  return text;
}

async function exchange(
  terminal: Terminal,
  server: string,
  name: string,
  password: string,
): Promise<{ readonly accessToken: string; readonly refreshToken: string }> {
  const endpoint = { kind: 'url', url: server } as const;
  const answer = await send(endpoint, {
    method: 'POST',
    path: '/api/v1/login',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password }),
    signal: terminal.signal,
    idleMs: IDLE_MS,
  }).catch((error: NodeJS.ErrnoException) => {
    throw unreachable(endpoint, error);
  });
  if (answer.statusCode !== 200) throw await problemOf(answer);
  const { accessToken, refreshToken } = JSON.parse(await readText(answer)) as SessionTokens;
  return { accessToken, refreshToken };
}

/** Forgets the tokens; the server's side of the session ends too where it can be reached. */
export async function logout(terminal: Terminal, options: LoginOptions): Promise<ExitCode> {
  const credentials = new Credentials(terminal.env);
  const named = options.server ?? terminal.env['SKEP_SERVER'];
  const server = normalServer(named || credentials.current() || DEFAULT_SERVER);
  const known = credentials.login(server);
  credentials.forget(server);
  if (known?.refreshToken) await revoke(terminal, server, known.refreshToken);
  terminal.out(known ? `logged out of ${server}` : `was not logged in to ${server}`);
  return EXIT.ok;
}

async function revoke(terminal: Terminal, server: string, refreshToken: string): Promise<void> {
  try {
    const answer = await send(
      { kind: 'url', url: server },
      {
        method: 'POST',
        path: '/api/v1/logout',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken }),
        signal: terminal.signal,
        idleMs: IDLE_MS,
      },
    );
    answer.resume();
  } catch {
    terminal.err(`skep: ${server} was not reached; the session ends there by itself`);
  }
}
