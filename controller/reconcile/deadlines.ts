import type { ContainerHook, HostOperation, Reason } from '../../schemas/domain/index.ts';
import { REASONS } from '../../schemas/domain/index.ts';

const SECOND = 1_000;
const PULL_DEADLINE_MS = 10 * 60 * SECOND;
/** A command in a container has a minute of its own. */
const APPLY_DEADLINE_MS = 120 * SECOND;
const CALL_DEADLINE_MS = 60 * SECOND;

/** A command in a container is given a minute by the agent. */
const HOOK_DEADLINE_MS = 60 * SECOND;

const hooksMs = (hooks: readonly ContainerHook[] = []): number => hooks.length * HOOK_DEADLINE_MS;

/** How long one operation may take on its host, in ms. */
export function deadlineOf(operation: HostOperation): number {
  switch (operation.kind) {
    case 'pull-image':
      return PULL_DEADLINE_MS;
    case 'stop-container':
      return operation.timeoutS * SECOND + CALL_DEADLINE_MS + hooksMs(operation.hooks);
    case 'start-container':
      return CALL_DEADLINE_MS + hooksMs(operation.hooks);
    case 'apply-files':
      return (
        APPLY_DEADLINE_MS +
        (operation.action.kind === 'restart' ? operation.action.timeoutS * SECOND : 0)
      );
    case 'remove-image':
    case 'put-file':
    case 'put-tree':
    case 'create-network':
    case 'remove-network':
    case 'create-volume':
    case 'remove-volume':
    case 'create-container':
    case 'unpause-container':
    case 'remove-container':
    case 'rename-container':
    case 'update-container':
    case 'connect-network':
    case 'disconnect-network':
    case 'create-swarm-file':
    case 'update-swarm-file':
    case 'remove-swarm-file':
    case 'create-service':
    case 'update-service':
    case 'remove-service':
    case 'adopt':
      return CALL_DEADLINE_MS;
  }
}

const KNOWN: ReadonlySet<string> = new Set(REASONS);
const RENAMED: Readonly<Record<string, Reason>> = {
  SessionLost: 'HostOffline',
  HostOffline: 'HostOffline',
  NotOwned: 'NameTaken',
};

/** The status reason of an error code or blocker; what has none of its own is the engine's. */
export function reasonOf(code: string): Reason {
  return RENAMED[code] ?? (KNOWN.has(code) ? (code as Reason) : 'EngineError');
}
