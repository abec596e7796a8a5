import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AppStatus } from '../../schemas/domain/index.ts';
import { Daemons, type DaemonsOptions } from './daemons.ts';
import type { Deployment } from './deployment.ts';
import { type ContainerFacts, containersOf, engine, removeProject, TEST_IMAGE } from './engine.ts';
import { eventually } from './eventually.ts';
import { makeImages, testEngine } from './images.ts';
import { manifest } from './manifest.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { Repo } from './repo.ts';
import { Skep } from './skep.ts';

export { manifest } from './manifest.ts';

export type Service = Readonly<Record<string, unknown>>;
export type Files = Readonly<Record<string, string | null>>;

export interface AppFiles {
  readonly services: Readonly<Record<string, Service>>;
  /** Beside `services`: top-level networks, volumes, configs, secrets. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Of the manifest, beside `compose`. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Healthy while the file `/tmp/ok` is there. */
export const healthcheck = (test: string) => ({
  test: ['CMD-SHELL', test],
  interval: '300ms',
  timeout: '5s',
  retries: 2,
  start_period: '0s',
});
export const PASSING = healthcheck('true');
export const FAILING = healthcheck('false');
/** Neither passes nor fails within any test. */
export const ENDLESS = {
  ...healthcheck('false'),
  retries: 1_000_000,
  interval: '500ms',
  start_period: '1h',
};
export const START_FIRST = { update_config: { order: 'start-first' } };

/** A repository, a running skep on it and a way to look past skep at the engine. */
export class Scenario<D extends Deployment = Deployment> {
  readonly docker = engine();
  readonly repo: Repo;
  readonly skep: D;
  /** Between the agent and the engine. */
  readonly proxy: RecordingProxy;
  readonly #id: string;
  readonly #apps = new Set<string>();

  private constructor(id: string, repo: Repo, skep: D, proxy: RecordingProxy) {
    this.#id = id;
    this.repo = repo;
    this.skep = skep;
    this.proxy = proxy;
  }

  /** `skep up` on an empty project. */
  static up(env: Readonly<Record<string, string>> = {}): Promise<Scenario<Skep>> {
    return Scenario.#create(({ repo, dockerHost }) => Skep.up({ repo, dockerHost, env }));
  }

  /** Controller and agent as separate programs. */
  static daemons(more: Partial<DaemonsOptions> = {}): Promise<Scenario<Daemons>> {
    return Scenario.#create((options) => Daemons.start({ ...options, ...more }));
  }

  static async #create<D extends Deployment>(
    start: (options: { readonly repo: string; readonly dockerHost: string }) => Promise<D>,
  ): Promise<Scenario<D>> {
    await makeImages();
    await using undo = new AsyncDisposableStack();
    const repo = await Repo.create({ 'project.yaml': manifest('Project', 'default', {}) });
    undo.defer(() => repo.destroy());
    const socketPath = join(repo.root, 'engine.sock');
    const proxy = await RecordingProxy.start({ engine: testEngine(), socketPath });
    undo.defer(() => proxy.stop());
    const skep = await start({ repo: repo.bare, dockerHost: proxy.dockerHost });
    undo.move();
    return new Scenario(randomBytes(3).toString('hex'), repo, skep, proxy);
  }

  /** The name of an app and its project on the engine, which other runs do not use. */
  name(app: string): string {
    this.#apps.add(app);
    return `${app}-${this.#id}`;
  }

  /** The files of an app. */
  app(app: string, { services, more, spec }: AppFiles): Files {
    const filled = Object.entries(services).map(([name, service]) => [
      name,
      { image: TEST_IMAGE, stop_grace_period: '2s', ...service },
    ]);
    const compose = { services: Object.fromEntries(filled), ...more };
    return {
      [`${app}/app.yaml`]: manifest('App', this.name(app), { compose: './compose.yaml', ...spec }),
      [`${app}/compose.yaml`]: JSON.stringify(compose),
    };
  }

  /** Pushes and waits until that revision is applied. */
  async deploy(files: Files, message?: string): Promise<string> {
    const sha = await this.repo.push(files, message);
    await this.applied(sha);
    return sha;
  }

  async applied(sha: string): Promise<void> {
    const { code, output } = await this.wait(sha);
    if (code !== 0) throw new Error(`skep wait: ${code}\n${output}\n${this.skep.log}`);
  }

  async wait(sha: string, timeout = '60s'): Promise<{ code: number; output: string }> {
    const result = await this.skep.cli('wait', '--rev', sha, '--timeout', timeout);
    return { code: result.code, output: `${result.stdout}${result.stderr}` };
  }

  status(app: string): Promise<AppStatus> {
    return this.skep.get<AppStatus>(`/apps/${this.name(app)}`);
  }

  /** Waits until the app's Ready condition has that reason. */
  reason(app: string, reason: string, deadlineMs?: number): Promise<AppStatus> {
    const look = async () => {
      const status = await this.status(app);
      if (status.conditions.some((condition) => condition.reason === reason)) return status;
      throw new Error(JSON.stringify(status.conditions));
    };
    return eventually(`${reason} of ${app}`, look, deadlineMs);
  }

  /**
   * Waits until a pass has dealt with the app as that revision has it, and means to do no more: the
   * revision alone is written before the first operation already.
   */
  async seen(app: string, sha: string): Promise<AppStatus> {
    return await eventually(`a pass of ${app} at ${sha}`, async () => {
      const status = await this.status(app);
      const isOver = status.units.every(
        ({ revision, conditions }) =>
          revision === sha &&
          conditions.some(({ type, status: is }) => type === 'Reconciling' && is === 'False'),
      );
      if (isOver && status.units.length > 0) return status;
      throw new Error(JSON.stringify(status.units));
    });
  }

  /** Waits until nothing of the app is left, in the API and on the engine. */
  async gone(app: string): Promise<void> {
    await eventually(`${app} to be gone`, async () => {
      const apps = await this.skep.get<{ items: readonly AppStatus[] }>('/apps');
      const known = apps.items.some(({ name }) => name === this.name(app));
      return !known && (await this.containers(app)).size === 0;
    });
  }

  containers(app: string): Promise<ReadonlyMap<string, ContainerFacts>> {
    return containersOf(this.docker, this.name(app));
  }

  /** The container of a service. @throws Error where there is none. */
  async container(app: string, service: string, number = 1): Promise<ContainerFacts> {
    const found = (await this.containers(app)).get(`${this.name(app)}-${service}-${number}`);
    if (!found) throw new Error(`no container of ${service}`);
    return found;
  }

  async destroy(): Promise<void> {
    await using left = new AsyncDisposableStack();
    left.defer(() => this.repo.destroy());
    for (const app of this.#apps) left.defer(() => removeProject(this.docker, this.name(app)));
    left.defer(() => this.proxy.stop());
    left.defer(() => this.skep.destroy());
  }
}
