import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SourceStatus } from '../schemas/domain/index.ts';
import { git, TestRepository } from '../test/support/git.ts';
import { IDLE, makeImages } from '../test/support/images.ts';
import { RecordingProxy } from '../test/support/recording-proxy.ts';
import { Skep } from '../test/support/skep.ts';
import { until } from '../test/support/until.ts';
import { benchEngine } from './engine.ts';
import { EngineScene } from './engine-scene.ts';
import type { Figure } from './harness.ts';
import { type RawDeploy, rawDeploy, rawDeployOf } from './raw-deploy.ts';

export interface FirstDeploySize {
  readonly services: number;
  readonly rounds: number;
  /** The program `docker-compose`, where it is to be compared with. */
  readonly compose: string | undefined;
}

/** What issue A asks for. */
export const FULL_FIRST_DEPLOY: FirstDeploySize = {
  services: 50,
  rounds: 5,
  compose: process.env['SKEP_BENCH_COMPOSE'] || undefined,
};

const RAW_LIMIT = 1.15;
const COMPOSE_LIMIT = 0.85;
/** What controller and agent have under way at once for one unit. */
const CONCURRENCY = 8;
const DEPLOY_MS = 180_000;
const PROJECT = 'bench-deploy';

/** Milliseconds each way took to get the containers running, one right after the other. */
interface Round {
  readonly raw: number;
  readonly skep: number;
  readonly compose: number | undefined;
}

/**
 * First deploy of one app: by skep, from the move of its branch to the start of its last
 * container; by bare requests to the engine that create and start the same; by Compose.
 */
export async function firstDeploy(size: FirstDeploySize): Promise<readonly Figure[]> {
  await using engine = await benchEngine();
  const { dockerHost } = engine;
  await makeImages(undefined, dockerHost);
  await using scene = await EngineScene.open(dockerHost, PROJECT);
  const requests = await rehearse(scene, size.services);
  const rounds: Round[] = [];
  for (let index = 0; index < size.rounds; index += 1) {
    const raw = await rawDeploy(requests, dockerHost, CONCURRENCY);
    await scene.clear();
    const skep = await deploy(scene, dockerHost, size.services);
    const compose = size.compose && (await composeUp(size.compose, scene, size.services));
    rounds.push({ raw, skep, compose: compose || undefined });
  }
  return figuresOf(rounds, size);
}

/** A deploy that is not measured: what skep asks of the engine there is what `rawDeploy` asks. */
async function rehearse(scene: EngineScene, services: number): Promise<RawDeploy> {
  await using repository = await TestRepository.create();
  const socketPath = join(repository.path, '..', 'engine.sock');
  const options = { engine: scene.dockerHost, socketPath, keepBodies: true };
  await using proxy = await RecordingProxy.start(options);
  await deploy(scene, proxy.dockerHost, services);
  return rawDeployOf(proxy.mutating());
}

/** skep runs only meanwhile: otherwise it would look at what the others start. */
async function deploy(scene: EngineScene, dockerHost: string, services: number): Promise<number> {
  await using repository = await TestRepository.create({ 'README.md': 'no app yet\n' });
  const skep = await Skep.up({ repo: repository.path, dockerHost });
  try {
    const empty = await repository.head();
    const followed = async () => {
      const { source } = await skep.get<{ source: SourceStatus }>('/status');
      return source.revision === empty;
    };
    await until(followed, { what: 'skep follows the repository', deadlineMs: 30_000 });
    const sha = await repository.commit(filesOf(services), { push: false });
    await git(repository.checkout, 'push', '--quiet', 'origin', 'HEAD:refs/staging/next');
    const started = scene.started(services, DEPLOY_MS);
    const begun = performance.now();
    await git(repository.path, 'update-ref', 'refs/heads/main', sha);
    return (await started) - begun;
  } catch (error) {
    throw new Error(`the end of its log:\n${skep.log}`, { cause: error });
  } finally {
    await skep.destroy();
    await scene.clear();
  }
}

async function composeUp(program: string, scene: EngineScene, services: number): Promise<number> {
  await using repository = await TestRepository.create();
  await repository.write(filesOf(services));
  const file = join(repository.checkout, 'apps/deploy/compose.yaml');
  const begun = performance.now();
  const child = spawn(program, ['-p', PROJECT, '-f', file, 'up', '-d'], {
    env: { ...process.env, DOCKER_HOST: scene.dockerHost },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: DEPLOY_MS,
  });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - begun;
  await scene.clear();
  if (code !== 0) throw new Error(`${program} up -d: ${words}`);
  return ms;
}

function filesOf(services: number): Record<string, string> {
  const service = {
    image: 'skep-test/app:1',
    command: IDLE.map((word) => word.replaceAll('$', '$$$$')),
    environment: { MODE: 'production' },
    restart: 'unless-stopped',
  };
  const names = Array.from({ length: services }, (_, index) => `service-${index}`);
  const compose = { services: Object.fromEntries(names.map((name) => [name, service])) };
  const app = {
    apiVersion: 'skep/v1',
    kind: 'App',
    metadata: { name: PROJECT },
    spec: { compose: './compose.yaml' },
  };
  return {
    'apps/deploy/app.yaml': JSON.stringify(app),
    'apps/deploy/compose.yaml': JSON.stringify(compose),
  };
}

function figuresOf(rounds: readonly Round[], size: FirstDeploySize): readonly Figure[] {
  const seconds = (ms: number) => ms / 1000;
  const compared = rounds.flatMap(({ skep, compose }) => (compose ? [{ skep, compose }] : []));
  const ratio = { unit: '×', judged: 'p50' } as const;
  const what = `first deploy of ${size.services} containers`;
  return [
    { name: what, samples: rounds.map(({ skep }) => seconds(skep)), unit: 's' },
    { name: '  bare requests', samples: rounds.map(({ raw }) => seconds(raw)), unit: 's' },
    {
      name: `${what}, of bare requests`,
      samples: rounds.map(({ skep, raw }) => skep / raw),
      ...ratio,
      limit: RAW_LIMIT,
    },
    ...(size.compose
      ? [
          {
            name: '  docker compose up -d',
            samples: compared.map((one) => seconds(one.compose)),
            unit: 's' as const,
          },
        ]
      : []),
    {
      name: `${what}, of compose up -d`,
      samples: compared.map(({ skep, compose }) => skep / compose),
      ...ratio,
      limit: COMPOSE_LIMIT,
      ...(!size.compose && { lacking: 'SKEP_BENCH_COMPOSE names no docker-compose' }),
    },
  ];
}
