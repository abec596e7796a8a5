import { CliError } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { problemOf, unreachable } from './client.ts';
import { adminSocket, dataDirOf } from './connect.ts';
import { readText, send } from './transport.ts';

const IDLE_MS = 30_000;

/** The operator's acts, on the controller's own machine. */
export class AdminSocket {
  readonly #terminal: Terminal;
  readonly #path: string;

  private constructor(terminal: Terminal, path: string) {
    this.#terminal = terminal;
    this.#path = path;
  }

  /** @throws CliError where there is no socket, or this user may not use it. */
  static open(terminal: Terminal, dataDir: string | undefined): AdminSocket {
    const path = adminSocket(terminal.env, dataDir);
    if (path !== undefined) return new AdminSocket(terminal, path);
    const where = dataDirOf(terminal.env, dataDir);
    throw new CliError(
      `no controller's socket that you may use in ${where}`,
      "run it on the controller's machine, as the user it runs as; --data-dir names its folder",
    );
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const endpoint = { kind: 'socket', path: this.#path } as const;
    const answer = await send(endpoint, {
      method: 'POST',
      path: `/admin/v1${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: this.#terminal.signal,
      idleMs: IDLE_MS,
    }).catch((error: NodeJS.ErrnoException) => {
      throw unreachable(endpoint, error);
    });
    const status = answer.statusCode ?? 0;
    if (status < 200 || status >= 300) throw await problemOf(answer);
    const text = await readText(answer);
    return (text === '' ? null : JSON.parse(text)) as T;
  }
}
