import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from './deployment.ts';
import { CLI, Program } from './program.ts';
import { type CommandResult, run } from './run.ts';
import { freePort, TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

export interface DaemonsOptions {
  readonly repo: string;
  /** The engine as the agent reaches it. */
  readonly dockerHost: string;
  readonly agentEnv?: Readonly<Record<string, string>>;
  /** Asked at each start. */
  readonly controllerEnv?: () => Readonly<Record<string, string>>;
  /** 30 s by default. */
  readonly startDeadlineMs?: number;
}

/**
 * `skep controller` and `skep agent` as two machines run them: processes of their own, joined by
 * a token, with a wire between them that can be cut.
 */
export class Daemons implements Deployment {
  readonly controller: Program;
  readonly agent: Program;
  /** Between the agent and the controller, once joined. */
  readonly wire: TcpProxy;
  readonly controllerDir: string;
  readonly agentDir: string;
  readonly #root: string;
  readonly #enrolWire: TcpProxy;
  readonly #startDeadlineMs: number;
  #joinToken = '';

  static async start(options: DaemonsOptions): Promise<Daemons> {
    await using undo = new AsyncDisposableStack();
    const root = await mkdtemp(join(tmpdir(), 'skep-d-'));
    undo.defer(() => rm(root, { recursive: true, force: true }));
    const [api, agent, enrol] = await Promise.all([freePort(), freePort(), freePort()]);
    const wires = await Promise.all([TcpProxy.to(agent), TcpProxy.to(enrol)]);
    const daemons = new Daemons(options, root, [api, agent, enrol], wires);
    undo.defer(() => daemons.destroy());
    await daemons.startController();
    daemons.#joinToken = await daemons.#join();
    daemons.agent.start();
    undo.move();
    return daemons;
  }

  private constructor(
    options: DaemonsOptions,
    root: string,
    [api, agent, enrol]: readonly [number, number, number],
    [wire, enrolWire]: readonly [TcpProxy, TcpProxy],
  ) {
    this.#root = root;
    this.#startDeadlineMs = options.startDeadlineMs ?? 30_000;
    this.wire = wire;
    this.#enrolWire = enrolWire;
    this.controllerDir = join(root, 'controller');
    this.agentDir = join(root, 'host');
    this.controller = new Program(['controller'], () => ({
      SKEP_REPO: options.repo,
      SKEP_DATA_DIR: this.controllerDir,
      SKEP_API_LISTEN: `127.0.0.1:${api}`,
      SKEP_AGENT_LISTEN: `127.0.0.1:${agent}`,
      SKEP_ENROLL_LISTEN: `127.0.0.1:${enrol}`,
      SKEP_IMPLICIT_HOSTS: 'local',
      ...options.controllerEnv?.(),
    }));
    this.agent = new Program(['agent'], () => ({
      SKEP_DATA_DIR: this.agentDir,
      SKEP_JOIN_TOKEN: this.#joinToken,
      DOCKER_HOST: options.dockerHost,
      SKEP_HOST_POLICY: join(root, 'host-policy.yaml'),
      ...options.agentEnv,
    }));
  }

  get log(): string {
    return `${this.controller.log}\n${this.agent.log}`;
  }

  async startController(): Promise<void> {
    this.controller.start();
    await until(() => this.get('/status').catch(() => undefined), {
      what: 'the controller to answer',
      deadlineMs: this.#startDeadlineMs,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.controller.log}`, { cause: error });
    });
  }

  /** Deletes status, history and audit while the controller is stopped. */
  async loseStore(): Promise<void> {
    for (const ending of ['', '-wal', '-shm']) {
      await rm(join(this.controllerDir, `skep.db${ending}`), { force: true });
    }
  }

  /** As `skep host add` prints it, but that the agent dials the wires. */
  async #join(): Promise<string> {
    const added = await this.cli('host', 'add', 'local', '--dir', this.#root);
    const token = /SKEP_JOIN_TOKEN=(\S+)/.exec(added.stdout)?.[1];
    if (!token) throw new Error(`no join token: ${added.stderr}`);
    const claims: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    const wired = {
      ...(claims as object),
      agent: [this.wire.address],
      enroll: [this.#enrolWire.address],
    };
    return Buffer.from(JSON.stringify(wired)).toString('base64url');
  }

  /** A verb as the operator of the controller's machine runs it. */
  async cli(...args: string[]): Promise<CommandResult> {
    return await this.#cliOn(this.controllerDir, args);
  }

  /** A verb as the owner of the host runs it. */
  async cliOnHost(...args: string[]): Promise<CommandResult> {
    return await this.#cliOn(this.agentDir, args);
  }

  /** What the host's owner allows; read by the agent without a restart. */
  async writePolicy(text: string): Promise<void> {
    await writeFile(join(this.#root, 'host-policy.yaml'), text, { mode: 0o600 });
  }

  async #cliOn(dataDir: string, args: readonly string[]): Promise<CommandResult> {
    const env = { ...process.env, HOME: this.#root, SKEP_DATA_DIR: dataDir };
    return await run(process.execPath, [CLI, ...args], env);
  }

  /** By the operator's socket. */
  async get<T>(path: string): Promise<T> {
    const socketPath = join(this.controllerDir, 'admin.sock');
    return await new Promise<T>((resolve, reject) => {
      const sent = request({ socketPath, path: `/api/v1${path}`, timeout: 10_000 }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text) as T);
          else reject(new Error(`GET ${path}: ${answer.statusCode} ${text}`));
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`GET ${path}: no answer in 10 s`)));
      sent.on('error', reject);
      sent.end();
    });
  }

  async destroy(): Promise<void> {
    await this.agent.stop();
    await this.controller.stop();
    await this.wire[Symbol.asyncDispose]();
    await this.#enrolWire[Symbol.asyncDispose]();
    await rm(this.#root, { recursive: true, force: true });
  }
}
