import { createLoadCache } from '../../../controller/core/load/load.ts';
import { Ledger } from '../../../controller/fleet/ledger.ts';
import { Refusals } from '../../../controller/fleet/refusals.ts';
import { Roster } from '../../../controller/fleet/roster.ts';
import { SessionDoor } from '../../../controller/fleet/session-door.ts';
import type { Fleet } from '../../../controller/reconcile/ports.ts';
import { Reconciler } from '../../../controller/reconcile/reconciler.ts';
import { silentLogger } from '../../../kit/logger.ts';
import {
  type HostName,
  type OperationError,
  type Outcome,
  type SecretReader,
  splitUnitKey,
  type UnitStatus,
} from '../../../schemas/domain/index.ts';
import { createManifestValidator } from '../../../schemas/validate.ts';
import { INSTALLATION, openStore, openVault, type StoreDisk, type VaultDisk } from './disks.ts';
import type { Git } from './git.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import type { Wraps } from './wraps.ts';

export interface ControllerOptions {
  /** Which run of the program this is: operation ids must never come twice. */
  readonly run: number;
  readonly git: Git;
  readonly network: Network;
  readonly vault: VaultDisk;
  readonly store: StoreDisk;
  readonly wraps: Wraps;
  readonly onStatus: (status: UnitStatus) => void;
  /** Units of a host may look different now. */
  readonly onObserved: (fleet: Fleet, host: HostName) => void;
}

export interface RunningController {
  readonly reconciler: Reconciler;
}

const NO_SECRETS: SecretReader = { open: async () => ({ fault: 'no key' }) };

/** Compiled once: the schemas are the same in every life. */
const validate = createManifestValidator();

/** One run of the controller's program, as controller/main.ts joins it, without sockets and API. */
export async function runController(
  life: Life,
  options: ControllerOptions,
): Promise<RunningController> {
  const { git, network, wraps } = options;
  const { clock } = life;
  const logger = silentLogger;
  const secrets = openVault(options.vault, life);
  const vault = wraps.vault?.(secrets) ?? secrets;
  const store = openStore(options.store, life, options.onStatus);
  const ledger = await Ledger.open(secrets);
  await ledger.raiseEpoch();
  const roster = wraps.roster?.(clock) ?? new Roster(clock, INSTALLATION);
  for (const [host] of ledger.enrolled()) roster.expect(host);
  const refusals = new Refusals(clock, logger, () => {});
  const door = new SessionDoor({
    clock,
    logger,
    installation: INSTALLATION,
    ledger,
    roster,
    refusals,
  });
  const joined = joinFleet(roster, ledger);
  const fleet = wraps.fleet?.(joined) ?? joined;
  joined.onObserved((host) => options.onObserved(fleet, host));
  const source = git.source(life);
  const abort = new AbortController();
  let operations = 0;
  const reconciler = new Reconciler({
    source: wraps.source?.(source) ?? source,
    fleet,
    store,
    vault,
    clock,
    logger,
    newId: () => {
      operations += 1;
      return `${options.run}-${operations}`;
    },
    pause: async () => undefined,
    repository: 'simulated',
    branch: 'main',
    implicitHosts: [],
    secrets: NO_SECRETS,
    digestKey: Buffer.from('simulated'),
    cache: createLoadCache({ validate }),
  });
  network.acceptor = { life, accept: door.open };
  await reconciler.start(abort.signal);
  return { reconciler };
}

/** As FleetServer joins them behind its listeners. */
function joinFleet(roster: Roster, ledger: Ledger): Fleet {
  return {
    hosts: () => roster.hosts(),
    observed: (key) => roster.state(splitUnitKey(key).host)?.unit(key),
    places: () => roster.hosts().map(({ host }) => host),
    ownedUnits: (host) => roster.state(host)?.units() ?? [],
    execute: async (host, dispatch, signal) => {
      const session = roster.session(host);
      return session ? await session.execute(dispatch, ledger.epoch(), signal) : offline(host);
    },
    tailLogs: async (host, container, lines) =>
      (await roster.session(host)?.tailLogs(container, lines)) ?? [],
    inspectManifest: async (host, reference) =>
      (await roster.session(host)?.inspectManifest(reference)) ?? { error: notConnected(host) },
    onObserved: (listener) => roster.onChange(listener),
  };
}

const offline = (host: HostName): Outcome => ({
  status: 'failed',
  durationMs: 0,
  error: notConnected(host),
});

const notConnected = (host: HostName): OperationError => ({
  code: 'HostOffline',
  fault: 'world',
  message: `${host} is not connected`,
});
