/** The containers of one service: create, replace, heal, roll back. */
import type { Context, FinalContainer, Outlook, ServiceSituation } from './context.ts';
import { failedNumbers } from './failures.ts';
import { awaitReady } from './gates.ts';
import { replace } from './replace.ts';
import { create, hasKeep, hasPrevious, type Replaced, settle, takenOver, tidy } from './settle.ts';
import { isEmpty, type Slot } from './slots.ts';
import { abide, stay } from './stay.ts';
import { remove } from './steps.ts';
import { retains } from './strategy.ts';

export function planService(context: Context, situation: ServiceSituation): Outlook {
  dropDuplicates(context, situation);
  const { mode } = situation;
  const finals = mode === 'forward' ? forward(context, situation) : stay(context, situation);
  return { mode, finals };
}

export function dropDuplicates(context: Context, { slots }: ServiceSituation): void {
  for (const { duplicates, desired } of slots) {
    const cause = `one too many of number ${desired.number}`;
    for (const container of duplicates) {
      remove(context, container, { cause, reason: context.reason, dependsOn: [] });
    }
  }
}

function forward(context: Context, situation: ServiceSituation): readonly FinalContainer[] {
  const { service } = situation;
  const failed = failedNumbers(context.input.failed, situation, context.input.now);
  const slots = situation.slots.filter(({ desired }) => !failed.has(desired.number));
  const isWaiting = (slot: Slot): slot is Replaced => isEmpty(slot) && hasPrevious(slot);
  const waiting = slots.filter(isWaiting);
  const finals = slots
    .filter((slot) => !isWaiting(slot))
    .map((slot) => {
      if (slot.completed) return tidy(context, slot);
      return hasKeep(slot) ? settle(context, situation, slot) : create(context, situation, slot);
    });
  const given = situation.slots.filter(({ desired }) => failed.has(desired.number));
  finals.push(...given.flatMap((slot) => abide(context, situation, slot)));
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
  letGo(context, situation, slots, finals);
  return finals;
}

/** What was set aside for the case that all must go back is removed when none has to. */
function letGo(
  context: Context,
  { service }: ServiceSituation,
  slots: readonly Slot[],
  finals: readonly FinalContainer[],
): void {
  const kept = slots.filter(hasPrevious);
  if (!retains(service.strategy) || kept.length === 0) return;
  const ready = awaitReady(context, service, finals);
  for (const { previous } of kept) remove(context, previous, takenOver(context, ready));
}
