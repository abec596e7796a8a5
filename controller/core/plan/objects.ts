/** Repository files, networks and volumes: what containers are made from. */
import type {
  ObservedContainer,
  ObservedNetwork,
  ObservedUnit,
} from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import type { Context, ServiceSituation } from './context.ts';
import { append } from './draft.ts';
import { isSameSpec } from './harden.ts';
import type { HardenedObject } from './harden-unit.ts';
import { strangerOn } from './modes.ts';
import { restState } from './rest-state.ts';
import { setAside } from './room.ts';
import { disconnect } from './steps.ts';
import { untold } from './tell-files.ts';

/** Files of services that start a container; the agent keeps them by content. */
export function planFiles(context: Context): void {
  const put = new Map<string, string>();
  for (const [name, situation] of context.services) {
    if (!startsSomething(situation) && !tellsSomething(situation)) continue;
    const ids = situation.service.files.map((file) => {
      const { sha256, size, mode, uid, gid, label } = file;
      const key = `${sha256} ${mode} ${uid} ${gid}`;
      const known = put.get(key);
      if (known) return known;
      const id = append(context.draft, {
        kind: 'put-file',
        sha256,
        size,
        mode,
        uid,
        gid,
        service: name,
        // Nothing of the content: of a short secret, a hash is as good as its text.
        resource: label,
        cause: `mounted by ${name}`,
        reason: context.reason,
        dependsOn: context.done.pulls,
      });
      put.set(key, id);
      return id;
    });
    context.done.files.set(name, [...ids, ...planTrees(context, situation, ids)]);
  }
}

/** Folders, and files that change in place, from what was put. */
function planTrees(
  context: Context,
  { service }: ServiceSituation,
  files: readonly string[],
): readonly string[] {
  return service.trees.map(({ source, target, folder, entries }) =>
    append(context.draft, {
      kind: 'put-tree',
      source,
      folder,
      entries,
      service: service.service,
      resource: `${service.service}:${target}`,
      cause: `mounted by ${service.service}`,
      reason: context.reason,
      dependsOn: [...context.done.pulls, ...files],
    }),
  );
}

const tellsSomething = (situation: ServiceSituation): boolean =>
  situation.mode === 'forward' &&
  situation.slots.some(({ keep }) => keep && untold(situation, keep).length > 0);

function startsSomething({ mode, slots, service }: ServiceSituation): boolean {
  const { restartPolicy } = service.mutable;
  return slots.some(({ keep, completed }) => {
    if (completed) return false;
    if (!keep) return mode === 'forward';
    return mode !== 'failed' && restState(keep, restartPolicy) === 'start';
  });
}

export function planMissingNetworks(context: Context): void {
  for (const network of context.hardened.networks) {
    if (network.external || context.observed.networkNamed(network.name)) continue;
    createNetwork(context, network, 'does not exist', context.done.pulls);
  }
}

export function planChangedNetworks(context: Context): void {
  const { installation } = context.input;
  if (context.isStopped) return;
  for (const network of context.hardened.networks) {
    const present = context.observed.networkNamed(network.name);
    if (network.external || !present) continue;
    if (!hasChanged(network, context.observed, installation)) continue;
    if (!strangerOn(context.observed, present.id)) remake(context, network, present);
  }
}

/** It is there, is ours, and was made otherwise. */
export function hasChanged(
  { name, external, specHash }: HardenedObject,
  observed: ObservedUnit,
  installation: string,
): boolean {
  const owner = observed.networkNamed(name)?.owner;
  if (external || !owner) return false;
  const isOurs = owner.app === observed.app && owner.installation === installation;
  return isOurs && !isSameSpec(owner.specHash, specHash);
}

function createNetwork(
  context: Context,
  { name, body }: HardenedObject,
  cause: string,
  dependsOn: readonly string[],
): void {
  const { reason } = context;
  const id = append(context.draft, {
    kind: 'create-network',
    name,
    body,
    resource: name,
    cause,
    reason,
    dependsOn,
  });
  context.done.networks.set(name, id);
}

/** A network cannot be changed: everything on it stops, and it is made anew. */
function remake(context: Context, network: HardenedObject, present: ObservedNetwork): void {
  const { name } = network;
  const cause = `network ${name} changed`;
  const stopped = context.observed.containers
    .filter(
      (container) => isUp(container) && container.networks.some(({ id }) => id === present.id),
    )
    .flatMap((container) =>
      isKept(context, container)
        ? [disconnect(context, container, name, { cause, reason: context.reason, dependsOn: [] })]
        : setAside(context, container, cause),
    );
  const removed = append(context.draft, {
    kind: 'remove-network',
    network: present.id,
    name,
    resource: name,
    cause,
    reason: context.reason,
    dependsOn: [...context.done.pulls, ...stopped],
  });
  createNetwork(context, network, cause, [removed]);
}

/** As asked for, so that it has no place in the network any more: else it would go with it. */
const isKept = ({ services }: Context, { id }: ObservedContainer): boolean =>
  [...services.values()].some(({ slots }) => slots.some(({ keep }) => keep?.id === id));

/** Volumes hold data: made where missing, never changed (decision 10). */
export function planVolumes(context: Context): void {
  const { installation } = context.input;
  for (const { name, key, body, external, specHash } of context.hardened.volumes) {
    if (external) continue;
    const present = context.observed.volumeNamed(name);
    if (!present) {
      const id = append(context.draft, {
        kind: 'create-volume',
        name,
        body,
        resource: name,
        cause: 'does not exist',
        reason: context.reason,
        dependsOn: context.done.pulls,
      });
      context.done.volumes.set(name, id);
      continue;
    }
    const { owner } = present;
    const isOurs = owner?.app === context.app.id && owner.installation === installation;
    if (isOurs && !isSameSpec(owner.specHash, specHash)) {
      const message = `volume ${name} was made with other settings than ${key} has now; its data is left alone: give the volume a new name, or move the data and remove it`;
      context.draft.blockers.push({ reason: 'VolumeDiverged', message });
    }
  }
}
