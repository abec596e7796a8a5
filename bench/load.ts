/** Load of a repository of 2,000 manifests: cold, unchanged, and after a change of one file. */
import { createHash } from 'node:crypto';
import { createLoadCache, loadRevision } from '../controller/core/load/load.ts';
import type { TreeEntryLike } from '../controller/core/load/tree/file-table.ts';
import { toBlobId, toCommitSha } from '../schemas/domain/index.ts';

const APPS = 2_000;
const HOSTS = 20;
const LIMITS_MS = { cold: 3_000, changed: 50 };
const REPEATS = 15;

interface Files {
  readonly entries: TreeEntryLike[];
  readonly blobs: Map<string, Uint8Array>;
}

function put(files: Files, path: string, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const blob = toBlobId(createHash('sha1').update(bytes).digest('hex'));
  files.blobs.set(blob, bytes);
  const entry = { path, mode: '100644', size: bytes.length, blob };
  const index = files.entries.findIndex((one) => one.path === path);
  if (index < 0) files.entries.push(entry);
  else files.entries[index] = entry;
}

function appManifest(n: number, level: string): string {
  const lines = [
    'apiVersion: skep/v1',
    'kind: App',
    'metadata:',
    `  name: app-${n}`,
    'spec:',
    `  hosts: [host-${n % HOSTS}]`,
    `  values: {LEVEL: ${level}}`,
    '  compose:',
    '    services:',
  ];
  for (const service of ['web', 'worker', 'cache']) {
    lines.push(
      `      ${service}:`,
      '        image: example/image:1.2.3',
      '        command: ["run", "--verbose"]',
      '        restart: unless-stopped',
      '        environment:',
      `          LOG_LEVEL: \${LEVEL:-info}`,
      `          NAME: ${service}-${n}`,
      '          MODE: production',
      '        healthcheck:',
      '          test: ["CMD", "check"]',
      '          interval: 10s',
      '        volumes:',
      `          - ${service}-data:/data`,
      '        labels:',
      '          team: shop',
    );
  }
  lines.push('    volumes:', '      web-data:', '      worker-data:', '      cache-data:', '');
  return lines.join('\n');
}

function aRepository(): Files {
  const files: Files = { entries: [], blobs: new Map() };
  for (let n = 0; n < HOSTS; n++) {
    const text = `apiVersion: skep/v1\nkind: Host\nmetadata:\n  name: host-${n}\n`;
    put(files, `hosts/host-${n}.yaml`, text);
  }
  for (let n = 0; n < APPS - HOSTS; n++) put(files, `apps/app-${n}.yaml`, appManifest(n, 'info'));
  return files;
}

async function load(files: Files, cache: ReturnType<typeof createLoadCache>) {
  let longest = 0;
  let sliceStart = performance.now();
  const endSlice = () => {
    longest = Math.max(longest, performance.now() - sliceStart);
  };
  const start = performance.now();
  const result = await loadRevision({
    revision: toCommitSha('a'.repeat(40)),
    entries: files.entries,
    read: async (ids) => new Map(ids.map((id) => [id, files.blobs.get(id) ?? new Uint8Array()])),
    cache,
    now: 0,
    pause: async () => {
      endSlice();
      await new Promise((resume) => setImmediate(resume));
      sliceStart = performance.now();
    },
  });
  endSlice();
  return { ms: performance.now() - start, longest, result };
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const files = aRepository();
const cache = createLoadCache();
const cold = await load(files, cache);
const unchanged: number[] = [];
const changed: number[] = [];
for (let round = 0; round < REPEATS; round++) {
  unchanged.push((await load(files, cache)).ms);
  put(files, 'apps/app-7.yaml', appManifest(7, `level-${round}`));
  const after = await load(files, cache);
  changed.push(after.ms);
}
const rows = [
  ['cold, 2,000 manifests', cold.ms, LIMITS_MS.cold],
  ['unchanged (median of 15)', median(unchanged), LIMITS_MS.changed],
  ['one file changed (median of 15)', median(changed), LIMITS_MS.changed],
] as const;
for (const [what, ms, limit] of rows) {
  const verdict = ms <= limit ? 'ok' : 'OVER';
  console.log(`load: ${what}: ${ms.toFixed(1)} ms (limit ${limit} ms) ${verdict}`);
}
console.log(`load: longest time without a pause, cold: ${cold.longest.toFixed(1)} ms`);
console.log(`load: ${cold.result.desired.apps.size} apps, ${cold.result.issues.length} issues`);
if (rows.some(([, ms, limit]) => ms > limit)) process.exitCode = 1;
