import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import type {
  AppId,
  CommitSha,
  DesiredState,
  HostName,
  HostStatus,
  InstallationId,
  Issue,
  Plan,
  SecretReader,
  SourceStatus,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { splitUnitKey } from '../../schemas/domain/index.ts';
import { limitIssues } from '../core/load/issues.ts';
import { carryOver, createLoadCache, type LoadCache, type LoadResult } from '../core/load/load.ts';
import { Board } from './board.ts';
import { Facts } from './facts.ts';
import { Follow, type InForce } from './follow.ts';
import { hostStatus } from './host-status.ts';
import { type LoaderOptions, loadCommit, loadFiles } from './load-commit.ts';
import { Masks } from './masks.ts';
import { Pass } from './pass.ts';
import { PauseAudit } from './pause-audit.ts';
import type { Fleet, Source, Store, Vault } from './ports.ts';
import { Preflight } from './preflight.ts';
import { errorText, KeyedQueue, type Trigger } from './queue.ts';
import { RemovalJudge } from './removal-judge.ts';
import { formerNames, renamedFleet } from './renamed-fleet.ts';
import { Revisions } from './revisions.ts';
import { SpecKeeper } from './spec-keeper.ts';

export interface ReconcilerOptions {
  readonly source: Source;
  readonly fleet: Fleet;
  readonly store: Store;
  readonly vault: Vault;
  readonly secrets: SecretReader;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  /** Of the digests by which secrets are told apart without being kept. */
  readonly digestKey: Uint8Array;
  readonly pause: () => Promise<void>;
  readonly repository: string;
  readonly branch: string;
  readonly implicitHosts: readonly HostName[];
  /** A new one where none is given. */
  readonly cache?: LoadCache;
}

/** Passes of one host at once, and operations of one unit at once. */
const PASSES_PER_HOST = 16;
const OPERATIONS_PER_UNIT = 8;
const BACKOFF = { firstMs: 10_000, maxMs: 600_000, factor: 2 };
const STOP_DEADLINE_MS = 10_000;

const isPlanned = ({ operations, adoptions, blockers }: Plan): boolean =>
  operations.length + adoptions.length + blockers.length > 0;

const NO_REVISION = '0'.repeat(40) as CommitSha;

/** A plan for a revision or a set of files, computed and not carried out. */
export interface Preview {
  readonly issues: readonly Issue[];
  readonly plans: readonly Plan[];
  /** Units whose host is not connected: what would happen there is not known. */
  readonly unknown: readonly UnitKey[];
}

/** Joins source, fleet and store into the loop. The rules are in `core`, the way is in `Pass`. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** With renamed apps under their present names. */
  readonly #fleet: Fleet;
  readonly #installation: InstallationId;
  readonly #cache: LoadCache;
  readonly #loader: LoaderOptions;
  readonly #board: Board;
  readonly #facts: Facts;
  readonly #specs: SpecKeeper;
  readonly #revisions: Revisions;
  readonly #follow: Follow;
  readonly #removals: RemovalJudge;
  readonly #pass: Pass;
  readonly #preflight: Preflight;
  readonly #masks = new Masks();
  readonly #queue: KeyedQueue<UnitKey>;
  readonly #pauses: PauseAudit;
  #missing: ReadonlySet<AppId> = new Set();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#cache = options.cache ?? createLoadCache();
    const { source, store, vault, clock, logger } = options;
    const fleet = renamedFleet(options.fleet, () => formerNames(this.#follow.desired()));
    this.#fleet = fleet;
    this.#installation = vault.installation();
    const now = () => clock.now();
    this.#loader = {
      source,
      cache: this.#cache,
      secrets: options.secrets,
      implicitHosts: options.implicitHosts,
      now,
      pause: options.pause,
    };
    this.#board = new Board(store, now);
    this.#facts = new Facts(vault);
    this.#specs = new SpecKeeper(store, options.digestKey, logger);
    const nowIso = () => new Date(now()).toISOString();
    this.#revisions = new Revisions(store, nowIso);
    this.#pauses = new PauseAudit(store, nowIso);
    this.#follow = new Follow({
      source,
      loader: this.#loader,
      store,
      clock,
      logger,
      repository: options.repository,
      branch: options.branch,
      publish: (inForce, signal) => this.#publish(inForce, signal),
    });
    this.#removals = new RemovalJudge({
      facts: this.#facts,
      store,
      loader: this.#loader,
      clock,
      logger,
      heldApps: () =>
        new Set([
          ...this.#missing,
          ...this.#follow.heldApps(),
          ...[...formerNames(this.#follow.desired()).values()].flat(),
        ]),
      known: (desired) =>
        new Set([...this.#knownButUndeclared(desired)].map((key) => splitUnitKey(key).app)),
    });
    this.#preflight = new Preflight({
      fleet,
      facts: this.#facts,
      clock,
      inForce: () => this.#follow.desired(),
    });
    this.#pass = new Pass({
      fleet,
      store,
      facts: this.#facts,
      board: this.#board,
      specs: this.#specs,
      revisions: this.#revisions,
      masks: this.#masks,
      clock,
      logger,
      installation: this.#installation,
      newId: options.newId,
      concurrency: OPERATIONS_PER_UNIT,
      desired: () => this.#follow.desired(),
      isHeld: (app) => this.#isHeld(app),
    });
    this.#queue = new KeyedQueue<UnitKey>({
      run: (key, running) => this.#pass.run(key, running),
      groupOf: (key) => splitUnitKey(key).host,
      groupLimit: PASSES_PER_HOST,
      backoff: BACKOFF,
      clock,
      logger,
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#board.load(), this.#specs.load()]);
    this.#fleet.onObserved((host, changed) => this.#observed(host, changed));
    this.#board.onReady((app) => this.#release(app));
    this.#board.onMoved((app) => {
      for (const key of this.#pass.waiting(app)) this.#add(key, 'timer');
    });
    this.#follow.start(signal);
  }

  async stop(): Promise<void> {
    await this.#follow.stop();
    await this.#queue.stop(STOP_DEADLINE_MS);
  }

  desired(): DesiredState | undefined {
    return this.#follow.desired();
  }

  sourceStatus(): SourceStatus {
    return this.#follow.status();
  }

  /** Every host that is declared or connected. */
  hosts(): readonly HostStatus[] {
    const units = new Map<HostName, number>();
    for (const unit of this.#board.units().values()) {
      units.set(unit.host, (units.get(unit.host) ?? 0) + 1);
    }
    return hostStatus(this.#follow.desired(), this.#fleet.hosts(), units);
  }

  /** What a container of the app said, without what is sealed. */
  masked(app: AppId, text: string): string {
    return this.#masks.text(app, text);
  }

  /** What putting that commit in force would do. @throws Failure of the source. */
  async previewRevision(sha: CommitSha, signal: AbortSignal): Promise<Preview> {
    return this.preview(await loadCommit(this.#loader, sha, signal));
  }

  /** What putting these files (path -> text) in force would do. */
  async previewFiles(files: ReadonlyMap<string, string>): Promise<Preview> {
    const sha = this.#follow.desired()?.revision ?? NO_REVISION;
    return this.preview(await loadFiles(this.#loader, sha, files));
  }

  /** What putting that load result in force would do. Changes nothing. */
  async preview(result: LoadResult): Promise<Preview> {
    const { desired } = carryOver(this.#follow.desired(), result);
    const ahead = this.#preflight.begin();
    const fleet = renamedFleet(this.#options.fleet, () => formerNames(desired));
    const units = await Promise.all(
      [...this.#unitsOf(desired, fleet)].map(async ([key, app, unit]) => {
        const observed = fleet.observed(key);
        if (!observed) return { unknown: key };
        const flown = app && unit && (await ahead.look({ key, app, unit, observed, desired }));
        const { plan } = this.#pass.plan(key, app, unit, observed, flown?.locks);
        return { plan, issues: flown?.issues ?? [] };
      }),
    );
    ahead.end();
    const planned = units.filter((unit) => unit.plan !== undefined);
    return {
      issues: limitIssues([...result.issues, ...planned.flatMap(({ issues }) => issues)]),
      plans: planned.map(({ plan }) => plan).filter(isPlanned),
      unknown: units.flatMap(({ unknown }) => unknown ?? []),
    };
  }

  *#unitsOf(desired: DesiredState, fleet: Fleet) {
    const seen = new Set<UnitKey>();
    for (const app of desired.apps.values()) {
      for (const unit of app.units.values()) {
        seen.add(unit.key);
        yield [unit.key, app, unit] as const;
      }
    }
    for (const place of fleet.places()) {
      for (const key of fleet.ownedUnits(place)) {
        const { app } = splitUnitKey(key);
        if (!seen.has(key) && !this.#isHeld(app)) {
          yield [key, desired.apps.get(app), undefined] as const;
        }
      }
    }
  }

  async #publish(inForce: InForce, signal: AbortSignal): Promise<void> {
    const { commit, loaded, seenAt, touched, revisit } = inForce;
    this.#missing = new Set(loaded.missing);
    this.#masks.learn(loaded.desired);
    await this.#removals.judgeRevision(loaded.desired, signal);
    const pending = new Set([...touched, ...this.#knownButUndeclared(loaded.desired)]);
    const held = loaded.result.heldApps;
    const units = [...pending].filter((key) => !this.#isHeld(splitUnitKey(key).app));
    const begun = this.#revisions.begin(commit, seenAt, loaded.result.issues, units, held);
    const told = this.#options.store.addEvent({
      at: seenAt,
      type: 'revision',
      revision: commit.sha,
      message: `revision ${commit.sha.slice(0, 12)}: ${commit.subject}`,
      data: { units: units.length, issues: loaded.result.issues.length },
    });
    for (const key of pending) this.#queue.add(key, 'desired');
    for (const key of revisit) this.#queue.add(key, 'desired');
    await Promise.all([begun, told]);
  }

  /** Units with a status, or with something on a host, that the desired state does not have. */
  #knownButUndeclared(desired: DesiredState): Set<UnitKey> {
    const keys = new Set<UnitKey>(this.#board.units().keys());
    for (const place of this.#fleet.places()) {
      for (const key of this.#fleet.ownedUnits(place)) keys.add(key);
    }
    for (const key of keys) {
      const { app, host } = splitUnitKey(key);
      if (desired.apps.get(app)?.units.has(host)) keys.delete(key);
    }
    return keys;
  }

  #isHeld(app: AppId): boolean {
    return this.#missing.has(app);
  }

  #observed(host: HostName, changed: readonly UnitKey[] | 'all'): void {
    if (changed !== 'all') {
      for (const key of changed) this.#queue.add(key, 'observed');
      return;
    }
    void this.#hostChanged(host).catch((error: unknown) => {
      this.#options.logger.error({ host, error: errorText(error) }, 'host change not taken in');
    });
  }

  /** A host came, went or answered anew: judge what it owns, look at all its units. */
  async #hostChanged(host: HostName): Promise<void> {
    const status = this.hosts().find((candidate) => candidate.name === host);
    if (status) await this.#options.store.putHost(status);
    const connected = this.#fleet.hosts().find((candidate) => candidate.host === host);
    if (connected) await this.#pauses.look(connected);
    const desired = this.#follow.desired();
    if (!desired) return;
    await this.#removals.judgeHost(desired);
    const keys = new Set(this.#fleet.ownedUnits(host));
    for (const app of desired.apps.values()) {
      const unit = app.units.get(host);
      if (unit) keys.add(unit.key);
    }
    for (const unit of this.#board.units().values()) if (unit.host === host) keys.add(unit.key);
    for (const key of keys) this.#queue.add(key, 'observed');
  }

  /** An app became ready or stopped being so: those that depend on it look again. */
  #release(id: AppId): void {
    for (const app of this.#follow.desired()?.apps.values() ?? []) {
      if (!app.dependsOn.includes(id)) continue;
      for (const unit of app.units.values()) this.#add(unit.key, 'timer');
    }
  }

  #add(key: UnitKey, trigger: Trigger): void {
    this.#queue.add(key, trigger);
  }
}
