import { isSameMutable, updateBody } from '../../../engine/mutable.ts';
import type { ObservedContainer, ObservedUnit } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { isUp, readiness } from '../health/readiness.ts';
import { isSameSpec } from './harden.ts';
import type { HardenedContainer, HardenedService } from './harden-unit.ts';
import type { CompletionLike, PlanInput } from './input.ts';
import { isBeside, isParked } from './names.ts';
import { restState } from './rest-state.ts';

/** One replica: what it should be and which observed containers are in its place. */
export interface Slot {
  readonly desired: HardenedContainer;
  /** Is as asked for, but perhaps not running yet. */
  readonly keep?: ObservedContainer;
  /** Has run to its end, as asked for, and its container is gone: nothing is to be run. */
  readonly completed?: true;
  /** Of another spec, worth going back to: it serves, or did until we stopped it. */
  readonly previous?: ObservedContainer;
  /** Of another spec, or dead, and of no use. */
  readonly spent: readonly ObservedContainer[];
  /** As asked for, but one too many. */
  readonly duplicates: readonly ObservedContainer[];
}

export interface ServiceSlots {
  readonly slots: readonly Slot[];
  /** Numbers above the wanted ones, highest first. */
  readonly surplus: readonly ObservedContainer[];
}

/** Reads from names, labels and states where every replica of a service stands. */
export function slotsOf(
  service: HardenedService,
  containers: readonly ObservedContainer[],
  { observed, now, completed }: Pick<PlanInput, 'observed' | 'now' | 'completed'>,
): ServiceSlots {
  const present = containers.filter(({ state }) => state !== 'removing');
  const wanted = service.containers.length;
  const slots = service.containers.map((desired) => {
    const own = present.filter(({ owner }) => owner?.number === desired.number);
    const slot = slotOf(service, desired, own, observed, now);
    return !slot.keep && isCompleted(service, desired, completed)
      ? { ...slot, completed: true as const }
      : slot;
  });
  const surplus = present
    .filter(({ owner }) => owner?.number === undefined || owner.number > wanted)
    .sort((a, b) => (b.owner?.number ?? 0) - (a.owner?.number ?? 0) || byAge(a, b));
  return { slots, surplus };
}

const isCompleted = (
  { service, specHash }: HardenedService,
  { number }: HardenedContainer,
  completed: readonly CompletionLike[],
): boolean =>
  completed.some(
    (one) => one.service === service && one.number === number && isSameSpec(one.specHash, specHash),
  );

/** Whether nothing is in the slot and something should be. */
export const isEmpty = ({ keep, completed }: Slot): boolean => !keep && !completed;

function slotOf(
  service: HardenedService,
  desired: HardenedContainer,
  own: readonly ObservedContainer[],
  observed: ObservedUnit,
  now: number,
): Slot {
  if (own.length === 0) return { desired, spent: [], duplicates: [] };
  const fresh = own.filter((container) => isAsAsked(service, container, observed));
  const stale = own.filter((container) => !fresh.includes(container));
  const [keep, ...duplicates] = fresh.sort(byUse);
  const isAlone = own.length === 1 && !service.isNamed;
  const candidates = stale.filter(isWorthKeeping);
  const [previous] = candidates.sort((a, b) => byStanding(a, b, desired.name, now));
  return {
    desired: keep?.adopted && isAlone ? withNameOf(keep, desired) : desired,
    ...(keep && { keep }),
    ...(previous && { previous }),
    spent: stale.filter((container) => container !== previous),
    duplicates,
  };
}

/** An adopted container keeps its name: to rename it would change nothing for anyone. */
function withNameOf({ name }: ObservedContainer, desired: HardenedContainer): HardenedContainer {
  if (isParked(name) || isBeside(name)) return desired;
  // A container answers to its own name on every network.
  const attachments = desired.attachments.map((attachment) => ({
    ...attachment,
    aliases: attachment.aliases.filter((alias) => alias !== desired.name && alias !== name),
  }));
  return { ...desired, name, attachments };
}

/** Carries the desired hash, and `update` can bring the rest in line. A dead one never is. */
function isAsAsked(
  service: HardenedService,
  container: ObservedContainer,
  observed: ObservedUnit,
): boolean {
  if (container.state === 'dead') return false;
  if (!isSameSpec(container.owner?.specHash ?? '', service.specHash)) return false;
  if (runsAnotherImage(service, container, observed)) return false;
  return (
    isSameMutable(container.mutable, service.mutable) ||
    updateBody(container.mutable, service.mutable) !== undefined
  );
}

/** The tag moved between the plan and the create: it carries our hash and another image. */
function runsAnotherImage(
  service: HardenedService,
  container: ObservedContainer,
  observed: ObservedUnit,
): boolean {
  if (container.imageId === service.image.id) return false;
  const image = observed.image(container.imageId);
  return image !== undefined && image.id !== service.image.id;
}

/** What has ended by itself is not started again, so it is nothing to go back to. */
function isWorthKeeping(container: ObservedContainer): boolean {
  const rest = restState(container, container.mutable.restartPolicy);
  return container.state !== 'created' && (rest === 'up' || rest === 'start');
}

/** Running first, then the oldest. */
function byUse(a: ObservedContainer, b: ObservedContainer): number {
  return Number(isUp(b)) - Number(isUp(a)) || byAge(a, b);
}

/**
 * The one that is known to work first: one set aside by us is only removed once its successor is
 * ready, so while it is there it is the last that was.
 */
function byStanding(a: ObservedContainer, b: ObservedContainer, name: string, now: number): number {
  const standing = (container: ObservedContainer): number => {
    if (isParked(container.name)) return 4;
    if (readiness(container, 'ready', 0, now).ready) return container.name === name ? 3 : 2;
    return isUp(container) ? 1 : 0;
  };
  return standing(b) - standing(a) || byAge(a, b);
}

function byAge(a: ObservedContainer, b: ObservedContainer): number {
  return a.sinceMs - b.sinceMs || compareText(a.name, b.name) || compareText(a.id, b.id);
}
