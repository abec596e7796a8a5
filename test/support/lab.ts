import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { engineRequest, makeImages } from './images.ts';
import { manifest } from './manifest.ts';
import { CLI, Program } from './program.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { Repo } from './repo.ts';
import { run } from './run.ts';
import { freePort } from './tcp-proxy.ts';

const SCRIPT = resolve(import.meta.dirname, '../../scripts/swarm-lab');
const exec = promisify(execFile);

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
  readonly hosts: readonly LabHost[];
  readonly #folder: string;
  readonly #root: string;

  private constructor(
    folder: string,
    root: string,
    repo: Repo,
    controller: Program,
    hosts: readonly LabHost[],
  ) {
    this.#folder = folder;
    this.#root = root;
    this.repo = repo;
    this.controller = controller;
    this.hosts = hosts;
  }

  static async up(): Promise<Lab> {
    // Sockets lie in it, whose paths are short.
    const root = await mkdtemp('/tmp/skl-');
    const folder = join(root, 'lab');
    const { stdout } = await exec(SCRIPT, ['up', folder, '3']);
    const engines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const engine of engines) await makeImages(undefined, engine);
    const hosts = engines.map((_, index) => [
      `h${index + 1}.yaml`,
      manifest('Host', `h${index + 1}`, { swarm: 'lab' }),
    ]);
    const repo = await Repo.create(Object.fromEntries(hosts));
    const [api, agentPort, enroll] = await Promise.all([freePort(), freePort(), freePort()]);
    const controllerDir = join(root, 'controller');
    const controller = new Program(['controller'], () => ({
      SKEP_REPO: repo.bare,
      SKEP_DATA_DIR: controllerDir,
      SKEP_API_LISTEN: `127.0.0.1:${api}`,
      SKEP_AGENT_LISTEN: `127.0.0.1:${agentPort}`,
      SKEP_ENROLL_LISTEN: `127.0.0.1:${enroll}`,
    }));
    const lab = new Lab(folder, root, repo, controller, []);
    await lab.startController();
    for (const [index, engine] of engines.entries()) {
      (lab.hosts as LabHost[]).push(await lab.#join(index + 1, engine));
    }
    return lab;
  }

  async startController(): Promise<void> {
    this.controller.start();
    await eventually('the controller to answer', () => this.get('/status'));
  }

  async #join(number: number, engine: string): Promise<LabHost> {
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
    agent.start();
    return { name, number, engine, proxy, agent };
  }

  /** `cut`, `heal`, `kill`, `start` a host. */
  async act(act: 'cut' | 'heal' | 'kill' | 'start', { number }: LabHost): Promise<void> {
    await exec(SCRIPT, [act, this.#folder, String(number)]);
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

  async destroy(): Promise<void> {
    for (const { agent, proxy } of this.hosts) {
      await agent.stop();
      await proxy.stop();
    }
    await this.controller.stop();
    await this.repo.destroy();
    await exec(SCRIPT, ['down', this.#folder]);
    await rm(this.#root, { recursive: true, force: true });
  }
}
