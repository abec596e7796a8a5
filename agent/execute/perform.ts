import type { Context, Handler } from './context.ts';
import { adopt } from './handlers/adopt.ts';
import { applyFiles } from './handlers/apply-files.ts';
import {
  removeContainer,
  renameContainer,
  updateContainer,
} from './handlers/container-identity.ts';
import { startContainer, stopContainer, unpauseContainer } from './handlers/container-state.ts';
import { createContainer } from './handlers/create-container.ts';
import {
  connectNetwork,
  createNetwork,
  disconnectNetwork,
  removeNetwork,
} from './handlers/networks.ts';
import { pullImage } from './handlers/pull-image.ts';
import { putFile } from './handlers/put-file.ts';
import { putTree } from './handlers/put-tree.ts';
import { removeImage } from './handlers/remove-image.ts';
import { createService, removeService, updateService } from './handlers/services.ts';
import { createSwarmFile, removeSwarmFile, updateSwarmFile } from './handlers/swarm-files.ts';
import { createVolume, removeVolume } from './handlers/volumes.ts';
import type { FieldsOf, HostKind } from './ports.ts';

/** One handler for each kind; a new kind does not compile without its own. */
const HANDLERS: { readonly [K in HostKind]: Handler<K> } = {
  'pull-image': pullImage,
  'put-file': putFile,
  'put-tree': putTree,
  'apply-files': applyFiles,
  'create-network': createNetwork,
  'remove-image': removeImage,
  'remove-network': removeNetwork,
  'create-volume': createVolume,
  'remove-volume': removeVolume,
  'create-container': createContainer,
  'start-container': startContainer,
  'stop-container': stopContainer,
  'unpause-container': unpauseContainer,
  'remove-container': removeContainer,
  'rename-container': renameContainer,
  'update-container': updateContainer,
  'connect-network': connectNetwork,
  'disconnect-network': disconnectNetwork,
  adopt,
  'create-swarm-file': createSwarmFile,
  'update-swarm-file': updateSwarmFile,
  'remove-swarm-file': removeSwarmFile,
  'create-service': createService,
  'update-service': updateService,
  'remove-service': removeService,
};

export function perform<K extends HostKind>(
  operation: FieldsOf<K>,
  context: Context,
): Promise<'done' | 'unchanged'> {
  return HANDLERS[operation.kind](operation, context);
}

/** True for the kinds that this agent knows: a newer controller may send others. */
export const isKnown = (kind: string): kind is HostKind => Object.hasOwn(HANDLERS, kind);

/** Names of the objects that an operation changes; two on one object wait for each other. */
export function lockedObjects(operation: FieldsOf): readonly string[] {
  switch (operation.kind) {
    case 'pull-image':
      return [`image ${operation.reference}`];
    case 'remove-image':
      return [`image ${operation.lock}`];
    case 'put-file':
      return [`file ${operation.sha256}`];
    case 'put-tree':
      return [`tree ${operation.source}`];
    case 'create-network':
    case 'remove-network':
      return [`network ${operation.name}`];
    case 'create-volume':
    case 'remove-volume':
      return [`volume ${operation.name}`];
    case 'create-container':
      return [`container ${operation.name}`];
    case 'rename-container':
      return [`container ${operation.target}`, `container ${operation.name}`];
    case 'apply-files':
    case 'start-container':
    case 'stop-container':
    case 'unpause-container':
    case 'remove-container':
    case 'update-container':
    case 'connect-network':
    case 'disconnect-network':
      return [`container ${operation.target}`];
    case 'create-service':
      return [`service ${operation.name}`];
    case 'update-service':
    case 'remove-service':
      return [`service ${operation.target}`];
    case 'create-swarm-file':
      return [`${operation.file} ${operation.name}`];
    case 'update-swarm-file':
    case 'remove-swarm-file':
      return [`${operation.file} ${operation.target}`];
    case 'adopt':
      return [`${operation.object} ${operation.target}`];
  }
}
