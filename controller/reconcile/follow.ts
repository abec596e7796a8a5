import type { Clock } from '../../kit/clock.ts';
import type { Logger } from '../../kit/logger.ts';
import type {
  AppId,
  DesiredApp,
  DesiredState,
  SourceStatus,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { canonicalText, Failure, toUnitKey } from '../../schemas/domain/index.ts';
import type { LoadResult } from '../core/load/load.ts';
import { type Loaded, type LoaderOptions, loadInForce } from './load-commit.ts';
import type { Commit, Source, Store } from './ports.ts';
import { errorText } from './queue.ts';

export interface InForce {
  readonly commit: Commit;
  readonly loaded: Loaded;
  readonly seenAt: string;
  /** Units whose desired state differs from the one in force before, removed ones too. */
  readonly touched: readonly UnitKey[];
  /** Units to look at again although nothing that runs changes (suspend, drift, …). */
  readonly revisit: readonly UnitKey[];
}

export interface FollowOptions {
  readonly source: Source;
  readonly loader: LoaderOptions;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly repository: string;
  readonly branch: string;
  /** Puts a loaded revision in force; resolves when it is. */
  readonly publish: (inForce: InForce, signal: AbortSignal) => Promise<void>;
}

/**
 * Follows one repository: a trigger fetches, a new commit is loaded and published. Any error
 * leaves what is in force as it is; its age and the error are shown, and the next trigger tries
 * again (decision 10).
 */
export class Follow {
  readonly #options: FollowOptions;
  #desired: DesiredState | undefined;
  /** What `publish` has taken whole; behind `#desired` after it failed. */
  #published: DesiredState | undefined;
  #status: SourceStatus;
  #result: LoadResult | undefined;
  #pending = false;
  #loop: Promise<void> | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#status = {
      repository: options.repository,
      branch: options.branch,
      head: null,
      revision: null,
      fetchedAt: null,
      error: null,
    };
  }

  start(signal: AbortSignal): void {
    this.#options.source.onTrigger(() => this.#kick(signal));
    this.#kick(signal);
  }

  async stop(): Promise<void> {
    await this.#loop;
  }

  desired(): DesiredState | undefined {
    return this.#desired;
  }

  status(): SourceStatus {
    return this.#status;
  }

  /** Apps declared by the revision in force that have issues. */
  heldApps(): readonly AppId[] {
    return this.#result?.heldApps ?? [];
  }

  #kick(signal: AbortSignal): void {
    this.#pending = true;
    this.#loop ??= this.#run(signal).finally(() => {
      this.#loop = undefined;
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (this.#pending && !signal.aborted) {
      this.#pending = false;
      try {
        await this.#once(signal);
      } catch (error) {
        if (!signal.aborted) await this.#failed(error);
      }
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const seenAt = this.#nowIso();
    const commit = await this.#options.source.fetch(signal);
    if (commit.sha !== this.#published?.revision) await this.#load(commit, seenAt, signal);
    await this.#setStatus({
      ...this.#status,
      head: commit.sha,
      revision: commit.sha,
      fetchedAt: this.#nowIso(),
      error: null,
    });
  }

  async #load(commit: Commit, seenAt: string, signal: AbortSignal): Promise<void> {
    const { loader, logger } = this.#options;
    const previous = this.#desired;
    const loaded = await loadInForce(loader, commit.sha, previous, signal);
    const issues = loaded.result.issues.length;
    logger.info(
      { revision: commit.sha, apps: loaded.desired.apps.size, issues },
      'revision loaded',
    );
    const change = difference(this.#published, loaded.desired);
    this.#desired = loaded.desired;
    this.#result = loaded.result;
    await this.#options.publish({ commit, loaded, seenAt, ...change }, signal);
    this.#published = loaded.desired;
  }

  async #failed(error: unknown): Promise<void> {
    const code = error instanceof Failure ? error.code : 'LoadFailed';
    const message = error instanceof Error ? error.message : String(error);
    const known = this.#status.error;
    const repeated = known?.code === code && known.message === message;
    const fields = { code, error: error instanceof Failure ? message : errorText(error) };
    if (!repeated) this.#options.logger.warn(fields, 'the repository could not be read');
    const since = repeated ? known.since : this.#nowIso();
    await this.#setStatus({ ...this.#status, error: { code, message, since } });
  }

  async #setStatus(status: SourceStatus): Promise<void> {
    const before = this.#status;
    this.#status = status;
    const changed =
      canonicalText({ ...before, fetchedAt: '' }) !== canonicalText({ ...status, fetchedAt: '' });
    if (!changed) return;
    try {
      await this.#options.store.putSource(status);
    } catch (error) {
      this.#options.logger.error({ error: errorText(error) }, 'source status was not stored');
    }
  }

  #nowIso(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

/** What a new desired state changes, unit by unit. */
export function difference(
  previous: DesiredState | undefined,
  next: DesiredState,
): { touched: UnitKey[]; revisit: UnitKey[] } {
  const touched: UnitKey[] = [];
  const revisit: UnitKey[] = [];
  // Whoever waits for a registry has a reason to try again at once.
  const logsInAsBefore = loginsOf(previous) === loginsOf(next);
  for (const app of next.apps.values()) {
    const before = previous?.apps.get(app.id);
    if (before === app && logsInAsBefore) continue;
    const same = logsInAsBefore && before !== undefined && settingsOf(before) === settingsOf(app);
    // To take over what runs is something to wait for, though no container is asked to be another.
    const adopts = app.adopt && !before?.adopt;
    for (const [host, unit] of app.units) {
      const isOther = before?.units.get(host)?.fingerprint !== unit.fingerprint;
      if (isOther || adopts) touched.push(unit.key);
      else if (!same) revisit.push(unit.key);
    }
  }
  return { touched: [...touched, ...removed(previous, next)], revisit };
}

const loginsOf = (state: DesiredState | undefined): string =>
  canonicalText(
    [...(state?.registries ?? [])].map(([id, { place: _place, ...login }]) => [id, login]),
  );

function removed(previous: DesiredState | undefined, next: DesiredState): UnitKey[] {
  const keys: UnitKey[] = [];
  for (const app of previous?.apps.values() ?? []) {
    for (const host of app.units.keys()) {
      if (!next.apps.get(app.id)?.units.has(host)) keys.push(toUnitKey(app.id, host));
    }
  }
  return keys;
}

/** What an app says beside its units: a change of it is looked at, but replaces nothing. */
function settingsOf(app: DesiredApp): string {
  const { suspend, drift, adopt, pruneVolumes, rollout, dependsOn, contentHash } = app;
  const { strategy, formerly } = app;
  return canonicalText([
    suspend ?? null,
    drift,
    adopt,
    pruneVolumes,
    rollout,
    dependsOn,
    contentHash,
    strategy ?? null,
    formerly ?? null,
  ]);
}
