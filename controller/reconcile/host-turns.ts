import type {
  AppId,
  DesiredApp,
  DesiredUnit,
  Operation,
  UnitKey,
} from '../../schemas/domain/index.ts';
import { type HostStanding, type HostTurn, hostTurn } from '../core/plan/host-turn.ts';
import { isBeside, isParked } from '../core/plan/names.ts';
import type { PassOptions } from './pass-options.ts';
import type { StatusFacts } from './status-writer.ts';

/** What takes something away for a moment, or tells it of new content. */
const DISRUPTIVE: ReadonlySet<Operation['kind']> = new Set([
  'stop-container',
  'remove-container',
  'rename-container',
  'apply-files',
]);

const isDisruptive = (operations: readonly Operation[]): boolean =>
  operations.some(({ kind, reason }) => reason === 'change' && DISRUPTIVE.has(kind));

/**
 * Lets an app with `spec.strategy` change its hosts in turn. What a turn depends on is read from
 * status, marks and hosts; only who has begun is remembered, and after a restart the names of
 * containers that are set aside tell it.
 */
export class HostTurns {
  readonly #options: Pick<PassOptions, 'fleet' | 'facts' | 'board' | 'clock'>;
  readonly #begun = new Map<UnitKey, string>();
  readonly #waiting = new Map<AppId, Set<UnitKey>>();

  constructor(options: Pick<PassOptions, 'fleet' | 'facts' | 'board' | 'clock'>) {
    this.#options = options;
  }

  /** Whether the plan of this unit may be carried out now. */
  turn({ key, app, unit, result: { plan } }: StatusFacts): HostTurn {
    if (!app?.strategy || !unit || plan.provisional || !isDisruptive(plan.operations)) {
      return { kind: 'go' };
    }
    const standings = [...app.units.values()].map((one) => this.#standing(one));
    const turn = hostTurn({
      strategy: app.strategy,
      host: unit.host,
      standings,
      now: this.#options.clock.now(),
    });
    if (turn.kind === 'go') {
      this.#begun.set(key, unit.fingerprint);
      this.#waiting.get(app.id)?.delete(key);
    } else this.#wait(app, key);
    return turn;
  }

  /** Those of the app that were told to wait; they look again when another host moved. */
  waiting(app: AppId): readonly UnitKey[] {
    return [...(this.#waiting.get(app) ?? [])];
  }

  forget(key: UnitKey): void {
    this.#begun.delete(key);
    for (const keys of this.#waiting.values()) keys.delete(key);
  }

  #wait({ id }: DesiredApp, key: UnitKey): void {
    const keys = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, keys.add(key));
  }

  #standing({ key, host, fingerprint, app }: DesiredUnit): HostStanding {
    const { fleet, facts, board } = this.#options;
    const status = board.unit(key);
    const ready = status?.conditions.find(({ type }) => type === 'Ready');
    const isDone = status?.appliedFingerprint === fingerprint;
    const isFailed = status?.health === 'Degraded' && (isDone || facts.failed(key).length > 0);
    const isWaiting = this.#waiting.get(app)?.has(key) === true;
    if (isFailed && !isWaiting) {
      return { host, state: 'failed', ...(ready && { message: ready.message }) };
    }
    const observed = fleet.observed(key);
    const paused = fleet.hosts().some((one) => one.host === host && one.paused);
    if (!observed || paused) return { host, state: 'away' };
    const since = ready ? Date.parse(ready.since) : Number.NaN;
    if (isDone) return { host, state: 'done', ...(since > 0 && { doneMs: since }) };
    const isUnderWay = observed.containers.some(({ name }) => isParked(name) || isBeside(name));
    const begun = this.#begun.get(key) === fingerprint && !isWaiting;
    return { host, state: begun || isUnderWay ? 'rolling' : 'waiting' };
  }
}
