import { createLoadCache, loadRevision } from '../controller/core/load/load.ts';
import type { Figure } from './harness.ts';
import { appManifest, hostManifest } from './manifests.ts';
import { Tree } from './tree.ts';

export interface LoadSize {
  /** Manifests in all. */
  readonly manifests: number;
  readonly hosts: number;
  readonly cold: number;
  readonly repeats: number;
}

/** What issue A asks for. */
export const FULL_LOAD: LoadSize = { manifests: 2_000, hosts: 20, cold: 3, repeats: 15 };

const COLD_LIMIT_MS = 3_000;
const CHANGED_LIMIT_MS = 50;

type Cache = ReturnType<typeof createLoadCache>;

/** @throws Error where the load has issues or lacks an app: then nothing was measured. */
async function loadOnce(tree: Tree, cache: Cache, apps: number) {
  let stallMs = 0;
  const start = performance.now();
  let resumed = start;
  const endSlice = () => {
    stallMs = Math.max(stallMs, performance.now() - resumed);
  };
  const result = await loadRevision({
    revision: tree.revision,
    entries: tree.entries(),
    read: (ids) => tree.read(ids),
    cache,
    now: 0,
    pause: async () => {
      endSlice();
      await new Promise((resume) => setImmediate(resume));
      resumed = performance.now();
    },
  });
  endSlice();
  const ms = performance.now() - start;
  const [issue] = result.issues;
  if (issue) throw new Error(`${issue.file}: ${issue.message}`);
  if (result.desired.apps.size !== apps) throw new Error('the load lacks apps');
  return { ms, stallMs };
}

/** Load of a repository: with nothing cached, unchanged, and after a change of one file. */
export async function load(size: LoadSize): Promise<readonly Figure[]> {
  const tree = new Tree();
  const apps = size.manifests - size.hosts;
  for (let n = 0; n < size.hosts; n += 1) tree.put(`hosts/host-${n}.yaml`, hostManifest(n));
  const hostOf = (n: number) => n % size.hosts;
  for (let n = 0; n < apps; n += 1) tree.put(`apps/app-${n}.yaml`, appManifest(n, hostOf(n)));
  const cold: number[] = [];
  const stalls: number[] = [];
  let cache = createLoadCache();
  for (let run = 0; run < size.cold; run += 1) {
    cache = createLoadCache();
    const { ms, stallMs } = await loadOnce(tree, cache, apps);
    cold.push(ms);
    stalls.push(stallMs);
  }
  const unchanged: number[] = [];
  const changed: number[] = [];
  for (let round = 0; round < size.repeats; round += 1) {
    unchanged.push((await loadOnce(tree, cache, apps)).ms);
    const n = round % apps;
    tree.put(`apps/app-${n}.yaml`, appManifest(n, hostOf(n), `level-${round}`));
    changed.push((await loadOnce(tree, cache, apps)).ms);
  }
  const limit = CHANGED_LIMIT_MS;
  const median = { unit: 'ms', judged: 'p50' } as const;
  return [
    {
      name: `load ${size.manifests} manifests, cold`,
      samples: cold,
      ...median,
      limit: COLD_LIMIT_MS,
    },
    { name: '  longest stretch without a pause', samples: stalls, unit: 'ms' },
    { name: '  after a change of one file', samples: changed, ...median, limit },
    { name: '  unchanged', samples: unchanged, unit: 'ms' },
  ];
}
