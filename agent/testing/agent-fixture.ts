import type { Clock } from '../../kit/clock.ts';
import { silentLogger } from '../../kit/logger.ts';
import {
  COMPOSE_LABEL,
  type EngineBody,
  type HostOperation,
  type InstallationId,
  LABEL,
  type ObservedDelta,
  type OperationProgress,
  type Outcome,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import type { DockerEngine } from '../core/docker-engine.ts';
import { timedEngine } from '../docker/timed-engine.ts';
import { HostExecutor } from '../execute/executor.ts';
import { DEFAULT_HOST_POLICY, type HostPolicy } from '../execute/host-policy.ts';
import { FileJournal } from '../execute/journal.ts';
import type { FileStore, PauseState, TreeStore } from '../execute/ports.ts';
import { HostObserver } from '../observe/observer.ts';
import type { ExecuteRequest } from '../session/ports.ts';
import { MemoryFileStore, MemoryJournalFile, MemoryTreeStore } from './memory-stores.ts';

export const INSTALLATION = '0123456789abcdef' as InstallationId;
export const UNIT = 'shop/web@local' as UnitKey;

/** Labels of an object of ours. */
export function ownLabels(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    [LABEL.installation]: INSTALLATION,
    [LABEL.app]: 'shop/web',
    [LABEL.service]: 'web',
    [LABEL.number]: '1',
    [LABEL.specHash]: 'v1:a',
    [COMPOSE_LABEL.project]: 'web',
    ...more,
  };
}

type Fields<T> = T extends HostOperation
  ? Omit<T, 'id' | 'resource' | 'cause' | 'reason' | 'dependsOn' | 'service'>
  : never;

/** An operation as a plan holds it, from the fields that count. */
export function operation(fields: Fields<HostOperation>): HostOperation {
  const base = { id: fields.kind, resource: '', cause: 'test', reason: 'change', dependsOn: [] };
  return { ...base, ...fields } as HostOperation;
}

export interface FixtureOptions {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly journalFile?: MemoryJournalFile;
  readonly policy?: HostPolicy;
  readonly files?: FileStore;
  readonly trees?: TreeStore;
}

/** The host side of an agent, as main.ts joins it, with its deltas kept. */
export class AgentFixture {
  readonly observer: HostObserver;
  readonly executor: HostExecutor;
  readonly files = new MemoryFileStore();
  readonly trees = new MemoryTreeStore();
  readonly deltas: ObservedDelta[] = [];
  readonly resyncs: string[] = [];
  /** What was said, in order: deltas and outcomes. */
  readonly said: string[] = [];
  /** Of the budget for mounted files. */
  admit: (bytes: number) => Promise<void> = async () => {};
  paused: PauseState | undefined;
  policy: HostPolicy;
  #serial = 0;

  private constructor(options: FixtureOptions, journal: FileJournal) {
    const { clock } = options;
    const engine = timedEngine(options.engine, clock);
    this.policy = options.policy ?? DEFAULT_HOST_POLICY;
    this.observer = new HostObserver({
      engine,
      clock,
      logger: silentLogger,
      random: () => 0.5,
      records: {
        recorded: (key) => journal.recordedApp(key) !== undefined,
        adopted: (key) => journal.adopted(key),
        told: (id) => journal.files(id),
        keys: () => journal.keys(),
        forget: (key) => void journal.forget(key).catch(() => {}),
      },
      salt: 'salt of a test',
    });
    this.observer.listen({
      delta: (delta) => {
        this.deltas.push(delta);
        this.said.push('delta');
      },
      resync: (cause) => this.resyncs.push(cause),
    });
    this.executor = new HostExecutor({
      engine,
      journal,
      files: options.files ?? this.files,
      trees: options.trees ?? this.trees,
      admit: (bytes) => this.admit(bytes),
      clock,
      logger: silentLogger,
      policy: () => this.policy,
      paused: () => this.paused,
      refresh: (refs) => this.observer.refresh(refs),
    });
  }

  static async start(options: FixtureOptions): Promise<AgentFixture> {
    const file = options.journalFile ?? new MemoryJournalFile();
    const fixture = new AgentFixture(options, await FileJournal.open(file, silentLogger));
    fixture.observer.start();
    await fixture.observer.snapshot(new AbortController().signal);
    return fixture;
  }

  async stop(): Promise<void> {
    await this.executor.stop();
    await this.observer.stop();
  }

  request(fields: Fields<HostOperation>, more: Partial<ExecuteRequest> = {}): ExecuteRequest {
    this.#serial += 1;
    return {
      operationId: `op-${this.#serial}`,
      epoch: 1n,
      installation: INSTALLATION,
      unit: UNIT,
      operation: operation(fields),
      deadlineMs: 60_000,
      ...more,
    };
  }

  async run(
    fields: Fields<HostOperation>,
    more: Partial<ExecuteRequest> = {},
    progress: (progress: OperationProgress) => void = () => {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Outcome> {
    const outcome = await this.executor.execute(this.request(fields, more), progress, signal);
    this.said.push(outcome.status);
    return outcome;
  }

  /** Creates a container of ours under `name`. */
  create(name: string, body: EngineBody = {}, specHash = 'v1:a'): Promise<Outcome> {
    const Labels = ownLabels({ [LABEL.specHash]: specHash });
    const whole = { Image: 'skep-test/app:1', Labels, ...body };
    return this.run({ kind: 'create-container', name, body: whole, specHash });
  }
}
