/** What a session needs from the rest of the agent; agent/main.ts joins them. */
import type {
  EngineInfo,
  HostOperation,
  ImageManifest,
  InstallationId,
  ObservedContainer,
  ObservedDelta,
  ObservedImage,
  ObservedNetwork,
  ObservedVolume,
  OperationProgress,
  Outcome,
  SwarmObject,
  UnitKey,
} from '../../schemas/domain/index.ts';

/** Everything on the host at one moment. Later deltas start from exactly here. */
export interface Snapshot {
  readonly engine: EngineInfo;
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
  readonly images: readonly ObservedImage[];
  readonly swarm?: readonly SwarmObject[];
}

export interface Observer {
  /**
   * A fresh full observation; deltas emitted after it resolves chain onto it.
   * @throws Failure EngineUnreachable
   */
  snapshot(signal: AbortSignal): Promise<Snapshot>;
  /** One listener; called in order, never concurrently. An event gap or resync calls onResync. */
  listen(listener: {
    delta(delta: ObservedDelta): void;
    /** The chain is broken (event gap, engine restart): send a new snapshot. */
    resync(cause: string): void;
  }): void;
  /** Resolves once everything the engine did until now has been emitted as deltas. */
  settle(signal: AbortSignal): Promise<void>;
}

export interface ExecuteRequest {
  readonly operationId: string;
  readonly epoch: bigint;
  readonly installation: InstallationId;
  readonly unit: UnitKey;
  readonly operation: HostOperation;
  readonly content?: Uint8Array;
  readonly deadlineMs: number;
}

export interface Executor {
  /**
   * Performs one operation, idempotent by id (journal) and by state. Never rejects. When it
   * resolves, the deltas that show its effect have been emitted.
   */
  execute(
    request: ExecuteRequest,
    progress: (progress: OperationProgress) => void,
    signal: AbortSignal,
  ): Promise<Outcome>;
  /** Ids of operations under way, for hello. */
  running(): readonly string[];
  /** Highest epoch ever seen, persisted. */
  epoch(): bigint;
}

export interface ManifestReader {
  /**
   * What a reference means in its registry; `auth`: the engine's AuthConfig as JSON.
   * @throws EngineFailure
   */
  read(
    reference: string,
    auth: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<ImageManifest>;
}

export interface LogReader {
  /** Last lines of standard output and error, oldest first. */
  tail(container: string, lines: number, signal: AbortSignal): Promise<readonly string[]>;
}
