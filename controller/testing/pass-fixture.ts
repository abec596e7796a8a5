/** One unit, a model engine as its fleet, and passes over it. */

import { imageName } from '../../engine/names.ts';
import { silentLogger } from '../../kit/logger.ts';
import {
  type CommitSha,
  type ComposeModel,
  type DesiredApp,
  type DesiredState,
  type HostOperation,
  type ManifestAnswer,
  type OperationErrorCode,
  type Outcome,
  toUnitKey,
  type UnitStatus,
} from '../../schemas/domain/index.ts';
import { Board } from '../reconcile/board.ts';
import { Facts } from '../reconcile/facts.ts';
import { Masks } from '../reconcile/masks.ts';
import { Pass } from '../reconcile/pass.ts';
import type { ConnectedHost, Dispatch, Fleet } from '../reconcile/ports.ts';
import type { PassEnd } from '../reconcile/queue.ts';
import { Revisions } from '../reconcile/revisions.ts';
import { SpecKeeper } from '../reconcile/spec-keeper.ts';
import { APP, aModel, anApp, aUnit, ENGINE, HOST, INSTALLATION, REVISION } from './builders.ts';
import { MemoryStore, MemoryVault } from './memory-ports.ts';
import { ModelEngine } from './model-engine.ts';

export class PassFixture {
  readonly engine = new ModelEngine();
  readonly store = new MemoryStore();
  readonly vault = new MemoryVault();
  desired: DesiredState;
  app: DesiredApp;
  online = true;
  paused: ConnectedHost['paused'] = null;
  /** Called before each operation; an outcome it gives stands for the operation. */
  interfere: (operation: HostOperation) => Outcome | undefined = () => undefined;
  /** Called while an operation is under way. */
  during: (operation: HostOperation, tell: Dispatch['onProgress']) => void = () => {};
  /** What registries answer; by default nobody can tell. */
  manifest: (reference: string) => ManifestAnswer = (reference) => ({
    error: { code: 'PullFailed', fault: 'world', message: `no registry for ${reference}` },
  });
  readonly masks = new Masks();
  board: Board;
  #facts = new Facts(this.vault);
  #specs = this.#keeper();
  #pass: Pass;
  readonly #revisions = new Revisions(this.store, () => new Date(this.engine.nowMs).toISOString());

  constructor(model: ComposeModel = aModel(), over: Partial<DesiredApp> = {}) {
    this.app = anApp(aUnit(model), over);
    this.desired = desiredOf([this.app]);
    this.addImages(model);
    this.board = this.#makeBoard();
    this.#pass = this.#makePass();
  }

  readonly key = toUnitKey(APP, HOST);

  addImages(model: ComposeModel): void {
    for (const name of Object.keys(model.services)) this.engine.addImages(imageName(model, name));
  }

  /** Git asks for something else. */
  change(model: ComposeModel, over: Partial<DesiredApp> = {}): void {
    this.app = anApp(aUnit(model), over);
    this.desired = desiredOf([this.app]);
    this.addImages(model);
  }

  /** A commit that changes the unit is in force. */
  async track(sha: CommitSha): Promise<void> {
    const now = new Date(this.engine.nowMs).toISOString();
    const commit = { sha, subject: 's', author: 'a', committedAt: now, allowDestroy: [] };
    await this.#revisions.begin(commit, now, [], [this.key], []);
  }

  /** Git declares nothing any more, and the removal is allowed. */
  async vanish(): Promise<void> {
    this.desired = desiredOf([]);
    await this.#facts.putRemovals({ judged: REVISION, allowed: [this.app.id], held: [] });
  }

  /** The controller's memory is gone; vault and store stay. */
  async restart(): Promise<void> {
    this.#facts = new Facts(this.vault);
    this.#specs = this.#keeper();
    await this.#specs.load();
    this.board = this.#makeBoard();
    this.#pass = this.#makePass();
    await this.board.load();
  }

  #keeper(): SpecKeeper {
    return new SpecKeeper(this.store, Buffer.from('key'), silentLogger);
  }

  #makeBoard(): Board {
    return new Board(this.store, () => this.engine.nowMs);
  }

  #makePass(): Pass {
    return new Pass({
      fleet: this.#fleet(),
      store: this.store,
      facts: this.#facts,
      board: this.board,
      specs: this.#specs,
      masks: this.masks,
      revisions: this.#revisions,
      clock: { now: () => this.engine.nowMs, setTimer: () => () => {} },
      logger: silentLogger,
      installation: INSTALLATION,
      newId: () => `operation-${this.engine.calls.length}`,
      concurrency: 1,
      desired: () => this.desired,
      isHeld: () => false,
    });
  }

  #fleet(): Fleet {
    return {
      hosts: () => [
        {
          host: HOST,
          online: this.online,
          sinceMs: 0,
          engine: ENGINE,
          agentVersion: '0',
          paused: this.paused,
        },
      ],
      observed: () => (this.online ? this.engine.observed() : undefined),
      places: () => [this.engine.observed().host],
      ownedUnits: () => [this.key],
      execute: async (_host, { operation, onProgress }) => {
        this.during(operation, onProgress);
        return this.#execute(operation);
      },
      inspectManifest: async (_host, reference) => this.manifest(reference),
      tailLogs: async () => ['last words'],
      onObserved: () => {},
    };
  }

  #execute(operation: HostOperation): Outcome {
    const instead = this.interfere(operation);
    if (instead) return instead;
    try {
      this.engine.execute(operation);
      return { status: 'done', durationMs: 1 };
    } catch (error) {
      return failed(String(error));
    }
  }

  run(): Promise<PassEnd> {
    const signal = new AbortController().signal;
    return this.#pass.run(this.key, { signal, onPoke: () => {} });
  }

  /** Passes, letting time pass between them, until one is done. */
  async converge(passes = 12): Promise<void> {
    for (let pass = 0; pass < passes; pass += 1) {
      const end = await this.run();
      if (end.kind === 'done') return;
      this.engine.settle();
    }
    throw new Error(`does not converge: ${JSON.stringify(this.status())}`);
  }

  status(): UnitStatus | undefined {
    return this.store.byUnit.get(this.key);
  }

  ready(): { readonly reason: string; readonly message: string } | undefined {
    return this.status()?.conditions.find(({ type }) => type === 'Ready');
  }
}

export const failed = (
  message: string,
  code: OperationErrorCode | 'SessionLost' = 'EngineError',
): Outcome => ({ status: 'failed', durationMs: 1, error: { code, fault: 'world', message } });

export function desiredOf(apps: readonly DesiredApp[]): DesiredState {
  return {
    revision: REVISION,
    projects: new Map(),
    hosts: new Map(),
    apps: new Map(apps.map((app) => [app.id, app] as const)),
    users: new Map(),
    roles: new Map(),
    contents: new Map(),
    registries: new Map(),
  };
}
