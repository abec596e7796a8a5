import type { DockerEngine } from '../../../agent/core/docker-engine.ts';
import type { Journal } from '../../../agent/execute/ports.ts';
import type { Executor } from '../../../agent/session/ports.ts';
import type { Roster } from '../../../controller/fleet/roster.ts';
import type { Fleet, Source, Vault } from '../../../controller/reconcile/ports.ts';
import type { Clock } from '../../../kit/clock.ts';
import type { Host } from './host.ts';

/** What stands between a program and its ports: nothing, or a bug that a test plants there. */
export interface Wraps {
  readonly engine?: (engine: DockerEngine, host: Host) => DockerEngine;
  readonly journal?: (journal: Journal) => Journal;
  readonly executor?: (executor: Executor, host: Host) => Executor;
  readonly roster?: (clock: Clock) => Roster;
  readonly fleet?: (fleet: Fleet) => Fleet;
  readonly vault?: (vault: Vault) => Vault;
  readonly source?: (source: Source) => Source;
}
