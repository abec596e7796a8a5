import { decodeOperation } from '../../proto/codec.ts';
import type { Operation } from '../../proto/gen/skep/agent/v1/agent.ts';
import {
  type HostOperation,
  type InstallationId,
  type Outcome,
  parseAppId,
  splitUnitKey,
  swarmOfPlace,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import type { ExecuteRequest } from './ports.ts';

/** What the controller asks for, checked; or the outcome that refuses it. */
export function readRequest(
  wire: Operation,
  content: Uint8Array | undefined,
  host: string,
  installation: string,
): ExecuteRequest | Outcome {
  const operation = decodeOperation(wire.operation);
  if (!operation) return refused('this agent does not know the operation; update it');
  if (!isUnitOf(wire.unit, host)) return refused(`not a unit of this host: ${wire.unit}`);
  if (wire.contentSize > 0 && !content) return refused('the content did not come whole', 'world');
  return {
    operationId: wire.operationId,
    epoch: wire.epoch,
    installation: installation as InstallationId,
    unit: wire.unit as UnitKey,
    operation,
    ...(operation.kind === 'put-file' && { content: content ?? new Uint8Array() }),
    ...(CARRIES_CONTENT.has(operation.kind) && content && { content }),
    deadlineMs: wire.deadlineMs,
  };
}

/** Beside files: credentials of a registry, and the data of configs and secrets. */
const CARRIES_CONTENT: ReadonlySet<HostOperation['kind']> = new Set([
  'pull-image',
  'create-service',
  'update-service',
  'create-swarm-file',
] as const);

/** Which swarm a manager is of, git says: a unit of any swarm may be asked of it. */
function isUnitOf(unit: string, host: string): boolean {
  const { app, host: named } = splitUnitKey(unit as UnitKey);
  try {
    const isPlace = named === host || swarmOfPlace(named) !== undefined;
    return isPlace && parseAppId(app).id === app;
  } catch {
    return false;
  }
}

function refused(message: string, fault: 'host' | 'world' = 'host'): Outcome {
  const code = fault === 'host' ? 'InvalidSpec' : 'EngineError';
  return { status: 'failed', durationMs: 0, error: { code, fault, message } };
}
