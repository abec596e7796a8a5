/** Why, in words a person understands. */
import { updateBody } from '../../../engine/mutable.ts';
import { hostServices, joinedNames } from '../../../engine/references.ts';
import type { FieldChange, ObservedContainer } from '../../../schemas/domain/index.ts';
import { OTHER_SPEC } from '../../../schemas/domain/index.ts';
import { maskText } from '../load/sealed/mask.ts';
import { containerDifferences } from './adopt/compared.ts';
import { networkChanges } from './attachment-changes.ts';
import type { Context, ServiceSituation } from './context.ts';
import { isSameSpec } from './harden.ts';
import { changesSince, renderChanges } from './keep-fields.ts';
import { mutableChanges } from './mutable-changes.ts';
import { shortImageId } from './names.ts';

/** Fields that a sentence of their own tells better. */
const TOLD_APART = /^depends_on\./;

/** Why a container of another spec is replaced: each field that differs, old and new. */
export function replaceCause(
  context: Context,
  situation: ServiceSituation,
  previous: ObservedContainer,
): string {
  const adopted = adoptedCause(context, situation, previous);
  if (adopted) return adopted;
  const causes = [
    networkCause(context, situation),
    dependencyCause(context, situation) ?? homelessCause(context, situation, previous),
    fieldsCause(context, situation, previous),
  ].filter((cause) => cause !== undefined);
  const text = causes.length > 0 ? causes.join('; ') : 'configuration changed';
  return maskText(text, context.app.secretValues);
}

/** Of what others made no spec is known, but in which fields it is another one. */
function adoptedCause(
  { observed }: Context,
  { service }: ServiceSituation,
  previous: ObservedContainer,
): string | undefined {
  const { adopted, owner } = previous;
  if (!adopted || owner?.specHash !== OTHER_SPEC) return undefined;
  const changed = containerDifferences(service, previous, owner.number ?? 1, observed);
  return changed.length === 0 ? undefined : `adopt: differs in ${changed.join(', ')}`;
}

function fieldsCause(
  context: Context,
  situation: ServiceSituation,
  previous: ObservedContainer,
): string | undefined {
  const all = replaceChanges(context, situation, previous);
  const changes = all.filter(({ field }) => !TOLD_APART.test(field));
  if (changes.length === 0) return undefined;
  const isOnlyLimits = isSameSpec(
    previous.owner?.specHash ?? '',
    situation.service.specHash,
    situation.service.earlier,
  );
  const anew = isOnlyLimits && !updateBody(previous.mutable, situation.service.mutable);
  return `${renderChanges(changes)}${anew ? ' (cannot be taken away in place)' : ''}`;
}

/**
 * What the container was made from is known by its spec hash, from when that spec was last asked
 * for; its image and what `update` can change are as observed.
 */
export function replaceChanges(
  { input: { memory }, app }: Context,
  { service, slots }: ServiceSituation,
  previous: ObservedContainer,
): readonly FieldChange[] {
  const slot = slots.find(({ desired }) => desired.number === previous.owner?.number);
  const image = imageChange(service.image, previous);
  const known = memory?.fields(service.service, previous.owner?.specHash ?? '');
  return [
    ...(image ? [image] : []),
    ...(memory && known ? changesSince(known, service.hashed, memory, app) : []),
    ...networkChanges(previous, slot?.desired.attachments ?? [], service.spec.network_mode),
    ...mutableChanges(previous.mutable, service.mutable),
  ];
}

function imageChange(
  image: ServiceSituation['service']['image'],
  previous: ObservedContainer,
): FieldChange | undefined {
  const { reference } = image;
  if (image.pull !== undefined) {
    // A tag that has moved is pulled by its digest: of what it was, only the image's id tells.
    const isMoved = image.lock !== undefined && previous.image === reference;
    if (isMoved) return { field: 'image', from: shown(previous.imageId), to: image.lock };
    const isSame = previous.image === reference || previous.image === image.lock;
    return isSame ? undefined : { field: 'image', from: shown(previous.image), to: reference };
  }
  if (previous.imageId === image.id) return undefined;
  if (previous.image !== reference) {
    return { field: 'image', from: shown(previous.image), to: reference };
  }
  const [from, to] = [shortImageId(previous.imageId), shortImageId(image.id)];
  return { field: 'image', from: `${reference} (${from})`, to: `${reference} (${to})` };
}

const shown = (image: string): string =>
  image.startsWith('sha256:') ? shortImageId(image) : image;

function networkCause(context: Context, { service }: ServiceSituation): string | undefined {
  const remade = service.networks.find(
    (network) =>
      context.done.networks.has(network) && context.observed.networkNamed(network) !== undefined,
  );
  return remade && `network ${remade} changed`;
}

function dependencyCause(context: Context, { service }: ServiceSituation): string | undefined {
  const isReplaced = (name: string) =>
    context.services.get(name)?.slots.some(({ previous }) => previous !== undefined);
  const host = hostServices(service.spec).find(isReplaced);
  if (host !== undefined) return `${host}, in whose container it lives, is replaced`;
  const replaced = Object.entries(service.spec.depends_on ?? {}).find(
    ([name, { restart }]) => restart && isReplaced(name),
  );
  return replaced && `${replaced[0]}, which it depends on, is replaced`;
}

/** Its spec is the same, and what it lives in is another container. */
function homelessCause(
  { observed }: Context,
  { service }: ServiceSituation,
  previous: ObservedContainer,
): string | undefined {
  const lost = joinedNames(service.containers[0]?.body ?? {}).find((name) => {
    const host = observed.containerNamed(name);
    return host && previous.joined && !previous.joined.includes(host.id);
  });
  return lost === undefined ? undefined : `${lost}, in which it lives, is another container`;
}

/** Why a container that is not there is created. */
export function createCause(context: Context, situation: ServiceSituation, name: string): string {
  if (context.reason === 'drift') return `container ${name} is missing`;
  const { slots, service } = situation;
  const before = slots.filter(({ keep, previous }) => keep ?? previous).length;
  return before === 0 ? 'not deployed yet' : `scaled to ${service.containers.length}`;
}
