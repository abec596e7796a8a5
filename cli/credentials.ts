import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from './exit.ts';
import type { Environment } from './terminal.ts';

/** What a login to one server left behind. */
export interface Login {
  readonly user: string;
  readonly accessToken: string;
  readonly refreshToken?: string;
}

interface CredentialsFile {
  /** The server of the last login. */
  readonly current: string | null;
  readonly servers: Readonly<Record<string, Login>>;
}

const EMPTY: CredentialsFile = { current: null, servers: {} };

/** Logins by server, in one file that only its owner can read. */
export class Credentials {
  readonly path: string;

  constructor(env: Environment) {
    const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
    this.path = join(base, 'skep', 'credentials.json');
  }

  current(): string | undefined {
    return this.#read().current ?? undefined;
  }

  login(server: string): Login | undefined {
    const { servers } = this.#read();
    return Object.hasOwn(servers, server) ? servers[server] : undefined;
  }

  save(server: string, login: Login): void {
    const file = this.#read();
    this.#write({ current: server, servers: { ...file.servers, [server]: login } });
  }

  /** Keeps which server is current. */
  renew(server: string, login: Login): void {
    const file = this.#read();
    this.#write({ ...file, servers: { ...file.servers, [server]: login } });
  }

  forget(server: string): void {
    const { current, servers } = this.#read();
    const { [server]: _gone, ...rest } = servers;
    this.#write({ current: current === server ? null : current, servers: rest });
  }

  #read(): CredentialsFile {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
      throw new CliError(`${this.path} cannot be read: ${(error as Error).message}`);
    }
    try {
      const parsed = JSON.parse(text) as Partial<CredentialsFile>;
      return { current: parsed.current ?? null, servers: parsed.servers ?? {} };
    } catch {
      throw new CliError(`${this.path} is not JSON`, 'remove it and run `skep login` again');
    }
  }

  /** Whole or not at all, and never readable by others, not even for a moment. */
  #write(file: CredentialsFile): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const candidate = `${this.path}.${process.pid}`;
    try {
      writeFileSync(candidate, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
      chmodSync(candidate, 0o600);
      renameSync(candidate, this.path);
    } catch (error) {
      rmSync(candidate, { force: true });
      throw new CliError(`${this.path} cannot be written: ${(error as Error).message}`);
    }
  }
}
