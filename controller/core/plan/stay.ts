/** What becomes of a service whose desired spec is out of reach. */
import type { ObservedContainer } from '../../../schemas/domain/index.ts';
import type { Context, FinalContainer, ServiceSituation } from './context.ts';
import { failedMark, failedNumbers } from './failures.ts';
import { awaitReady, isOpenNow, readinessNow } from './gates.ts';
import { healName, healStaleNetworks, start, startCause, unpause } from './heal.ts';
import { hasKeep, hasPrevious, type Kept, type Replaced, settle, tidy } from './settle.ts';
import type { Slot } from './slots.ts';
import { remove, type Why } from './steps.ts';

/** What serves goes on serving, nothing new is tried. */
export function stay(context: Context, situation: ServiceSituation): readonly FinalContainer[] {
  const { slots, mode } = situation;
  const isBoth = (slot: Slot): slot is Kept & Replaced => hasKeep(slot) && hasPrevious(slot);
  const finals = slots
    .filter((slot) => !isBoth(slot))
    .flatMap((slot) => {
      if (slot.completed) return [tidy(context, slot)];
      if (hasKeep(slot)) return [leave(context, situation, slot)];
      return hasPrevious(slot) ? [serve(context, slot, slot.previous, [])] : [];
    });
  const both = slots.filter(isBoth);
  if (mode !== 'failed')
    return [...finals, ...both.map((slot) => decide(context, situation, slot))];
  return [...finals, ...goBack(context, situation, both)];
}

/** Replica by replica: what does not serve first, the others while those before them do. */
function goBack(
  context: Context,
  situation: ServiceSituation,
  slots: readonly (Kept & Replaced)[],
): readonly FinalContainer[] {
  const isReady = (slot: Kept): boolean =>
    readinessNow(context, situation.service.service, here(slot), 'ready').ready;
  const back = slots
    .filter((slot) => !isReady(slot))
    .map((slot) => giveUp(context, situation, slot, []));
  const ready = slots.filter(isReady);
  const { parallelism } = situation.service.strategy;
  let after = ready.length > 0 ? awaitReady(context, situation.service, back) : [];
  for (let first = 0; first < ready.length; first += parallelism) {
    const gate = after;
    const group = ready
      .slice(first, first + parallelism)
      .map((slot) => giveUp(context, situation, slot, gate));
    back.push(...group);
    const isLast = first + parallelism >= ready.length;
    after = isLast ? [] : awaitReady(context, situation.service, group);
  }
  return back;
}

/** A replica that failed, in a service that goes on without it: never tried again. */
export function abide(
  context: Context,
  situation: ServiceSituation,
  slot: Slot,
): readonly FinalContainer[] {
  if (!hasPrevious(slot)) return [];
  if (hasKeep(slot)) return [giveUp(context, situation, slot, [])];
  return [serve(context, slot, slot.previous, [])];
}

/** In the middle of a rollout: forward when the new one already does, else back. */
function decide(
  context: Context,
  situation: ServiceSituation,
  slot: Kept & Replaced,
): FinalContainer {
  const { service } = situation.service;
  const goesOn = readinessNow(context, service, here(slot), 'ready').ready;
  return goesOn ? settle(context, situation, slot) : giveUp(context, situation, slot, []);
}

const here = ({ keep, desired }: Kept): FinalContainer => ({
  target: keep.id,
  name: desired.name,
  started: [],
  container: keep,
});

function giveUp(
  context: Context,
  situation: ServiceSituation,
  slot: Kept & Replaced,
  after: readonly string[],
): FinalContainer {
  const failed = failedMark(context.input.failed, situation.service);
  const removed = remove(context, slot.keep, {
    cause: failed ? `${failed.reason}: ${failed.message}` : 'cannot go on',
    reason: 'rollback',
    dependsOn: after,
  });
  return serve(context, slot, slot.previous, [removed]);
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
  const { failed, now } = context.input;
  if (failedNumbers(failed, situation, now).has(slot.desired.number)) return here(slot);
  const mayHeal =
    situation.mode === 'held' ? isOpenNow(context, situation) : restsWell(situation, slot.keep);
  return mayHeal ? settle(context, situation, slot) : here(slot);
}

const restsWell = (situation: ServiceSituation, keep: ObservedContainer): boolean =>
  situation.mode === 'blocked' &&
  startCause(keep, situation.service.mutable.restartPolicy) === undefined;
