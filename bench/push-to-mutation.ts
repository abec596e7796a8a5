import { join } from 'node:path';
import Docker from 'dockerode';
import type { RevisionStatus } from '../schemas/domain/index.ts';
import { git, TestRepository } from '../test/support/git.ts';
import { IDLE, makeImages } from '../test/support/images.ts';
import { RecordingProxy } from '../test/support/recording-proxy.ts';
import { Skep } from '../test/support/skep.ts';
import { until } from '../test/support/until.ts';
import { benchEngine } from './engine.ts';
import { type Figure, samplesOf } from './harness.ts';

export interface PushSize {
  readonly apps: number;
  readonly samples: number;
  readonly warmUp: number;
}

/** What issue A asks for. */
export const FULL_PUSH_TO_MUTATION: PushSize = { apps: 200, samples: 30, warmUp: 3 };

const LIMIT_MS = 300;
/** Engines have addresses for some thirty networks only, so that the apps share one. */
const NETWORK = 'skep-bench';
const LABEL = 'bench=push-to-mutation';

interface Moments {
  readonly firstMs: number;
  readonly seenMs: number;
  readonly loadedMs: number;
}

function appFiles(index: number, level: string): Record<string, string> {
  const name = `bench-${index}`;
  const compose = {
    services: {
      web: {
        image: 'skep-test/app:1',
        command: IDLE.map((word) => word.replaceAll('$', '$$$$')),
        environment: { LEVEL: level },
        labels: [LABEL],
        stop_grace_period: '1s',
      },
    },
    networks: { default: { name: NETWORK, external: true } },
  };
  const app = {
    apiVersion: 'skep/v1',
    kind: 'App',
    metadata: { name },
    spec: { compose: './compose.yaml' },
  };
  return {
    [`apps/${name}/app.yaml`]: `${JSON.stringify(app, null, 2)}\n`,
    [`apps/${name}/compose.yaml`]: `${JSON.stringify(compose, null, 2)}\n`,
  };
}

async function applied(skep: Skep, sha: string, deadlineMs: number): Promise<RevisionStatus> {
  return await until(
    async () => {
      const status = await skep.get<RevisionStatus>(`/revisions/${sha}`).catch(() => undefined);
      const [issue] = status?.issues ?? [];
      if (issue) throw new Error(`${issue.file}: ${issue.code}: ${issue.message}`);
      if (status?.state === 'failed') throw new Error('the revision failed');
      return status?.state === 'applied' && status;
    },
    { what: `${sha} is applied`, deadlineMs, everyMs: 50 },
  ).catch((error: unknown) => {
    throw new Error(`the end of its log:\n${skep.log}`, { cause: error });
  });
}

/** One app changes; the objects are there before, so that the branch alone moves. */
async function push(
  index: number,
  repository: TestRepository,
  proxy: RecordingProxy,
  skep: Skep,
  apps: number,
): Promise<Moments> {
  const sha = await repository.commit(appFiles(index % apps, `changed-${index}`), { push: false });
  await git(repository.checkout, 'push', '--quiet', 'origin', 'HEAD:refs/staging/next');
  const mark = proxy.mark();
  const movedAt = Date.now();
  const moved = performance.now();
  await git(repository.path, 'update-ref', 'refs/heads/main', sha);
  const [first] = await until(() => proxy.mutating(mark).length > 0 && proxy.mutating(mark), {
    what: 'the first mutating request',
    everyMs: 5,
  });
  const { phases } = await applied(skep, sha, 30_000);
  return {
    firstMs: (first?.atMs ?? Number.NaN) - moved,
    seenMs: Date.parse(phases.seenAt) - movedAt,
    loadedMs: Date.parse(phases.loadedAt ?? '') - movedAt,
  };
}

async function cleanUp(docker: Docker): Promise<void> {
  const filters = { label: [LABEL] };
  const all = await docker.listContainers({ all: true, filters });
  await Promise.all(all.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
  await docker
    .getNetwork(NETWORK)
    .remove()
    .catch(() => undefined);
}

/**
 * From the moment a branch moves to the first request that changes something at the engine, seen
 * by a proxy before its socket. Images are present; all apps of the repository run.
 */
export async function pushToMutation(size: PushSize): Promise<readonly Figure[]> {
  await using engine = await benchEngine();
  await makeImages(undefined, engine.dockerHost);
  const docker = new Docker({ socketPath: engine.dockerHost.slice('unix://'.length) });
  await cleanUp(docker);
  await docker.createNetwork({ Name: NETWORK });
  const indexes = Array.from({ length: size.apps }, (_, index) => index);
  const files = Object.assign({}, ...indexes.map((index) => appFiles(index, 'first')));
  await using repository = await TestRepository.create(files);
  const socketPath = join(repository.path, '..', 'engine.sock');
  await using proxy = await RecordingProxy.start({ engine: engine.dockerHost, socketPath });
  const skep = await Skep.up({ repo: repository.path, dockerHost: proxy.dockerHost });
  try {
    return await measure(size, repository, proxy, skep);
  } finally {
    await skep.destroy();
    await cleanUp(docker);
  }
}

async function measure(
  size: PushSize,
  repository: TestRepository,
  proxy: RecordingProxy,
  skep: Skep,
): Promise<readonly Figure[]> {
  const begun = performance.now();
  await applied(skep, await repository.head(), 300_000);
  const deployS = (performance.now() - begun) / 1000;
  const moments: Moments[] = [];
  const samples = await samplesOf(
    size.samples,
    async (index) => {
      const found = await push(index, repository, proxy, skep, size.apps);
      moments.push(found);
      return found.firstMs;
    },
    size.warmUp,
  );
  const counted = moments.slice(-size.samples);
  return [
    { name: `first deploy of ${size.apps} apps`, samples: [deployS], unit: 's' },
    { name: '  branch moved -> fetch begins', samples: counted.map((m) => m.seenMs), unit: 'ms' },
    { name: '  branch moved -> loaded', samples: counted.map((m) => m.loadedMs), unit: 'ms' },
    { name: 'branch moved -> first mutating request', samples, unit: 'ms', limit: LIMIT_MS },
  ];
}
