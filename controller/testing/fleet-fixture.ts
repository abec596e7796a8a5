/** One app on several hosts, a model engine on each, and passes in turn as the queue would run them. */

import { imageName } from '../../engine/names.ts';
import { silentLogger } from '../../kit/logger.ts';
import {
  type ComposeModel,
  type DesiredApp,
  type DesiredState,
  type HostName,
  toHostName,
  toUnitKey,
  type UnitKey,
  type UnitStatus,
} from '../../schemas/domain/index.ts';
import { Board } from '../reconcile/board.ts';
import { Facts } from '../reconcile/facts.ts';
import { Masks } from '../reconcile/masks.ts';
import { Pass } from '../reconcile/pass.ts';
import type { ConnectedHost, Fleet } from '../reconcile/ports.ts';
import type { PassEnd } from '../reconcile/queue.ts';
import { Revisions } from '../reconcile/revisions.ts';
import { SpecKeeper } from '../reconcile/spec-keeper.ts';
import { APP, anApp, aUnit, ENGINE, INSTALLATION, REVISION } from './builders.ts';
import { MemoryStore, MemoryVault } from './memory-ports.ts';
import { ModelEngine } from './model-engine.ts';

export class FleetFixture {
  readonly hosts: readonly HostName[];
  readonly engines = new Map<HostName, ModelEngine>();
  readonly store = new MemoryStore();
  readonly vault = new MemoryVault();
  readonly offline = new Set<string>();
  readonly paused = new Set<string>();
  readonly board: Board;
  desired: DesiredState | undefined;
  #pass: Pass;
  readonly #facts = new Facts(this.vault);
  /** Hosts whose unit is to be looked at. */
  readonly #dirty = new Set<HostName>();
  nowMs = 1_000_000;

  constructor(...hosts: readonly string[]) {
    this.hosts = hosts.map(toHostName);
    for (const host of this.hosts) this.engines.set(host, new ModelEngine());
    this.board = new Board(this.store, () => this.nowMs);
    this.board.onMoved((app) => {
      for (const key of this.#pass.waiting(app)) this.#dirty.add(hostOf(key));
    });
    this.#pass = this.#makePass();
  }

  /** The controller's memory of turns is gone. */
  forgetTurns(): void {
    this.#pass = this.#makePass();
  }

  change(model: ComposeModel, over: Partial<DesiredApp> = {}): this {
    const units = this.hosts.map((host) => [host, aUnit(model, { host })] as const);
    const app = anApp(units[0]?.[1], { units: new Map(units), ...over });
    this.desired = {
      revision: REVISION,
      projects: new Map(),
      hosts: new Map(),
      apps: new Map([[app.id, app]]),
      users: new Map(),
      roles: new Map(),
      contents: new Map(),
      registries: new Map(),
    };
    for (const engine of this.engines.values()) {
      for (const name of Object.keys(model.services)) engine.addImages(imageName(model, name));
    }
    for (const host of this.hosts) this.#dirty.add(host);
    return this;
  }

  wake(host: string): void {
    this.#dirty.add(toHostName(host));
  }

  /** Runs every unit that is to be looked at, once. @returns their ends, by host. */
  async step(): Promise<ReadonlyMap<string, PassEnd>> {
    const ends = new Map<string, PassEnd>();
    const due = [...this.#dirty];
    this.#dirty.clear();
    for (const host of due) {
      const end = await this.run(host);
      ends.set(host, end);
      if (end.kind === 'again' || end.kind === 'failed') this.#dirty.add(host);
    }
    return ends;
  }

  run(host: string): Promise<PassEnd> {
    const signal = new AbortController().signal;
    return this.#pass.run(this.key(host), { signal, onPoke: () => {} });
  }

  /** Time passes on every host, and whoever waits for it looks again. */
  settle(ms = 10_000): void {
    this.nowMs += ms;
    for (const engine of this.engines.values()) {
      engine.settle(ms);
      engine.nowMs = this.nowMs;
    }
  }

  /** Until nobody is to be looked at. */
  async quiet(): Promise<void> {
    for (let round = 0; round < 60 && this.#dirty.size > 0; round += 1) {
      await this.step();
      this.settle();
    }
  }

  key(host: string): UnitKey {
    return toUnitKey(APP, toHostName(host));
  }

  status(host: string): UnitStatus | undefined {
    return this.store.byUnit.get(this.key(host));
  }

  /** `Healthy/WaitingTurn: waits for a`. */
  told(host: string): string {
    const status = this.status(host);
    const ready = status?.conditions.find(({ type }) => type === 'Ready');
    return `${status?.health}/${ready?.reason}: ${ready?.message}`;
  }

  engine(host: string): ModelEngine {
    const engine = this.engines.get(toHostName(host));
    if (!engine) throw new Error(`no host ${host}`);
    return engine;
  }

  #makePass(): Pass {
    return new Pass({
      fleet: this.#fleet(),
      store: this.store,
      facts: this.#facts,
      board: this.board,
      specs: new SpecKeeper(this.store, Buffer.from('key'), silentLogger),
      masks: new Masks(),
      revisions: new Revisions(this.store, () => new Date(this.nowMs).toISOString()),
      clock: { now: () => this.nowMs, setTimer: () => () => {} },
      logger: silentLogger,
      installation: INSTALLATION,
      newId: () => `operation-${this.nowMs}`,
      concurrency: 1,
      desired: () => this.desired,
      isHeld: () => false,
    });
  }

  #fleet(): Fleet {
    return {
      places: () => this.hosts,
      hosts: () => this.hosts.map((host) => this.#connected(host)),
      observed: (key) => {
        const host = hostOf(key);
        return this.offline.has(host) ? undefined : this.engine(host).observed({ host });
      },
      ownedUnits: (host) => [this.key(host)],
      execute: async (host, { operation }) => {
        try {
          this.engine(host).execute(operation);
          return { status: 'done', durationMs: 1 };
        } catch (error) {
          const failure = { code: 'EngineError', fault: 'world', message: String(error) } as const;
          return { status: 'failed', durationMs: 1, error: failure };
        }
      },
      inspectManifest: async () => ({
        error: { code: 'PullFailed', fault: 'world', message: 'no registry' },
      }),
      tailLogs: async () => [],
      onObserved: () => {},
    };
  }

  #connected(host: HostName): ConnectedHost {
    const paused = this.paused.has(host) ? { reason: 'disk', untilMs: this.nowMs + 1 } : null;
    const online = !this.offline.has(host);
    return { host, online, sinceMs: 0, engine: ENGINE, agentVersion: '0', paused };
  }
}

const hostOf = (key: UnitKey): HostName => toHostName(key.slice(key.indexOf('@') + 1));
