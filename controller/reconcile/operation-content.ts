import type { HostOperation, OperationOf } from '../../schemas/domain/index.ts';
import { LABEL } from '../../schemas/domain/index.ts';
import { contentOfFile } from '../core/plan/swarm/names.ts';
import { loginFor } from './registry-login.ts';
import type { StatusFacts } from './status-writer.ts';

/** What goes beside an operation and is in no plan: a file's bytes, a registry's credentials. */
export function contentOf(operation: HostOperation, facts: StatusFacts): Uint8Array | undefined {
  const { desired, app } = facts;
  if (operation.kind === 'put-file') return desired.contents.get(operation.sha256);
  if (operation.kind === 'create-swarm-file') return dataOf(operation, facts);
  const image = imageOf(operation);
  return app && image !== undefined ? loginFor(image, app.project, desired.registries) : undefined;
}

function dataOf(
  { file, body }: OperationOf<'create-swarm-file'>,
  { unit, desired }: StatusFacts,
): Uint8Array | undefined {
  const key = (body['Labels'] as Readonly<Record<string, string>> | undefined)?.[LABEL.object];
  const content = unit && key !== undefined ? contentOfFile(unit, file, key) : undefined;
  return content && desired.contents.get(content.sha256);
}

/** What its host has to pull, or its nodes later. */
function imageOf(operation: HostOperation): string | undefined {
  if (operation.kind === 'pull-image') return operation.reference;
  if (operation.kind !== 'create-service' && operation.kind !== 'update-service') return undefined;
  const template = operation.body['TaskTemplate'] as
    | { readonly ContainerSpec?: { readonly Image?: string } }
    | undefined;
  return template?.ContainerSpec?.Image;
}
