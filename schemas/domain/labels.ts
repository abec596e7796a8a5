import type { AppId, InstallationId } from './names.ts';
import type { ComposeOrigin } from './observed.ts';

/**
 * Ownership labels. Hash and owner only: commit, time and tool version never go in labels
 * (decision 1), they would recreate everything on each push.
 */
export const LABEL = {
  installation: 'skep.installation',
  app: 'skep.app',
  service: 'skep.service',
  number: 'skep.number',
  /** `<hash version>:<sha256>`, see hash.ts. */
  specHash: 'skep.spec-hash',
  /** On networks and volumes: the key in the Compose file. */
  object: 'skep.object',
  /** On services of a swarm: what was applied last, field by field. */
  applied: 'skep.applied',
  /** On containers of a swarm: the hash of the template their tasks are made from. */
  taskHash: 'skep.task-hash',
  /** On containers of a swarm: of `spec.restart`, which is in nothing else. */
  restart: 'skep.restart',
} as const;

/** Compose's own labels, without which `docker compose ps` shows nothing (decision 20). */
export const COMPOSE_LABEL = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneoff: 'com.docker.compose.oneoff',
  configHash: 'com.docker.compose.config-hash',
  network: 'com.docker.compose.network',
  volume: 'com.docker.compose.volume',
} as const;

/** Label prefixes a user may not set: forging a label is forging ownership. */
export const RESERVED_LABEL_PREFIXES = [
  'skep.',
  'com.docker.compose.',
  'com.docker.swarm.',
  'com.docker.stack.',
] as const;

/** Whose object this is, read from its labels. */
export interface Owner {
  readonly installation: InstallationId;
  readonly app: AppId;
  /** Set on containers. */
  readonly service?: string;
  readonly number?: number;
  /** Set on networks and volumes: the Compose key. */
  readonly object?: string;
  readonly specHash: string;
}

/** The owner a set of labels names, or undefined when they name none (= unmanaged). */
export function parseOwner(labels: Readonly<Record<string, string>>): Owner | undefined {
  const installation = labels[LABEL.installation];
  const app = labels[LABEL.app];
  if (!installation || !app) return undefined;
  const service = labels[LABEL.service];
  const object = labels[LABEL.object];
  const number = Number(labels[LABEL.number]);
  return {
    installation: installation as InstallationId,
    app: app as AppId,
    specHash: labels[LABEL.specHash] ?? '',
    ...(service !== undefined && { service }),
    ...(Number.isSafeInteger(number) && number > 0 && { number }),
    ...(object !== undefined && { object }),
  };
}

const SWARM_PREFIX = 'com.docker.swarm.';

/** True for a task's container: the swarm owns it. */
export const isSwarmTask = (labels: Readonly<Record<string, string>>): boolean =>
  Object.keys(labels).some((name) => name.startsWith(SWARM_PREFIX));

/** What Docker Compose, of any version, says an object is of; undefined where it did not make it. */
export function parseComposeOrigin(
  labels: Readonly<Record<string, string>>,
): ComposeOrigin | undefined {
  const project = labels[COMPOSE_LABEL.project];
  if (!project) return undefined;
  const service = labels[COMPOSE_LABEL.service];
  const number = Number(labels[COMPOSE_LABEL.number]);
  const oneOff = labels[COMPOSE_LABEL.oneoff]?.toLowerCase() === 'true';
  return {
    project,
    ...(service && { service }),
    ...(Number.isSafeInteger(number) && number > 0 && { number }),
    ...(oneOff && { oneOff }),
  };
}
