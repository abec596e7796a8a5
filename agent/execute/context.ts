import type { Clock } from '../../kit/clock.ts';
import type { AppId, InstallationId, OperationProgress } from '../../schemas/domain/index.ts';
import type { DockerEngine, ObjectRef } from '../core/docker-engine.ts';
import type { SwarmEngine } from '../core/swarm-engine.ts';
import type { HostPolicy } from './host-policy.ts';
import type { FieldsOf, FileStore, HostKind, Journal, TreeStore } from './ports.ts';

/** What a handler works with: the host's things, and whom it works for. */
export interface Context {
  readonly engine: DockerEngine;
  /** Absent where nothing of swarms is asked of this agent. */
  readonly swarm?: SwarmEngine;
  readonly journal: Journal;
  readonly files: FileStore;
  readonly trees: TreeStore;
  /** @throws OperationFailure FileBudgetExceeded where the host keeps no more files. */
  readonly admit: (bytes: number) => Promise<void>;
  readonly policy: HostPolicy;
  readonly clock: Clock;
  readonly installation: InstallationId;
  readonly app: AppId;
  readonly content: Uint8Array | undefined;
  readonly progress: (progress: OperationProgress) => void;
  /** Aborts at the operation's deadline. */
  readonly signal: AbortSignal;
  /** Aborts when nobody waits for the outcome any more; only pulls give up then. */
  readonly abandoned: AbortSignal;
  /** For reading back after the deadline: aborts only when the agent stops. */
  readonly stopped: AbortSignal;
  /** Names an object that is reported before the outcome, be it good or bad. */
  readonly touch: (ref: ObjectRef) => void;
}

/**
 * Performs one operation; `unchanged` where the host already was as asked.
 * @throws EngineFailure, OperationFailure
 */
export type Handler<K extends HostKind> = (
  operation: FieldsOf<K>,
  context: Context,
) => Promise<'done' | 'unchanged'>;

/**
 * Makes a change. An error says little about what was done (Nomad's dangling container), so the
 * engine is asked: the change counts as made where `made` finds it.
 */
export async function change(call: () => Promise<void>, made: () => Promise<boolean>) {
  try {
    await call();
  } catch (error) {
    if (!(await made().catch(() => false))) throw error;
  }
}
