/** One replica: created, or brought to rest where it is as asked for. */
import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import { createCause, replaceCause } from './causes.ts';
import type { Context, FinalContainer, ServiceSituation } from './context.ts';
import { awaitReady, materials, startGate } from './gates.ts';
import type { HardenedService } from './harden-unit.ts';
import { healMutable, healName, healNetworks, start, startCause, unpause } from './heal.ts';
import { makeRoom } from './room.ts';
import type { Slot } from './slots.ts';
import { freeName, launch, remove, retire, stop, type Why } from './steps.ts';
import { retains } from './strategy.ts';
import { tellFiles } from './tell-files.ts';

export type Kept = Slot & { readonly keep: ObservedContainer };
export type Replaced = Slot & { readonly previous: ObservedContainer };

export const hasKeep = (slot: Slot): slot is Kept => slot.keep !== undefined;
export const hasPrevious = (slot: Slot): slot is Replaced => slot.previous !== undefined;

/** A one-shot that has run to its end: what is left of others in its place goes. */
export function tidy(context: Context, { desired, previous, spent }: Slot): FinalContainer {
  const why: Why = { cause: 'its successor has completed', reason: context.reason, dependsOn: [] };
  for (const container of previous ? [...spent, previous] : spent) remove(context, container, why);
  return { target: desired.name, name: desired.name, started: [], completed: true };
}

export function create(
  context: Context,
  situation: ServiceSituation,
  slot: Slot,
  cause?: string,
): FinalContainer {
  const { desired, spent } = slot;
  const { service } = situation;
  const made = materials(context, situation);
  const gate = [...startGate(context, situation), ...makeRoom(context, situation)];
  const why: Why = {
    cause:
      cause ??
      spentCause(context, situation, slot) ??
      createCause(context, situation, desired.name),
    reason: context.reason,
    dependsOn: made,
  };
  const gone = spent.map((container) =>
    remove(context, container, { ...why, dependsOn: [...made, ...gate] }),
  );
  const freed = freeName(context, desired.name, undefined, why);
  const started = launch(context, service, desired, {
    name: desired.name,
    why: { ...why, dependsOn: [...made, ...gone, ...freed] },
    startAfter: () => gate,
  });
  return { target: desired.name, name: desired.name, started: [started] };
}

function spentCause(
  context: Context,
  situation: ServiceSituation,
  { spent: [first] }: Slot,
): string | undefined {
  if (!first) return undefined;
  if (first.state === 'dead') return `container ${first.name} is dead`;
  return replaceCause(context, situation, first);
}

/** A container as asked for is there: heal it, and finish the rollout it is part of. */
export function settle(context: Context, situation: ServiceSituation, slot: Kept): FinalContainer {
  const { service } = situation;
  const { keep, previous, spent, desired } = slot;
  const left: Why = {
    cause: 'left over from an earlier rollout',
    reason: context.reason,
    dependsOn: [],
  };
  const gone = spent.map((container) => remove(context, container, left));
  const stopFirst = service.strategy.order === 'stop-first';
  const stopped = previous && stopFirst ? stop(context, previous, takenOver(context, [])) : [];
  const up = bringUp(context, situation, slot, [...gone, ...stopped]);
  const final = tellFiles(context, situation, keep, {
    target: keep.id,
    name: desired.name,
    started: up,
    ...(up.length === 0 && { container: keep }),
  });
  const { started } = final;
  const ready = previous ? awaitReady(context, service, [final]) : [];
  const removed = previous
    ? giveWay(context, service, slot, previous, takenOver(context, [...started, ...ready]))
    : [];
  healName(context, keep, desired.name, {
    cause: previous ? 'its predecessor is gone' : 'has another name',
    reason: context.reason,
    dependsOn: [...gone, ...removed],
  });
  return final;
}

/** Gone; or set aside, where all replicas may have to go back, until none has to. */
export function giveWay(
  context: Context,
  { strategy }: HardenedService,
  { desired }: Slot,
  previous: ObservedContainer,
  why: Why,
): readonly string[] {
  return retains(strategy)
    ? retire(context, previous, desired.name, why)
    : [remove(context, previous, why)];
}

export const takenOver = (context: Context, dependsOn: readonly string[]): Why => ({
  cause: 'its successor takes over',
  reason: context.reason,
  dependsOn,
});

/** @returns the start, where one is needed. */
function bringUp(
  context: Context,
  situation: ServiceSituation,
  { keep, desired }: Kept,
  after: readonly string[],
): readonly string[] {
  const { service } = situation;
  const cause = startCause(keep, service.mutable.restartPolicy);
  const isOver = keep.state === 'exited' && cause === undefined;
  if (isOver) return [];
  const gate = cause
    ? [
        ...materials(context, situation),
        ...startGate(context, situation),
        ...makeRoom(context, situation),
      ]
    : [];
  const fixed = [
    ...healNetworks(
      context,
      keep,
      desired.attachments,
      { dependsOn: [] },
      service.spec.network_mode,
    ),
    ...healMutable(context, situation, keep, { dependsOn: [] }),
  ];
  unpause(context, keep, { dependsOn: fixed });
  if (!cause) return [];
  const dependsOn = [...gate, ...after, ...fixed];
  return [start(context, keep, { cause, reason: context.reason, dependsOn })];
}
