import type { ComposeModel, ComposeService, EngineBody } from '../schemas/domain/index.ts';
import { containerName } from './names.ts';
import { replicasOf } from './replicas.ts';

/**
 * What a service says of other containers, by name: Compose sends the ids it was just told, which
 * nobody knows before there is an engine.
 */

const OF_SERVICE = 'service:';
const OF_CONTAINER = 'container:';
const FIRST = 1;

/** `service:db` as the engine wants it; every other mode stays. */
export function sharedNamespace(model: ComposeModel, mode: string | undefined): string | undefined {
  if (!mode?.startsWith(OF_SERVICE)) return mode;
  return OF_CONTAINER + containerName(model, mode.slice(OF_SERVICE.length), FIRST);
}

/** Services whose container must be there when this one's is made: it lives in a part of it. */
export function hostServices(service: ComposeService): readonly string[] {
  const modes = [service.network_mode, service.ipc, service.pid].flatMap((mode) =>
    mode?.startsWith(OF_SERVICE) ? mode.slice(OF_SERVICE.length) : [],
  );
  const volumes = (service.volumes_from ?? []).flatMap((text) => {
    const [first = ''] = text.split(':');
    return first === 'container' ? [] : first;
  });
  return [...new Set([...modes, ...volumes])].sort();
}

/** Names of the containers whose namespaces a create body joins. */
export function joinedNames(body: EngineBody): readonly string[] {
  const host = (body['HostConfig'] ?? {}) as Readonly<Record<string, unknown>>;
  return [host['NetworkMode'], host['IpcMode'], host['PidMode']].flatMap((mode) =>
    typeof mode === 'string' && mode.startsWith(OF_CONTAINER)
      ? mode.slice(OF_CONTAINER.length)
      : [],
  );
}

/** Compose drops the access mode of a service's volumes, and keeps what follows a container. */
export function volumesFrom(model: ComposeModel, service: ComposeService): readonly string[] {
  return (service.volumes_from ?? []).map((text) => {
    const [first = '', second = ''] = text.split(':');
    return first === 'container' ? second : containerName(model, first, FIRST);
  });
}

/** Three names for every container of a linked service; the number in two of them is our own. */
export function links(
  model: ComposeModel,
  service: ComposeService,
  number: number,
): readonly string[] {
  const internal = (service.links ?? []).flatMap((link) => {
    const [linked = '', alias = linked] = link.split(':');
    const own = [alias, `${linked}-${number}`, `${model.name}-${linked}-${number}`];
    return replicaNames(model, linked).flatMap((name) => own.map((each) => `${name}:${each}`));
  });
  const external = (service.external_links ?? []).map((link) =>
    link.includes(':') ? link : `${link}:${link}`,
  );
  return [...internal, ...external];
}

function replicaNames(model: ComposeModel, key: string): readonly string[] {
  const length = replicasOf(model.services[key] ?? {});
  return Array.from({ length }, (_, index) => containerName(model, key, index + 1));
}
