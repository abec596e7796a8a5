import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StatusSummary } from '../schemas/domain/index.ts';
import { git, TestRepository } from '../test/support/git.ts';
import { IDLE, makeImages } from '../test/support/images.ts';
import { Skep } from '../test/support/skep.ts';
import { until } from '../test/support/until.ts';
import { benchEngine } from './engine.ts';
import { EngineScene } from './engine-scene.ts';
import { type Figure, quantile } from './harness.ts';

export interface AgainstComposeSize {
  readonly services: readonly number[];
  readonly rounds: number;
  /** The program `docker-compose`; without it nothing can be compared. */
  readonly compose: string | undefined;
}

/** What issue B asks for. */
export const FULL_AGAINST_COMPOSE: AgainstComposeSize = {
  services: [10, 50],
  rounds: 3,
  compose: process.env['SKEP_BENCH_COMPOSE'] || undefined,
};

const LIMITS = { first: 0.8, changed: 0.8, noop: 0.1 } as const;
type Step = keyof typeof LIMITS;
const STEPS: Readonly<Record<Step, string>> = {
  first: 'first deploy',
  changed: 'one changed',
  noop: 'nothing changed',
};

/** Milliseconds of each step. */
type Run = Readonly<Record<Step, number>>;

const DEADLINE_MS = 180_000;
const PROJECT = 'bench-race';
const NOOP_SAMPLES = 9;

/**
 * The same project by skep and by Compose, in turns: from the move of the branch, or from the
 * start of Compose, to the start of the last container; then with one service changed; then a
 * pass over it with nothing changed, which Compose makes by `up -d` and skep in its controller.
 */
export async function againstCompose(size: AgainstComposeSize): Promise<readonly Figure[]> {
  const { compose } = size;
  if (!compose) return size.services.flatMap(lackingFigures);
  await using engine = await benchEngine();
  const { dockerHost } = engine;
  await makeImages(undefined, dockerHost);
  await using scene = await EngineScene.open(dockerHost, PROJECT);
  await using other = await EngineScene.open(dockerHost, `${PROJECT}-other`);
  const figures: Figure[] = [];
  for (const services of size.services) {
    const rounds: { readonly skep: Run; readonly compose: Run }[] = [];
    for (let round = 0; round < size.rounds; round += 1) {
      rounds.push({
        skep: await runSkep({ scene, other, services }),
        compose: await runCompose(compose, scene, services),
      });
    }
    figures.push(...figuresOf(services, rounds));
  }
  return figures;
}

interface Race {
  readonly scene: EngineScene;
  /** What else skep runs. */
  readonly other: EngineScene;
  readonly services: number;
}

async function runSkep({ scene, other, services }: Race): Promise<Run> {
  await using repository = await TestRepository.create(otherApp());
  const skep = await Skep.up({ repo: repository.path, dockerHost: scene.dockerHost });
  const move = async (level: string, expected: number): Promise<number> => {
    const sha = await repository.commit(filesOf(services, level), { push: false });
    await git(repository.checkout, 'push', '--quiet', 'origin', 'HEAD:refs/staging/next');
    const started = scene.started(expected, DEADLINE_MS);
    const begun = performance.now();
    await git(repository.path, 'update-ref', 'refs/heads/main', sha);
    const ms = (await started) - begun;
    await settled(skep, sha);
    return ms;
  };
  try {
    await settled(skep, await repository.head());
    const first = await move('first', services);
    const changed = await move('second', 1);
    return { first, changed, noop: await medianOf(() => skep.get('/plan')) };
  } catch (error) {
    throw new Error(`the end of its log:\n${skep.log}`, { cause: error });
  } finally {
    await skep.destroy();
    await scene.clear();
    await other.clear();
  }
}

/** skep runs already, for something else. */
function otherApp(): Record<string, string> {
  return {
    'apps/other/app.yaml': JSON.stringify(appNamed(`${PROJECT}-other`)),
    'apps/other/compose.yaml': JSON.stringify({ services: { other: SERVICE } }),
  };
}

/** The revision is in force, and nothing is under way. */
async function settled(skep: Skep, sha: string): Promise<void> {
  const isSettled = async () => {
    const { source, converged } = await skep.get<StatusSummary>('/status');
    return source?.revision === sha && converged;
  };
  await until(isSettled, { what: `${sha} has settled`, deadlineMs: DEADLINE_MS });
}

async function runCompose(program: string, scene: EngineScene, services: number): Promise<Run> {
  await using repository = await TestRepository.create();
  const file = join(repository.checkout, 'apps/race/compose.yaml');
  const up = async (level: string, expected: number): Promise<number> => {
    await repository.write(filesOf(services, level));
    const started = scene.started(expected, DEADLINE_MS);
    const begun = performance.now();
    await composeUp(program, file, scene.dockerHost);
    return (await started) - begun;
  };
  try {
    const first = await up('first', services);
    const changed = await up('second', 1);
    const noop = await medianOf(() => composeUp(program, file, scene.dockerHost));
    return { first, changed, noop };
  } finally {
    await scene.clear();
  }
}

async function composeUp(program: string, file: string, dockerHost: string): Promise<void> {
  const child = spawn(program, ['-p', PROJECT, '-f', file, 'up', '-d'], {
    env: { ...process.env, DOCKER_HOST: dockerHost },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: DEADLINE_MS,
  });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} up -d: ${words}`);
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const samples: number[] = [];
  for (let index = 0; index < NOOP_SAMPLES; index += 1) {
    const begun = performance.now();
    await work();
    samples.push(performance.now() - begun);
  }
  return quantile(samples, 0.5);
}

const SERVICE = {
  image: 'skep-test/app:1',
  command: IDLE.map((word) => word.replaceAll('$', '$$$$')),
  environment: { LEVEL: 'first' },
  restart: 'unless-stopped',
};

const appNamed = (name: string) => ({
  apiVersion: 'skep/v1',
  kind: 'App',
  metadata: { name },
  spec: { compose: './compose.yaml' },
});

function filesOf(services: number, level: string): Record<string, string> {
  const names = Array.from({ length: services }, (_, index) => `service-${index}`);
  const all = Object.fromEntries(names.map((name) => [name, SERVICE]));
  const changed = { ...SERVICE, environment: { LEVEL: level } };
  const compose = { services: { ...all, 'service-0': changed } };
  return {
    'apps/race/app.yaml': JSON.stringify(appNamed(PROJECT)),
    'apps/race/compose.yaml': JSON.stringify(compose),
  };
}

const stepsOf = (): readonly Step[] => Object.keys(STEPS) as Step[];

function figuresOf(
  services: number,
  rounds: readonly { readonly skep: Run; readonly compose: Run }[],
): readonly Figure[] {
  return stepsOf().flatMap((step): Figure[] => [
    {
      name: `  ${services} services, ${STEPS[step]}: skep`,
      samples: rounds.map(({ skep }) => skep[step]),
      unit: 'ms',
    },
    {
      name: `  ${services} services, ${STEPS[step]}: compose up -d`,
      samples: rounds.map(({ compose }) => compose[step]),
      unit: 'ms',
    },
    {
      name: `${services} services, ${STEPS[step]}, of compose up -d`,
      samples: rounds.map(({ skep, compose }) => skep[step] / compose[step]),
      unit: '×',
      judged: 'p50',
      limit: LIMITS[step],
    },
  ]);
}

const lackingFigures = (services: number): readonly Figure[] =>
  stepsOf().map((step) => ({
    name: `${services} services, ${STEPS[step]}, of compose up -d`,
    samples: [],
    unit: '×',
    limit: LIMITS[step],
    lacking: 'SKEP_BENCH_COMPOSE names no docker-compose',
  }));
