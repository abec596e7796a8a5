import { isSameMutable, updateBody } from '../../../engine/mutable.ts';
import { joinedNames } from '../../../engine/references.ts';
import type { DesiredApp, ObservedContainer, ObservedUnit } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { isUp, readiness } from '../health/readiness.ts';
import { isForeignHash, isSameSpec } from './harden.ts';
import type { HardenedContainer, HardenedService } from './harden-unit.ts';
import type { CompletionLike, PlanInput, SpecMemory } from './input.ts';
import { changesSince } from './keep-fields.ts';
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

export interface SlotInput extends Pick<PlanInput, 'app' | 'memory' | 'observed' | 'now'> {
  /** Networks of ours that are there and are to be made anew: they take their containers along. */
  readonly changedNetworks: ReadonlySet<string>;
}

/** Reads from names, labels and states where every replica of a service stands. */
export function slotsOf(
  service: HardenedService,
  containers: readonly ObservedContainer[],
  input: SlotInput & Pick<PlanInput, 'completed'>,
): ServiceSlots {
  const { completed } = input;
  const present = containers.filter(({ state }) => state !== 'removing');
  const wanted = service.containers.length;
  const slots = service.containers.map((desired) => {
    const own = present.filter(({ owner }) => owner?.number === desired.number);
    const slot = slotOf(service, desired, own, input);
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
  { service, specHash, earlier }: HardenedService,
  { number }: HardenedContainer,
  completed: readonly CompletionLike[],
): boolean =>
  completed.some(
    (one) =>
      one.service === service &&
      one.number === number &&
      isSameSpec(one.specHash, specHash, earlier),
  );

/** Whether nothing is in the slot and something should be. */
export const isEmpty = ({ keep, completed }: Slot): boolean => !keep && !completed;

function slotOf(
  service: HardenedService,
  desired: HardenedContainer,
  own: readonly ObservedContainer[],
  input: SlotInput,
): Slot {
  if (own.length === 0) return { desired, spent: [], duplicates: [] };
  const fresh = own.filter((container) => isAsAsked(service, container, input));
  const stale = own.filter((container) => !fresh.includes(container));
  const [keep, ...duplicates] = fresh.sort(byUse);
  const isAlone = own.length === 1 && !service.isNamed;
  const candidates = stale.filter(isWorthKeeping);
  const [previous] = candidates.sort((a, b) => byStanding(a, b, desired.name, input.now));
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
  { app, memory, observed, changedNetworks }: SlotInput,
): boolean {
  if (container.state === 'dead') return false;
  const recorded = container.owner?.specHash ?? '';
  if (!isSameSpec(recorded, service.specHash, service.earlier)) return false;
  if (!service.hook && leavesWith(service, container, changedNetworks)) return false;
  if (livesElsewhere(service, container, observed)) return false;
  if (app && memory && isKnownToDiffer(service, recorded, app, memory)) return false;
  if (runsAnotherImage(service, container, observed)) return false;
  return (
    isSameMutable(container.mutable, service.mutable) ||
    updateBody(container.mutable, service.mutable) !== undefined
  );
}

/** The container it was made to live in is no more: another one has its name. */
function livesElsewhere(
  { containers: [desired] }: HardenedService,
  { joined }: ObservedContainer,
  observed: ObservedUnit,
): boolean {
  if (!desired || joined === undefined) return false;
  return joinedNames(desired.body).some((name) => {
    const host = observed.containerNamed(name);
    return host !== undefined && host.state !== 'removing' && !joined.includes(host.id);
  });
}

/** A network of it is made anew. A hook runs on what is there, and once: it is not made again. */
const leavesWith = (
  { networks }: HardenedService,
  container: ObservedContainer,
  changedNetworks: ReadonlySet<string>,
): boolean => networks.some((name) => isOn(container, name) && changedNetworks.has(name));

const isOn = ({ networks }: ObservedContainer, network: string): boolean =>
  networks.some(({ name }) => name === network);

/** Taken as it was under a hash that says nothing here, and asked for otherwise since. */
function isKnownToDiffer(
  service: HardenedService,
  recorded: string,
  app: DesiredApp,
  memory: SpecMemory,
): boolean {
  if (!isForeignHash(recorded, [service.specHash, ...service.earlier])) return false;
  const known = memory.fields(service.service, recorded);
  return known !== undefined && changesSince(known, service.hashed, memory, app).length > 0;
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
