/** The containers of one service: create, replace, heal, roll back. */
import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import { createCause, replaceCause } from './causes.ts';
import type { Context, FinalContainer, Outlook, ServiceSituation } from './context.ts';
import { awaitReady, isOpenNow, materials, readinessNow, startGate } from './gates.ts';
import {
  healMutable,
  healName,
  healNetworks,
  healStaleNetworks,
  start,
  startCause,
  unpause,
} from './heal.ts';
import { failedMark } from './modes.ts';
import { replace } from './replace.ts';
import { makeRoom } from './room.ts';
import { isEmpty, type Slot } from './slots.ts';
import { freeName, launch, remove, stop, type Why } from './steps.ts';
import { tellFiles } from './tell-files.ts';

type Kept = Slot & { readonly keep: ObservedContainer };
type Replaced = Slot & { readonly previous: ObservedContainer };

const hasKeep = (slot: Slot): slot is Kept => slot.keep !== undefined;
const hasPrevious = (slot: Slot): slot is Replaced => slot.previous !== undefined;

export function planService(context: Context, situation: ServiceSituation): Outlook {
  dropDuplicates(context, situation);
  const { mode } = situation;
  const finals = mode === 'forward' ? forward(context, situation) : stay(context, situation);
  return { mode, finals };
}

function dropDuplicates(context: Context, { slots }: ServiceSituation): void {
  for (const { duplicates, desired } of slots) {
    const cause = `one too many of number ${desired.number}`;
    for (const container of duplicates) {
      remove(context, container, { cause, reason: context.reason, dependsOn: [] });
    }
  }
}

function forward(context: Context, situation: ServiceSituation): readonly FinalContainer[] {
  const { slots, service } = situation;
  const isWaiting = (slot: Slot): slot is Replaced => isEmpty(slot) && hasPrevious(slot);
  const waiting = slots.filter(isWaiting);
  const finals = slots
    .filter((slot) => !isWaiting(slot))
    .map((slot) => {
      if (slot.completed) return tidy(context, slot);
      return hasKeep(slot) ? settle(context, situation, slot) : create(context, situation, slot);
    });
  // Some replica serves at any time: the next ones are touched when the others are ready.
  let after = waiting.length > 0 ? awaitReady(context, service, finals) : [];
  const { parallelism } = service.strategy;
  for (let first = 0; first < waiting.length; first += parallelism) {
    const group = waiting
      .slice(first, first + parallelism)
      .map((slot) => replace(context, situation, slot, slot.previous, after));
    finals.push(...group.map(({ final }) => final));
    after = group.map(({ ready }) => ready);
  }
  return finals;
}

/** A one-shot that has run to its end: what is left of others in its place goes. */
function tidy(context: Context, { desired, previous, spent }: Slot): FinalContainer {
  const why: Why = { cause: 'its successor has completed', reason: context.reason, dependsOn: [] };
  for (const container of previous ? [...spent, previous] : spent) remove(context, container, why);
  return { target: desired.name, name: desired.name, started: [], completed: true };
}

function create(context: Context, situation: ServiceSituation, slot: Slot): FinalContainer {
  const { desired, spent } = slot;
  const { service } = situation;
  const made = materials(context, situation);
  const gate = [...startGate(context, situation), ...makeRoom(context, situation)];
  const why: Why = {
    cause: spentCause(context, situation, slot) ?? createCause(context, situation, desired.name),
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
function settle(context: Context, situation: ServiceSituation, slot: Kept): FinalContainer {
  const { keep, previous, spent, desired } = slot;
  const left: Why = {
    cause: 'left over from an earlier rollout',
    reason: context.reason,
    dependsOn: [],
  };
  const gone = spent.map((container) => remove(context, container, left));
  const stopFirst = situation.service.strategy.order === 'stop-first';
  const stopped = previous && stopFirst ? stop(context, previous, superseded(context, [])) : [];
  const up = bringUp(context, situation, slot, [...gone, ...stopped]);
  const final = tellFiles(context, situation, keep, {
    target: keep.id,
    name: desired.name,
    started: up,
    ...(up.length === 0 && { container: keep }),
  });
  const { started } = final;
  const ready = previous ? awaitReady(context, situation.service, [final]) : [];
  const removed = previous
    ? [remove(context, previous, superseded(context, [...started, ...ready]))]
    : [];
  healName(context, keep, desired.name, {
    cause: previous ? 'its predecessor is gone' : 'has another name',
    reason: context.reason,
    dependsOn: [...gone, ...removed],
  });
  return final;
}

const superseded = (context: Context, dependsOn: readonly string[]): Why => ({
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

/** The desired spec is out of reach: what serves goes on serving, nothing new is tried. */
function stay(context: Context, situation: ServiceSituation): readonly FinalContainer[] {
  return situation.slots.flatMap((slot) => {
    if (slot.completed) return [tidy(context, slot)];
    if (!hasKeep(slot)) return hasPrevious(slot) ? [serve(context, slot, slot.previous, [])] : [];
    if (hasPrevious(slot)) return [decide(context, situation, slot, slot.previous)];
    return [leave(context, situation, slot)];
  });
}

/** In the middle of a rollout: forward when the new one already does, else back. */
function decide(
  context: Context,
  situation: ServiceSituation,
  slot: Kept,
  previous: ObservedContainer,
): FinalContainer {
  const { keep, desired } = slot;
  const here: FinalContainer = {
    target: keep.id,
    name: desired.name,
    started: [],
    container: keep,
  };
  const { service } = situation.service;
  const goOn = situation.mode !== 'failed' && readinessNow(context, service, here, 'ready').ready;
  if (goOn) return settle(context, situation, slot);
  const failed = failedMark(context.input.failed, situation.service);
  const removed = remove(context, keep, {
    cause: failed ? `${failed.reason}: ${failed.message}` : 'cannot go on',
    reason: 'rollback',
    dependsOn: [],
  });
  return serve(context, slot, previous, [removed]);
}

/** Puts the previous container back into its place. */
function serve(
  context: Context,
  { desired, spent }: Slot,
  previous: ObservedContainer,
  after: readonly string[],
): FinalContainer {
  const why: Why = { cause: 'goes on serving', reason: 'rollback', dependsOn: after };
  const gone = spent.map((container) =>
    remove(context, container, { ...why, cause: 'left over from an earlier rollout' }),
  );
  const retired = context.done.retired.get(previous.id);
  const cause = retired
    ? 'was stopped for a moment'
    : startCause(previous, previous.mutable.restartPolicy);
  const before = [...after, ...gone, ...(retired ?? [])];
  const fixed = healStaleNetworks(context, previous, { dependsOn: before });
  unpause(context, previous, { dependsOn: before });
  const started = cause
    ? [start(context, previous, { ...why, cause, dependsOn: [...before, ...fixed] })]
    : [];
  healName(context, previous, desired.name, { ...why, dependsOn: [...before, ...started] });
  return {
    target: previous.id,
    name: desired.name,
    started,
    ...(started.length === 0 && { container: previous }),
  };
}

/** Nothing to go back to: a failed one stays as it is, a sound one is healed. */
function leave(context: Context, situation: ServiceSituation, slot: Kept): FinalContainer {
  const { keep, desired } = slot;
  const mayHeal =
    situation.mode === 'held' ? isOpenNow(context, situation) : restsWell(situation, keep);
  if (mayHeal) return settle(context, situation, slot);
  return { target: keep.id, name: desired.name, started: [], container: keep };
}

const restsWell = (situation: ServiceSituation, keep: ObservedContainer): boolean =>
  situation.mode === 'blocked' &&
  startCause(keep, situation.service.mutable.restartPolicy) === undefined;
