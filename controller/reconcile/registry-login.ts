import type { DesiredRegistry, ProjectName } from '../../schemas/domain/index.ts';
import { registryFor } from '../core/plan/registry-of.ts';

/** The engine's `AuthConfig` for pulling that image, as JSON; undefined = without a login. */
export function loginFor(
  reference: string,
  project: ProjectName,
  registries: ReadonlyMap<string, DesiredRegistry>,
): Uint8Array | undefined {
  const registry = registryFor(reference, project, registries);
  if (!registry) return undefined;
  const { username, password, server } = registry;
  return new TextEncoder().encode(JSON.stringify({ username, password, serveraddress: server }));
}
