import type {
  DesiredApp,
  DesiredState,
  DesiredUnit,
  ManifestAnswer,
  ObservedUnit,
  OperationError,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { lockOf, platformRefusal } from '../core/plan/images.ts';
import { type LookUp, type LookUpInput, lookUpsDue, nextLookUpMs } from '../core/plan/look-ups.ts';
import { serverOf } from '../core/plan/registry-of.ts';
import { runningLocks } from '../core/plan/running-locks.ts';
import type { PassOptions } from './pass-options.ts';
import type { ImageLockEntry } from './ports.ts';
import { loginFor } from './registry-login.ts';

/** A look-up that found nobody is tried again after so long, where it would be due much later. */
const RETRY_MS = 10 * 60_000;
/** A registry that did not answer is not asked again by anybody for so long. */
const AWAY_MS = 30_000;

/** A declared unit as a pass sees it. */
export interface LookedAt {
  readonly key: UnitKey;
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly observed: ObservedUnit;
  readonly desired: DesiredState;
}

/**
 * Asks registries what tags mean, through the host that would pull, and keeps the answers as locks
 * (decision 6). A pass begins with it; where nothing is due it asks nobody.
 */
export class ImageLookUps {
  readonly #options: PassOptions;
  readonly #away = new AwayRegistries();

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /**
   * Ends early when the signal aborts, with nothing kept.
   * @returns why the unit cannot go on, where a registry has to tell and does not.
   */
  async prepare(target: LookedAt, signal: AbortSignal): Promise<OperationError | undefined> {
    await this.#remember(target);
    const due = lookUpsDue(lookUpInput(this.#options, target));
    if (due.length === 0) return undefined;
    const found = await unlessAborted(
      Promise.all(due.map((lookUp) => this.#ask(target, lookUp))),
      signal,
    );
    if (!found) return undefined;
    const failed = found.find(({ error, lookUp }) => error !== undefined && stops(lookUp, error));
    if (failed) return failed.error;
    const locks: Record<string, string> = {};
    const lookedUp: Record<string, number> = {};
    for (const { lookUp, lock, error } of found) {
      locks[lookUp.reference] = lock;
      lookedUp[lookUp.reference] = this.#askedAt(lookUp, error);
    }
    await this.#put(target, locks, lookedUp);
    return undefined;
  }

  /** Milliseconds until a tag of the unit is looked up again; undefined where none ever is. */
  nextMs(target: LookedAt): number | undefined {
    return nextLookUpMs(lookUpInput(this.#options, target));
  }

  /** With the locks lost, what runs as it is asked for tells them: nothing is moved by the loss. */
  async #remember(target: LookedAt): Promise<void> {
    const { facts, installation } = this.#options;
    if (facts.lockEntries(target.key).length > 0 || target.observed.containers.length === 0) return;
    const locks = runningLocks({ installation, ...target });
    if (Object.keys(locks).length === 0) return;
    const now = this.#options.clock.now();
    const lookedUp = Object.fromEntries(Object.keys(locks).map((reference) => [reference, now]));
    await this.#put(target, locks, lookedUp);
  }

  async #ask(target: LookedAt, lookUp: LookUp) {
    const { reference, otherwise } = lookUp;
    const { app, observed, desired, key } = target;
    const { fleet, clock } = this.#options;
    const login = loginFor(reference, app.project, desired.registries);
    const server = `${observed.host} ${serverOf(reference)}`;
    const answer =
      this.#away.known(server, clock.now()) ??
      (await fleet.inspectManifest(observed.host, reference, login));
    this.#away.note(server, answer, clock.now());
    const error = platformRefusal(answer, lookUp, observed.engine);
    if (error || 'error' in answer) {
      this.#options.logger.warn({ unit: key, image: reference, error }, 'tag was not looked up');
      return { lookUp, lock: otherwise, error };
    }
    return { lookUp, lock: lockOf(reference, answer.manifest) };
  }

  #askedAt({ kind, everyMs }: LookUp, error: OperationError | undefined): number {
    const now = this.#options.clock.now();
    if (!error || kind === 'first' || everyMs === undefined) return now;
    return now - everyMs + Math.min(everyMs, RETRY_MS);
  }

  async #put(
    { key, app }: LookedAt,
    locks: Readonly<Record<string, string>>,
    lookedUp: Readonly<Record<string, number>>,
  ): Promise<void> {
    const { facts } = this.#options;
    const own = facts.lockEntries(key).find((entry) => entry.contentHash === app.contentHash);
    await facts.putLocks(key, lockEntry(app, own, locks, lookedUp));
  }
}

/** Of the hosts: registries that did not answer lately. One that hangs delays one pass, not each. */
class AwayRegistries {
  readonly #untilMs = new Map<
    string,
    { readonly answer: ManifestAnswer; readonly untilMs: number }
  >();

  known(server: string, nowMs: number): ManifestAnswer | undefined {
    const found = this.#untilMs.get(server);
    return found && found.untilMs > nowMs ? found.answer : undefined;
  }

  note(server: string, answer: ManifestAnswer, nowMs: number): void {
    if ('error' in answer && AWAY.has(answer.error.code)) {
      if (this.known(server, nowMs)) return;
      this.#untilMs.set(server, { answer, untilMs: nowMs + AWAY_MS });
    } else this.#untilMs.delete(server);
  }
}

const AWAY: ReadonlySet<string> = new Set(['PullFailed', 'EngineTimeout']);

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const give = () => resolve(undefined);
    signal.addEventListener('abort', give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });
}

export function lookUpInput(
  { facts, clock }: Pick<PassOptions, 'facts' | 'clock'>,
  { key, app, unit, observed }: LookedAt,
): LookUpInput {
  const entries = facts.lockEntries(key);
  const own = entries.find(({ contentHash }) => contentHash === app.contentHash);
  const before = entries.findLast(({ contentHash }) => contentHash !== app.contentHash);
  return {
    app,
    unit,
    observed,
    locks: own?.locks ?? {},
    lookedUp: own?.lookedUp ?? {},
    restarted: before !== undefined && before.restart !== app.restart,
    now: clock.now(),
  };
}

/** What is kept of one content of a unit, with what has been found added to it. */
export const lockEntry = (
  { contentHash, restart }: DesiredApp,
  own: ImageLockEntry | undefined,
  locks: Readonly<Record<string, string>>,
  lookedUp: Readonly<Record<string, number>>,
): ImageLockEntry => ({
  contentHash,
  locks: { ...own?.locks, ...locks },
  lookedUp: { ...own?.lookedUp, ...lookedUp },
  ...(restart !== undefined && { restart }),
});

/** A registry that is away stops only what asked for it; an image that cannot run here, always. */
const stops = ({ kind, required }: LookUp, { code }: OperationError): boolean =>
  kind === 'first' && (required || code === 'PlatformMismatch');
