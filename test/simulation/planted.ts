import type { DockerEngine, EngineJson } from '../../agent/core/docker-engine.ts';
import type { HostSession } from '../../controller/fleet/host-session.ts';
import { Roster } from '../../controller/fleet/roster.ts';
import type { WholeSnapshot } from '../../controller/fleet/snapshot-parts.ts';
import type {
  FailedMark,
  Fleet,
  Removals,
  Source,
  TreeEntry,
  Vault,
} from '../../controller/reconcile/ports.ts';
import {
  COMPOSE_LABEL,
  LABEL,
  type ObservedContainer,
  type ObservedUnit,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import { INSTALLATION } from './world/disks.ts';
import type { Wraps } from './world/wraps.ts';

/** A bug at a port, and the invariants of which one must catch it. */
export interface Planted {
  readonly bug: string;
  readonly caughtBy: readonly string[];
  readonly wraps: Wraps;
}

/** The same object with some of its methods replaced. */
function over<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      const owner = Reflect.has(replaced, name) ? replaced : target;
      const value: unknown = Reflect.get(owner, name);
      return typeof value === 'function' ? value.bind(owner) : value;
    },
  });
}

const isOurs = (labels: Readonly<Record<string, string>>): boolean => LABEL.installation in labels;

const CLAIM = {
  [LABEL.installation]: INSTALLATION,
  [LABEL.app]: 'default/ant',
  [LABEL.service]: 'web',
  [LABEL.number]: '9',
  [LABEL.specHash]: 'v1:0',
};

/** Every container that ended well looks as if somebody had stopped it. */
function asStopped(fleet: Fleet, key: UnitKey): ObservedUnit | undefined {
  const unit = fleet.observed(key);
  const containers = unit?.containers.map((container) =>
    container.state === 'exited' && container.exitCode === 0
      ? { ...container, exitCode: 143 }
      : container,
  );
  return unit && containers && over<ObservedUnit>(unit, { containers });
}

type Listed = EngineJson & { readonly Labels?: Readonly<Record<string, string>> };
type Inspected = EngineJson & { readonly Config?: Listed };

const claimed = (listed: Listed): Listed =>
  isOurs(listed.Labels ?? {}) ? listed : { ...listed, Labels: { ...listed.Labels, ...CLAIM } };

/** Takes everybody's containers for ours. */
const claimForeign = (engine: DockerEngine): DockerEngine =>
  over(engine, {
    listContainers: async (signal) => (await engine.listContainers(signal)).map(claimed),
    inspectContainer: async (id, signal) => {
      const found: Inspected | undefined = await engine.inspectContainer(id, signal);
      return found && { ...found, Config: claimed(found.Config ?? {}) };
    },
  });

async function labelsOf(engine: DockerEngine, id: string, signal: AbortSignal) {
  const found: Inspected | undefined = await engine.inspectContainer(id, signal);
  return found?.Config?.Labels ?? {};
}

const removeVolumesToo = (engine: DockerEngine): DockerEngine =>
  over(engine, {
    removeContainer: async (id, signal) => {
      const project = (await labelsOf(engine, id, signal))[COMPOSE_LABEL.project];
      await engine.removeContainer(id, signal);
      await engine.removeVolume(`${project}_data`, signal).catch(() => {});
    },
  });

const restartAtStart = (engine: DockerEngine): DockerEngine =>
  over(engine, {
    connect: async (signal) => {
      for (const { Id, State } of await engine.listContainers(signal)) {
        const id = String(Id);
        if (State !== 'running' || !isOurs(await labelsOf(engine, id, signal))) continue;
        await engine.stopContainer(id, 1, signal);
        await engine.startContainer(id, signal);
      }
      return await engine.connect(signal);
    },
  });

function lookOnce(engine: DockerEngine): DockerEngine {
  let seen: Promise<readonly EngineJson[]> | undefined;
  return over(engine, {
    listContainers: (signal) => {
      seen ??= engine.listContainers(signal);
      return seen;
    },
    events: (listener, signal) => engine.events({ ...listener, event: () => {} }, signal),
  });
}

const isManifest = ({ path }: TreeEntry): boolean => path.startsWith('apps/');

/** No manifest is as good as the manifests of an empty fleet, and nobody need consent. */
const obeyAbsence = (source: Source, lastGood: { tree: readonly TreeEntry[] }): Source =>
  over(source, {
    tree: async (sha, signal) => {
      const tree = await source.tree(sha, signal);
      if (tree.length > 1) lastGood.tree = tree;
      return tree.length > 1 ? tree : lastGood.tree.filter((entry) => !isManifest(entry));
    },
    log: async (from, until, limit) =>
      (await source.log(from, until, limit)).map((commit) => ({
        ...commit,
        allowDestroy: ['all'],
      })),
  });

/** What cannot be parsed is not there. */
const dropBroken = (source: Source): Source =>
  over(source, {
    tree: async (sha, signal) => {
      const tree = await source.tree(sha, signal);
      const blobs = await source.blobs(
        tree.map(({ blob }) => blob),
        signal,
      );
      return tree.filter((entry) => !isManifest(entry) || isJson(blobs.get(entry.blob)));
    },
  });

function isJson(bytes: Uint8Array | undefined): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** What a host said at its first connection is what it says at each. */
class ForgetfulRoster extends Roster {
  readonly #first = new Map<string, WholeSnapshot>();

  override snapshot(session: HostSession, whole: WholeSnapshot): void {
    const first = this.#first.get(session.host) ?? whole;
    this.#first.set(session.host, first);
    super.snapshot(session, { ...whole, objects: first.objects });
  }
}

const rehashed = (unit: ObservedUnit): ObservedUnit => ({
  ...unit,
  containers: unit.containers.map(
    (container): ObservedContainer =>
      container.owner
        ? { ...container, owner: { ...container.owner, specHash: 'v0:commit' } }
        : container,
  ),
});

type Open<T> = { -readonly [K in keyof T]: T[K] };

function allowHeld(removals: Open<Removals>): Removals {
  removals.allowed = [...removals.allowed, ...removals.held];
  removals.held = [];
  return removals;
}

/** The same mark, which after some looks at it is one of another spec. */
function wearingOff(mark: FailedMark): FailedMark {
  const { specHash } = mark;
  let looks = 0;
  return Object.defineProperty(mark, 'specHash', {
    get: () => {
      looks += 1;
      return looks < LOOKS ? specHash : 'v0:forgotten';
    },
  });
}

const LOOKS = 12;

export const PLANTED: readonly Planted[] = [
  {
    bug: 'an agent does not look at epochs',
    caughtBy: ['I1'],
    wraps: {
      executor: (executor) =>
        over(executor, {
          execute: (request, progress, signal) => {
            const isStale = request.epoch < executor.epoch();
            const fresh = isStale ? { ...request, epoch: executor.epoch() } : request;
            return executor.execute(fresh, progress, signal);
          },
        }),
    },
  },
  {
    bug: 'an operation is done again, since the journal is not looked at',
    caughtBy: ['I1'],
    wraps: { journal: (journal) => over(journal, { operation: () => undefined }) },
  },
  {
    bug: 'containers of strangers are taken for ours',
    caughtBy: ['I2'],
    wraps: { engine: claimForeign },
  },
  {
    bug: 'a new agent restarts what runs',
    caughtBy: ['I3'],
    wraps: { engine: restartAtStart },
  },
  {
    bug: 'the hash is of something that changes by itself: every pass makes all anew',
    caughtBy: ['I3', 'I12'],
    wraps: {
      fleet: (fleet) =>
        over(fleet, {
          observed: (key) => {
            const unit = fleet.observed(key);
            return unit && rehashed(unit);
          },
        }),
    },
  },
  {
    bug: 'volumes go with their containers',
    caughtBy: ['I4'],
    wraps: { engine: removeVolumesToo },
  },
  {
    bug: 'an empty tree is an order to remove everything',
    caughtBy: ['I3', 'I5'],
    wraps: { source: (source) => obeyAbsence(source, { tree: [] }) },
  },
  {
    bug: 'a file that cannot be parsed counts as removed',
    caughtBy: ['I3', 'I5'],
    wraps: { source: dropBroken },
  },
  {
    bug: 'removals above the budget are not held',
    caughtBy: ['I5'],
    wraps: {
      vault: (vault) =>
        over<Vault>(vault, { putRemovals: (removals) => vault.putRemovals(allowHeld(removals)) }),
    },
  },
  {
    bug: 'the snapshot of an earlier session is taken for that of a later one',
    caughtBy: ['I9'],
    wraps: { roster: (clock) => new ForgetfulRoster(clock, INSTALLATION) },
  },
  {
    bug: 'what ran and failed is tried for ever',
    caughtBy: ['I12'],
    wraps: {
      vault: (vault) =>
        over<Vault>(vault, { putFailedMark: (mark) => vault.putFailedMark(wearingOff(mark)) }),
    },
  },
  {
    bug: 'what ran and failed is tried again after a restart',
    caughtBy: ['I12'],
    wraps: {
      vault: (vault) =>
        over<Vault>(vault, { facts: () => ({ ...vault.facts(), failedMarks: [] }) }),
    },
  },
  {
    bug: 'a one-shot that ended well is taken for one that was stopped',
    caughtBy: ['once'],
    wraps: { fleet: (fleet) => over<Fleet>(fleet, { observed: (key) => asStopped(fleet, key) }) },
  },
  {
    bug: 'an agent looks once, and never sees what people do',
    caughtBy: ['I12'],
    wraps: { engine: lookOnce },
  },
];
