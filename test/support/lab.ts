import { request } from 'node:http';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { engineRequest, makeImages } from './images.ts';
import { manifest } from './manifest.ts';
import { CLI, Program } from './program.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { Repo } from './repo.ts';
import { run } from './run.ts';
import { type HostAct, hostsAct, hostsDown, hostsUp, labFolder } from './swarm-hosts.ts';
import { freePort } from './tcp-proxy.ts';

export interface LabHost {
  readonly name: string;
  readonly number: number;
  readonly engine: string;
  readonly proxy: RecordingProxy;
  readonly agent: Program;
}

/** Three hosts in one swarm, an agent on each, and a controller that follows one repository. */
export class Lab {
  readonly repo: Repo;
  readonly controller: Program;
  readonly #hosts: LabHost[] = [];
  readonly #root: string;

  private constructor(root: string, repo: Repo, controller: Program) {
    this.#root = root;
    this.repo = repo;
    this.controller = controller;
  }

  get hosts(): readonly LabHost[] {
    return this.#hosts;
  }

  static async up(): Promise<Lab> {
    const root = await labFolder();
    let lab: Lab | undefined;
    try {
      const engines = await hostsUp(root, 3);
      for (const engine of engines) await makeImages(undefined, engine);
      lab = await Lab.#on(root, engines.length);
      await lab.startController();
      for (const [index, engine] of engines.entries()) await lab.#join(index + 1, engine);
      return lab;
    } catch (error) {
      await (lab ? lab.destroy() : hostsDown(root));
      throw error;
    }
  }

  static async #on(root: string, count: number): Promise<Lab> {
    const [api, agent, enroll] = await Promise.all([freePort(), freePort(), freePort()]);
    const hosts = Array.from({ length: count }, (_, index) => [
      `h${index + 1}.yaml`,
      manifest('Host', `h${index + 1}`, { swarm: 'lab' }),
    ]);
    const repo = await Repo.create(Object.fromEntries(hosts));
    const controller = new Program(['controller'], () => ({
      SKEP_REPO: repo.bare,
      SKEP_DATA_DIR: join(root, 'controller'),
      SKEP_API_LISTEN: `127.0.0.1:${api}`,
      SKEP_AGENT_LISTEN: `127.0.0.1:${agent}`,
      SKEP_ENROLL_LISTEN: `127.0.0.1:${enroll}`,
    }));
    return new Lab(root, repo, controller);
  }

  async startController(): Promise<void> {
    this.controller.start();
    await eventually('the controller to answer', () => this.get('/status'));
  }

  async #join(number: number, engine: string): Promise<void> {
    const name = `h${number}`;
    const { stdout } = await this.cli('host', 'add', name, '--dir', this.#root);
    const token = /SKEP_JOIN_TOKEN=(\S+)/.exec(stdout)?.[1] ?? '';
    const socketPath = join(this.#root, `${name}.sock`);
    const proxy = await RecordingProxy.start({ engine, socketPath });
    const agent = new Program(['agent'], () => ({
      SKEP_DATA_DIR: join(this.#root, name),
      SKEP_JOIN_TOKEN: token,
      SKEP_HOST_POLICY: join(this.#root, 'no-policy.yaml'),
      DOCKER_HOST: proxy.dockerHost,
    }));
    this.#hosts.push({ name, number, engine, proxy, agent });
    agent.start();
  }

  /** `cut`, `heal`, `kill`, `start` a host. */
  async act(act: HostAct, { number }: LabHost): Promise<void> {
    await hostsAct(this.#root, act, number);
  }

  cli(...args: string[]) {
    const env = { ...process.env, HOME: this.#root, SKEP_DATA_DIR: join(this.#root, 'controller') };
    return run(process.execPath, [CLI, ...args], env);
  }

  get log(): string {
    return [this.controller, ...this.hosts.map(({ agent }) => agent)]
      .map(({ log }) => log)
      .join('\n');
  }

  /** By the operator's socket. */
  async get<T>(path: string): Promise<T> {
    const socketPath = join(this.#root, 'controller', 'admin.sock');
    return await new Promise<T>((done, fail) => {
      const sent = request({ socketPath, path: `/api/v1${path}`, timeout: 10_000 }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => {
          if (answer.statusCode === 200) done(JSON.parse(text) as T);
          else fail(new Error(`GET ${path}: ${answer.statusCode} ${text}`));
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`GET ${path}: no answer`)));
      sent.on('error', fail);
      sent.end();
    });
  }

  /** Asks an engine that has a leader, past all of ours. */
  async ask<T>(path: string, host = this.hosts[0]): Promise<T> {
    const { status, body } = await engineRequest(host?.engine ?? '', 'GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }

  /** Whatever of it does not end, the hosts go down. */
  async destroy(): Promise<void> {
    const stop = async ({ agent, proxy }: LabHost) => {
      await agent.stop();
      await proxy.stop();
    };
    try {
      const ends = [...this.#hosts.map(stop), this.controller.stop(), this.repo.destroy()];
      for (const end of await Promise.allSettled(ends)) {
        if (end.status === 'rejected') throw end.reason;
      }
    } finally {
      await hostsDown(this.#root);
    }
  }
}
