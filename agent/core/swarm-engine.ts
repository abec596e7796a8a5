import type { EngineBody } from '../../schemas/domain/index.ts';
import type { EngineJson } from './docker-engine.ts';

export type SwarmFileKind = 'config' | 'secret';

/**
 * The part of the Engine API that a manager answers. Every call rejects with an EngineFailure and
 * has a deadline of its own: without a quorum a write hangs for ever.
 */
export interface SwarmEngine {
  /** `GET /info`, of any engine. */
  info(signal: AbortSignal): Promise<EngineJson>;
  listNodes(signal: AbortSignal): Promise<readonly EngineJson[]>;
  listServices(signal: AbortSignal): Promise<readonly EngineJson[]>;
  listTasks(signal: AbortSignal): Promise<readonly EngineJson[]>;
  listFiles(kind: SwarmFileKind, signal: AbortSignal): Promise<readonly EngineJson[]>;
  listNetworks(signal: AbortSignal): Promise<readonly EngineJson[]>;
  /** By id or name; undefined where it is not there. */
  inspectService(target: string, signal: AbortSignal): Promise<EngineJson | undefined>;
  inspectFile(
    kind: SwarmFileKind,
    target: string,
    signal: AbortSignal,
  ): Promise<EngineJson | undefined>;

  /** `auth`: the engine's AuthConfig as JSON; the swarm keeps it for its nodes. */
  createService(body: EngineBody, auth: Uint8Array | undefined, signal: AbortSignal): Promise<void>;
  /** @throws EngineFailure Overtaken where `version` is not the latest. */
  updateService(
    id: string,
    version: number,
    body: EngineBody,
    auth: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  removeService(id: string, signal: AbortSignal): Promise<void>;
  createFile(kind: SwarmFileKind, body: EngineBody, signal: AbortSignal): Promise<void>;
  updateFile(
    kind: SwarmFileKind,
    id: string,
    version: number,
    body: EngineBody,
    signal: AbortSignal,
  ): Promise<void>;
  removeFile(kind: SwarmFileKind, id: string, signal: AbortSignal): Promise<void>;
}
