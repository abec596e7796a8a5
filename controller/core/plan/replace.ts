/** Exchanges one container for another, start-first or stop-first (decision 7). */
import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import { replaceCause } from './causes.ts';
import { type Context, type FinalContainer, nameNow, type ServiceSituation } from './context.ts';
import { append } from './draft.ts';
import { awaitContainer, materials, startGate } from './gates.ts';
import { besideName } from './names.ts';
import { makeRoom } from './room.ts';
import { giveWay } from './settle.ts';
import type { Slot } from './slots.ts';
import { freeName, launch, park, remove, stop, type Why } from './steps.ts';
import { retains } from './strategy.ts';

export interface Replacement {
  readonly final: FinalContainer;
  readonly ready: string;
}

/** @param after what must be ready before this replica is touched. */
export function replace(
  context: Context,
  situation: ServiceSituation,
  slot: Slot,
  previous: ObservedContainer,
  after: readonly string[],
): Replacement {
  const gate = [
    ...materials(context, situation),
    ...startGate(context, situation),
    ...makeRoom(context, situation),
    ...after,
  ];
  const why: Why = {
    cause: replaceCause(context, situation, previous),
    reason: context.reason,
    dependsOn: gate,
  };
  const spent = slot.spent.map((container) => remove(context, container, why));
  const ready: Why = { ...why, dependsOn: [...gate, ...spent] };
  return isStartFirst(context, situation, previous)
    ? startFirst(context, situation, slot, previous, ready)
    : stopFirst(context, situation, slot, previous, ready);
}

/** One that is already set aside cannot serve on beside the new one. */
function isStartFirst(
  context: Context,
  { service }: ServiceSituation,
  previous: ObservedContainer,
): boolean {
  return service.strategy.order === 'start-first' && !context.done.retired.has(previous.id);
}

function startFirst(
  context: Context,
  situation: ServiceSituation,
  slot: Slot,
  previous: ObservedContainer,
  why: Why,
): Replacement {
  const { service } = situation;
  const { desired } = slot;
  const taken = nameNow(context, previous) === desired.name;
  const name = taken ? besideName(desired.name, service.specHash) : desired.name;
  const freed = taken ? [] : freeName(context, name, undefined, why);
  const started = launch(context, service, desired, {
    name,
    why: { ...why, dependsOn: [...why.dependsOn, ...freed] },
    startAfter: () => [],
  });
  const final: FinalContainer = { target: name, name: desired.name, started: [started] };
  const ready = awaitContainer(context, service.service, final, 'ready');
  const gone = giveWay(context, service, slot, previous, { ...why, dependsOn: [ready] });
  if (taken) {
    append(context.draft, {
      kind: 'rename-container',
      target: name,
      name: desired.name,
      service: service.service,
      resource: name,
      ...why,
      dependsOn: gone,
    });
  }
  return { final, ready };
}

function stopFirst(
  context: Context,
  { service }: ServiceSituation,
  { desired }: Slot,
  previous: ObservedContainer,
  why: Why,
): Replacement {
  const parked = park(context, previous, desired.name, why);
  const freed = freeName(context, desired.name, undefined, why);
  const started = launch(context, service, desired, {
    name: desired.name,
    why: { ...why, dependsOn: [...why.dependsOn, ...parked, ...freed] },
    // The new one exists before the old one stops: shorter away, and a refused create costs nothing.
    startAfter: (created) => stop(context, previous, { ...why, dependsOn: [created] }),
  });
  const final: FinalContainer = {
    target: desired.name,
    name: desired.name,
    started: [started],
  };
  const ready = awaitContainer(context, service.service, final, 'ready');
  if (!retains(service.strategy)) remove(context, previous, { ...why, dependsOn: [ready] });
  return { final, ready };
}
