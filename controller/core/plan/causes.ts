/** Why, in words a person understands. */
import { changedMembers } from '../../../engine/mutable.ts';
import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import type { Context, ServiceSituation } from './context.ts';
import { isSameSpec } from './harden.ts';
import { shortImageId } from './names.ts';

/** Why a container of another spec is replaced; what changed where that is cheaply known. */
export function replaceCause(
  context: Context,
  situation: ServiceSituation,
  previous: ObservedContainer,
): string {
  return (
    imageCause(situation, previous) ??
    limitCause(situation, previous) ??
    networkCause(context, situation) ??
    dependencyCause(context, situation) ??
    'configuration changed'
  );
}

function imageCause(
  { service: { image } }: ServiceSituation,
  previous: ObservedContainer,
): string | undefined {
  if (image.pull !== undefined) {
    if (previous.image === image.reference || previous.image === image.lock) return undefined;
    return `image changed: ${previous.image} -> ${image.reference}`;
  }
  if (previous.imageId === image.id) return undefined;
  if (previous.image !== image.reference) {
    return `image changed: ${shown(previous.image)} -> ${image.reference}`;
  }
  const [from, to] = [shortImageId(previous.imageId), shortImageId(image.id)];
  return `image changed: ${image.reference} (${from} -> ${to})`;
}

const shown = (image: string): string =>
  image.startsWith('sha256:') ? shortImageId(image) : image;

/** Equal but for resources: the engine cannot take a limit away. */
function limitCause(
  { service }: ServiceSituation,
  previous: ObservedContainer,
): string | undefined {
  if (!isSameSpec(previous.owner?.specHash ?? '', service.specHash)) return undefined;
  const changed = changedMembers(previous.mutable, service.mutable);
  return changed.length > 0 ? `${changed.join(', ')} cannot be changed in place` : undefined;
}

function networkCause(context: Context, { service }: ServiceSituation): string | undefined {
  const remade = service.networks.find(
    (network) =>
      context.done.networks.has(network) && context.observed.networkNamed(network) !== undefined,
  );
  return remade && `network ${remade} changed`;
}

function dependencyCause(context: Context, { service }: ServiceSituation): string | undefined {
  const replaced = Object.entries(service.spec.depends_on ?? {}).find(
    ([name, { restart }]) =>
      restart && context.services.get(name)?.slots.some(({ previous }) => previous !== undefined),
  );
  return replaced && `${replaced[0]}, which it depends on, is replaced`;
}

/** Why a container that is not there is created. */
export function createCause(context: Context, situation: ServiceSituation, name: string): string {
  if (context.reason === 'drift') return `container ${name} is missing`;
  const { slots, service } = situation;
  const before = slots.filter(({ keep, previous }) => keep ?? previous).length;
  return before === 0 ? 'not deployed yet' : `scaled to ${service.containers.length}`;
}
