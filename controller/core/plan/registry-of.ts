import type { DesiredRegistry, ProjectName } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';

const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** The server an image name is pulled from, as the engine reads it. Source: distribution/reference. */
export function serverOf(reference: string): string {
  const slash = reference.indexOf('/');
  const first = slash < 0 ? '' : reference.slice(0, slash);
  const isServer = first === 'localhost' || first.includes('.') || first.includes(':');
  return isServer && !DOCKER_HUB.has(first) ? first.toLowerCase() : 'docker.io';
}

/** How a project logs in to pull that image: its own Registry before one that is for all. */
export function registryFor(
  reference: string,
  project: ProjectName,
  registries: ReadonlyMap<string, DesiredRegistry>,
): DesiredRegistry | undefined {
  const server = serverOf(reference);
  const fitting = [...registries]
    .filter(([, registry]) => sameServer(registry.server, server))
    .sort(([a], [b]) => compareText(a, b))
    .map(([, registry]) => registry);
  return (
    fitting.find(({ projects }) => projects.includes(project)) ??
    fitting.find(({ projects }) => projects.includes('*'))
  );
}

const sameServer = (declared: string, server: string): boolean =>
  declared === server || (DOCKER_HUB.has(declared) && server === 'docker.io');
