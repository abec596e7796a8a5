import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AppStatus, ComposeModel, Issue, RevisionDetail } from '../../schemas/domain/index.ts';
import { isError } from '../../schemas/domain/index.ts';
import { Daemons } from '../support/daemons.ts';
import { eventually } from '../support/eventually.ts';
import { engineRequest } from '../support/images.ts';
import { describeRequests } from '../support/recorded-request.ts';
import { RecordingProxy } from '../support/recording-proxy.ts';
import { Repo } from '../support/repo.ts';
import { manifest } from '../support/scenario.ts';
import type { Input } from './inputs.ts';
import { makeStandIns, mountedPaths, standInFile } from './stand-in.ts';

export interface BatchOptions {
  readonly inputs: readonly Input[];
  /** The folder the inputs are in. */
  readonly root: string;
  readonly dockerHost: string;
  readonly passes: number;
  /** Restarts the engine, its containers left alone; absent: it is not ours. */
  readonly restartEngine?: () => Promise<void>;
  readonly tell: (line: string) => void;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

export interface BatchResult {
  readonly settled: readonly string[];
  /** Input -> what it ended in instead. */
  readonly unsettled: ReadonlyMap<string, string>;
  /** Phase -> the calls that changed something; empty texts where there were none. */
  readonly calls: ReadonlyMap<string, string>;
}

const SETTLE_MS = 240_000;
/** Four engines and their first containers come up beside it. */
const CONTROLLER_START_MS = 90_000;
const FIRST_HASH = pathToFileURL(join(import.meta.dirname, 'first-hash.ts')).href;

/** Deploys inputs, then does to everything but them what a year does: not one call may change them. */
export async function runBatch(options: BatchOptions): Promise<BatchResult> {
  const { inputs, root, dockerHost, tell, signal } = options;
  signal?.throwIfAborted();
  await makeStandIns(inputs, dockerHost);
  await makeExternals(inputs, dockerHost);
  await using left = new AsyncDisposableStack();
  const repo = left.adopt(await Repo.create(), (made) => made.destroy());
  cpSync(root, join(repo.work, 'inputs'), { recursive: true });
  for (const path of inputs.flatMap(mountedPaths)) standInFile(join(repo.work, 'inputs', path));
  const socketPath = join(repo.root, 'engine.sock');
  const proxy = await RecordingProxy.start({ engine: dockerHost, socketPath });
  left.defer(() => proxy.stop());
  const controllerEnv: Record<string, string> = { NODE_OPTIONS: `--import=${FIRST_HASH}` };
  const skep = await Daemons.start({
    repo: repo.bare,
    dockerHost: proxy.dockerHost,
    controllerEnv: () => controllerEnv,
    startDeadlineMs: CONTROLLER_START_MS,
  });
  left.defer(() => skep.destroy());
  left.defer(() => tell(`${inputs.length} inputs are through`));
  await skep.writePolicy(JSON.stringify({ allowPrivileged: true }));
  const batch = new Batch({ options, repo, proxy, skep, controllerEnv });
  return await Promise.race([batch.run(), ...(signal ? [aborted(signal)] : [])]);
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

interface Stage {
  readonly options: BatchOptions;
  readonly repo: Repo;
  readonly proxy: RecordingProxy;
  readonly skep: Daemons;
  /** Emptied: the controller is the present version from its next start on. */
  readonly controllerEnv: Record<string, string>;
}

class Batch {
  readonly #stage: Stage;
  readonly #calls = new Map<string, string>();
  #apps: readonly Input[];
  #sha = '';

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#apps = stage.options.inputs;
  }

  async run(): Promise<BatchResult> {
    const { options, repo, skep, controllerEnv } = this.#stage;
    const privileges = ['privileged', 'bind:/', 'docker-socket', 'volume-driver-opts'];
    await repo.push({ 'project.yaml': manifest('Project', 'default', { privileges }) });
    await this.#push(10);
    const unsettled = await this.#settle();
    await this.#phase('upgrade from the first hash version', async () => {
      await skep.controller.stop();
      delete controllerEnv['NODE_OPTIONS'];
      await skep.startController();
      await this.#pass(11);
    });
    await this.#phase(`${options.passes} passes`, async () => {
      for (let pass = 1; pass <= options.passes; pass += 1) await this.#pass(11 + pass);
    });
    await this.#phase('restart of the agent', async () => {
      await skep.agent.stop();
      skep.agent.start();
      await this.#pass(101);
    });
    await this.#phase('restart of the controller', async () => {
      await skep.controller.stop();
      await skep.startController();
      await this.#pass(102);
    });
    const { restartEngine } = options;
    if (restartEngine) {
      await this.#phase('restart of the engine', async () => {
        await restartEngine();
        await this.#pass(103);
      });
    }
    return { settled: this.#apps.map(({ name }) => name), unsettled, calls: this.#calls };
  }

  /** A deadline is looked at and replaces nothing: each push of another one is a pass of each app. */
  async #push(deadlineM: number): Promise<string> {
    const files = this.#apps.flatMap((input) => [
      [`${input.app}.yaml`, appOf(input, deadlineM)] as const,
      [overrideOf(input), JSON.stringify({ services: imagesOf(input) })] as const,
    ]);
    this.#sha = await this.#stage.repo.push(Object.fromEntries(files));
    return this.#sha;
  }

  async #pass(deadlineM: number): Promise<void> {
    const sha = await this.#push(deadlineM);
    await eventually(
      `a pass of every app at ${sha}`,
      async () => {
        const late = (await this.#status()).filter(
          ({ units, health, sync }) =>
            health !== 'Healthy' ||
            sync !== 'Synced' ||
            units.some(({ revision }) => revision !== sha),
        );
        if (late.length === 0) return true;
        const [first] = late;
        throw new Error(`${first?.name}: ${first?.health} ${JSON.stringify(first?.conditions)}`);
      },
      SETTLE_MS,
    );
  }

  async #status(): Promise<readonly AppStatus[]> {
    const { items } = await this.#stage.skep.get<{ items: readonly AppStatus[] }>(
      '/apps?limit=200',
    );
    return items.filter(({ name }) => this.#apps.some(({ app }) => app === name));
  }

  async #phase(name: string, act: () => Promise<void>): Promise<void> {
    const { proxy, options } = this.#stage;
    const mark = proxy.mark();
    await act();
    const calls = describeRequests(proxy.mutating(mark));
    this.#calls.set(name, calls);
    options.tell(`${name}: ${calls === '' ? 'nothing' : `\n${calls}`}`);
  }

  /** Waits for every app; those that cannot run here are taken out again, each with its reason. */
  async #settle(): Promise<ReadonlyMap<string, string>> {
    const { repo, skep } = this.#stage;
    const isOver = ({ health, sync, conditions }: AppStatus) =>
      (health === 'Healthy' && sync === 'Synced') ||
      conditions.some(
        ({ type, status, reason }) =>
          (type === 'Stalled' && status === 'True') || reason === 'EngineError',
      );
    await eventually(
      'every app to settle',
      async () => {
        const found = await this.#status();
        return found.length > 0 && found.every(isOver) ? found : undefined;
      },
      SETTLE_MS,
    ).catch(() => undefined);
    const unsettled = new Map<string, string>();
    const { issues } = await skep.get<RevisionDetail>(`/revisions/${this.#sha}`);
    const { items } = await skep.get<{ items: readonly AppStatus[] }>('/apps?limit=200');
    for (const input of this.#apps) {
      const status = items.find(({ name }) => name === input.app);
      if (status?.health === 'Healthy' && status.sync === 'Synced') continue;
      const ready = status?.conditions.find(({ type }) => type === 'Ready');
      const issue = issues.find((one) => isError(one) && isOf(one, input));
      const said = issue ? `${issue.code}: ${issue.message}` : 'is not declared';
      unsettled.set(input.name, ready ? `${ready.reason}: ${ready.message}` : said);
    }
    this.#apps = this.#apps.filter(({ name }) => !unsettled.has(name));
    const gone = this.#stage.options.inputs.filter(({ name }) => unsettled.has(name));
    if (gone.length > 0) {
      const files = Object.fromEntries(gone.map(({ app }) => [`${app}.yaml`, null]));
      await repo.push(files, 'Take away what cannot run here\n\nAllow-Destroy: all');
      await eventually(
        'what cannot run here to be gone',
        async () => {
          const { items: left } = await skep.get<{ items: readonly AppStatus[] }>(
            '/apps?limit=200',
          );
          return left.every(({ name }) => gone.every(({ app }) => app !== name));
        },
        SETTLE_MS,
      );
    }
    return unsettled;
  }
}

/** Beside the file, from which its paths are counted. */
const overrideOf = ({ app, name }: Input): string =>
  join('inputs', dirname(name), `${app}.override.yaml`);

const imagesOf = ({ instead }: Input) =>
  Object.fromEntries(Object.entries(instead).map(([service, image]) => [service, { image }]));

function appOf(input: Input, deadlineM: number): string {
  const { app, name, instead } = input;
  const file = `./inputs/${name}`;
  const compose = Object.keys(instead).length === 0 ? file : [file, `./${overrideOf(input)}`];
  return manifest('App', app, { compose, rollout: { deadline: `${deadlineM}m` } });
}

const isOf = ({ file }: Issue, { app, name }: Input): boolean =>
  file === `${app}.yaml` || file === `inputs/${name}`;

/** External networks and volumes are somebody's: they are there before. */
async function makeExternals(inputs: readonly Input[], dockerHost: string): Promise<void> {
  const external = (objects: ComposeModel['networks'] | ComposeModel['volumes'] = {}) =>
    Object.entries(objects).flatMap(([key, object]) =>
      object.external ? [object.name ?? key] : [],
    );
  const networks = new Set(inputs.flatMap(({ model }) => external(model.networks)));
  for (const Name of networks) {
    await engineRequest(dockerHost, 'POST', '/networks/create', { Name, CheckDuplicate: true });
  }
  for (const Name of new Set(inputs.flatMap(({ model }) => external(model.volumes)))) {
    await engineRequest(dockerHost, 'POST', '/volumes/create', { Name });
  }
}
