import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { engineRequest } from '../support/images.ts';
import { until } from '../support/until.ts';

const execute = promisify(execFile);

/** Innermost first: what an engine leaves mounted is in the way of its folders. */
async function mountsBelow(folder: string): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n');
  const paths = mounts.map((line) => line.split(' ')[1] ?? '');
  return paths.filter((path) => path.startsWith(`${folder}/`)).reverse();
}

const START_MS = 60_000;
const STOP_MS = 60_000;

/**
 * A Docker engine of this machine's own version in a network namespace of its own, which outlives a
 * restart of the engine; its containers do too (`live-restore`). Needs root, dockerd and runc.
 */
export class OwnEngine {
  readonly dockerHost: string;
  readonly #folder: string;
  readonly #run: string;
  readonly #holder: ChildProcess;
  #daemon: ChildProcess | undefined;

  private constructor(folder: string, run: string, holder: ChildProcess) {
    this.#folder = folder;
    this.#run = run;
    this.#holder = holder;
    this.dockerHost = `unix://${run}/docker.sock`;
  }

  static async start(root: string): Promise<OwnEngine> {
    const folder = await mkdtemp(join(root, 'engine-'));
    // A unix socket's path ends at 107 bytes; dockerd's own lie deeper in its exec root.
    const run = await mkdtemp('/run/skep-e-');
    // In groups of their own: Ctrl-C is for who has started them, who ends them in good order.
    const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], {
      stdio: 'ignore',
      detached: true,
    });
    const engine = new OwnEngine(folder, run, holder);
    try {
      await once(holder, 'spawn');
      await engine.#start();
      return engine;
    } catch (error) {
      await engine.#end();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const flags = [
      ...['--data-root', join(this.#folder, 'data'), '--exec-root', join(this.#run, 'exec')],
      ...['-p', join(this.#run, 'docker.pid'), '-H', this.dockerHost],
      ...['--log-level', 'error', '--live-restore'],
    ];
    const log = await open(this.#log, 'a');
    const script = 'busybox ip link set lo up; exec dockerd "$@"';
    this.#daemon = spawn(
      'nsenter',
      [`--net=/proc/${this.#holder.pid}/ns/net`, 'sh', '-c', script, 'sh', ...flags],
      { stdio: ['ignore', log.fd, log.fd], detached: true },
    );
    await log.close();
    await until(() => this.#answers(), {
      what: `the engine in ${this.#folder} to answer`,
      deadlineMs: START_MS,
    }).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await readFile(this.#log, 'utf8')}`);
    });
  }

  get #log(): string {
    return join(this.#folder, 'dockerd.log');
  }

  get #isUp(): boolean {
    const daemon = this.#daemon;
    return daemon !== undefined && daemon.exitCode === null && daemon.signalCode === null;
  }

  async #answers(): Promise<boolean> {
    const answer = await engineRequest(this.dockerHost, 'GET', '/_ping').catch(() => undefined);
    return answer?.status === 200;
  }

  async #stop(): Promise<void> {
    const daemon = this.#daemon;
    if (!daemon || !this.#isUp) return;
    const gone = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    const timer = setTimeout(() => daemon.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }

  async restart(): Promise<void> {
    await this.#stop();
    await this.#start();
  }

  /** Containers would outlive it, so they go first; an engine that has died is started for that. */
  async destroy(): Promise<void> {
    try {
      if (!this.#isUp) await this.#start();
      await this.#removeContainers();
    } finally {
      await this.#end();
    }
  }

  async #removeContainers(): Promise<void> {
    const { body } = await engineRequest(this.dockerHost, 'GET', '/containers/json?all=1');
    for (const { Id } of JSON.parse(body) as readonly { Id: string }[]) {
      await engineRequest(this.dockerHost, 'DELETE', `/containers/${Id}?force=1&v=1`);
    }
  }

  async #end(): Promise<void> {
    await this.#stop();
    this.#holder.kill('SIGKILL');
    for (const folder of [this.#run, this.#folder]) {
      for (const mount of await mountsBelow(folder)) await execute('umount', ['--lazy', mount]);
      await rm(folder, { recursive: true, force: true });
    }
  }
}
