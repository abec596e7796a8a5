import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Reconciler } from '../controller/reconcile/reconciler.ts';
import { SecretOpener } from '../controller/secrets/secret-opener.ts';
import { openStore } from '../controller/store/open-store.ts';
import { FileVault } from '../controller/vault/file-vault.ts';
import { systemClock } from '../kit/clock.ts';
import { silentLogger } from '../kit/logger.ts';
import { toHostName } from '../schemas/domain/index.ts';
import { temporaryDirectory } from '../test/support/git.ts';
import { until } from '../test/support/until.ts';
import { cpuMsOf } from './cpu.ts';
import type { Figure } from './harness.ts';
import { LocalFleet } from './local-fleet.ts';
import { appManifest, hostManifest } from './manifests.ts';
import { Tree } from './tree.ts';

export interface PassSize {
  readonly apps: number;
  readonly hosts: number;
  readonly repeats: number;
}

/** What issue A asks for. */
export const FULL_PASS: PassSize = { apps: 1_000, hosts: 50, repeats: 9 };

const LIMIT_MS = 300;
const CONVERGE_MS = 300_000;

/** CPU of a pass over apps that are as declared, each of three services, on agents in memory. */
export async function pass({ apps, hosts, repeats }: PassSize): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory('skep-bench-');
  const vault = await FileVault.open(join(directory.path, 'vault'), randomBytes);
  const store = await openStore({ dataDir: directory.path, clock: systemClock });
  const fleet = new LocalFleet(vault.installation());
  const names = Array.from({ length: hosts }, (_, n) => toHostName(`host-${n}`));
  for (const name of names) await fleet.connect(name);
  const reconciler = new Reconciler({
    source: treeOf(apps, hosts).source(),
    fleet,
    store,
    vault,
    secrets: new SecretOpener([]),
    clock: systemClock,
    logger: silentLogger,
    newId: randomUUID,
    digestKey: randomBytes(32),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    repository: 'bench',
    branch: 'main',
    implicitHosts: [],
  });
  const abort = new AbortController();
  const deployed = performance.now();
  await reconciler.start(abort.signal);
  try {
    await until(async () => (await converged(store)) === apps, {
      what: 'all apps converge',
      deadlineMs: CONVERGE_MS,
      everyMs: 200,
    });
    const deployS = (performance.now() - deployed) / 1000;
    const reports: number[] = [];
    const reconnects: number[] = [];
    for (let round = 0; round < repeats; round += 1) {
      reports.push(await onePass(fleet, apps, (host) => fleet.tell(host, fleet.ownedUnits(host))));
      reconnects.push(await onePass(fleet, apps, (host) => fleet.tell(host, 'all')));
    }
    const median = { unit: 'ms', judged: 'p50', limit: LIMIT_MS } as const;
    return [
      { name: `first deploy of ${apps} apps on ${hosts} hosts`, samples: [deployS], unit: 's' },
      { name: `pass over ${apps} converged apps, CPU`, samples: reports, ...median },
      { name: '  after every host has connected anew, CPU', samples: reconnects, ...median },
    ];
  } finally {
    abort.abort();
    await reconciler.stop();
    await fleet.stop();
    await store.stop();
  }
}

function treeOf(apps: number, hosts: number): Tree {
  const tree = new Tree();
  for (let n = 0; n < hosts; n += 1) tree.put(`hosts/host-${n}.yaml`, hostManifest(n));
  for (let n = 0; n < apps; n += 1) tree.put(`apps/app-${n}.yaml`, appManifest(n, n % hosts));
  return tree;
}

async function converged(store: Awaited<ReturnType<typeof openStore>>): Promise<number> {
  const units = await store.units();
  return units.filter(({ health, sync }) => health === 'Healthy' && sync === 'Synced').length;
}

/** @returns CPU milliseconds until every unit was looked at and nothing is looked at any more. */
async function onePass(
  fleet: LocalFleet,
  units: number,
  trigger: (host: ReturnType<typeof toHostName>) => void,
): Promise<number> {
  const changes = changesOf(fleet);
  const ended = fleet.looks + units;
  const cpuMs = await cpuMsOf(async () => {
    for (const { host } of fleet.hosts()) trigger(host);
    let seen = 0;
    await until(
      () => {
        const quiet = fleet.looks >= ended && fleet.looks === seen;
        seen = fleet.looks;
        return quiet;
      },
      { what: 'the pass ends', deadlineMs: 60_000 },
    );
  });
  if (changesOf(fleet) !== changes) throw new Error('the pass changed something');
  return cpuMs;
}

const changesOf = (fleet: LocalFleet): number =>
  fleet.agents().reduce((sum, { engine }) => sum + engine.changes.length, 0);
