import type {
  AppId,
  AppStatus,
  HostName,
  SkepEvent,
  UnitKey,
  UnitStatus,
} from '../../schemas/domain/index.ts';
import { canonicalText, splitUnitKey } from '../../schemas/domain/index.ts';
import { appStatus } from '../core/status/app-status.ts';
import type { Store } from './ports.ts';

/**
 * The status of every unit and app, in memory and, when something in it changed, in the store.
 * A unit's pass is the only writer of that unit's status.
 */
export class Board {
  readonly #store: Store;
  readonly #units = new Map<UnitKey, UnitStatus>();
  readonly #byApp = new Map<AppId, Set<UnitKey>>();
  readonly #apps = new Map<AppId, AppStatus>();
  /** What was told of apps, to tell a change from what went before. */
  readonly #ready = new Set<AppId>();
  readonly #now: () => number;
  readonly #listeners: ((app: AppId, ready: boolean) => void)[] = [];
  readonly #moved: ((app: AppId) => void)[] = [];

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  async load(): Promise<void> {
    for (const unit of await this.#store.units()) this.#index(unit);
    for (const app of this.#byApp.keys()) {
      this.#apps.set(app, this.#aggregate(app));
      if (this.isReady(app)) this.#ready.add(app);
    }
  }

  unit(key: UnitKey): UnitStatus | undefined {
    return this.#units.get(key);
  }

  units(): ReadonlyMap<UnitKey, UnitStatus> {
    return this.#units;
  }

  app(id: AppId): AppStatus | undefined {
    return this.#apps.get(id);
  }

  /**
   * Healthy and Synced on every host it has. One that is offline says nothing of the others, and
   * keeps nobody waiting while some other host is ready.
   */
  isReady(id: AppId): boolean {
    const units = [...(this.#byApp.get(id) ?? [])].flatMap((key) => this.#units.get(key) ?? []);
    const known = units.filter((unit) => !isAway(unit));
    return (
      known.length > 0 && known.every((unit) => unit.health === 'Healthy' && unit.sync === 'Synced')
    );
  }

  /** Called when the headline of a unit has changed. */
  onMoved(listener: (app: AppId) => void): void {
    this.#moved.push(listener);
  }

  /** Called when an app becomes ready, or stops being so. */
  onReady(listener: (app: AppId, ready: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** @returns whether anything but the time changed. */
  async put(status: UnitStatus): Promise<boolean> {
    const previous = this.#units.get(status.key);
    if (previous && sameStatus(previous, status)) return false;
    this.#index(status);
    const told = !previous || headline(previous) !== headline(status);
    // In this order, so that whoever hears of it and asks gets this state; together, so that an
    // operation waits for one commit and not for three.
    await Promise.all([
      this.#store.putUnit(status),
      told && this.#announce(status),
      this.#refreshApp(status.app),
    ]);
    if (told) for (const listener of this.#moved) listener(status.app);
    return true;
  }

  async remove(key: UnitKey): Promise<void> {
    if (!this.#units.delete(key)) return;
    const { app, host } = splitUnitKey(key);
    this.#byApp.get(app)?.delete(key);
    await this.#store.removeUnit(key);
    await this.#event({ type: 'unit', app, host, message: `${app} removed from ${host}` });
    await this.#refreshApp(app);
  }

  async #announce(status: UnitStatus): Promise<void> {
    const { app, host, health, sync } = status;
    const ready = status.conditions.find((condition) => condition.type === 'Ready');
    await this.#event({
      type: 'unit',
      app,
      host,
      ...(status.revision && { revision: status.revision }),
      message: `${app} on ${host}: ${health}, ${sync}${ready?.message ? `: ${ready.message}` : ''}`,
      data: { health, sync, reason: ready?.reason ?? null },
    });
  }

  async #event(event: Omit<SkepEvent, 'id' | 'at'> & { host: HostName }): Promise<void> {
    await this.#store.addEvent({ at: new Date(this.#now()).toISOString(), ...event });
  }

  async #refreshApp(id: AppId): Promise<void> {
    if ((this.#byApp.get(id)?.size ?? 0) === 0) {
      this.#apps.delete(id);
      this.#byApp.delete(id);
      await this.#store.removeApp(id);
    } else {
      const app = this.#aggregate(id);
      this.#apps.set(id, app);
      await this.#store.putApp(app);
    }
    const [before, after] = [this.#ready.has(id), this.isReady(id)];
    if (before === after) return;
    if (after) this.#ready.add(id);
    else this.#ready.delete(id);
    for (const listener of this.#listeners) listener(id, after);
  }

  #aggregate(id: AppId): AppStatus {
    const units: UnitStatus[] = [];
    for (const key of this.#byApp.get(id) ?? []) {
      const unit = this.#units.get(key);
      if (unit) units.push(unit);
    }
    return appStatus(units);
  }

  #index(unit: UnitStatus): void {
    this.#units.set(unit.key, unit);
    const keys = this.#byApp.get(unit.app) ?? new Set();
    this.#byApp.set(unit.app, keys.add(unit.key));
  }
}

const isAway = ({ conditions }: UnitStatus): boolean =>
  conditions.some(({ type, reason }) => type === 'Ready' && reason === 'HostOffline');

function sameStatus(a: UnitStatus, b: UnitStatus): boolean {
  return canonicalText({ ...a, updatedAt: '' }) === canonicalText({ ...b, updatedAt: '' });
}

function headline(status: UnitStatus): string {
  const reasons = status.conditions.map((c) => `${c.type}=${c.status}/${c.reason}`).join(' ');
  return `${status.health} ${status.sync} ${reasons}`;
}
