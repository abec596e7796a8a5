/**
 * The hooks of a rollout: services that run once for each content of the app, one after another.
 * A hook is a job whose spec hash covers the hashes of all other services: the same machinery
 * recognises its container, judges it and never runs it twice.
 */

import { dependenciesOf } from '../../../engine/dependency-order.ts';
import type { HookPhase } from '../../../schemas/domain/index.ts';
import { isUp } from '../health/readiness.ts';
import { dropDuplicates, planService } from './containers.ts';
import type { Context, FinalContainer, ServiceSituation } from './context.ts';
import { lastOperations } from './draft.ts';
import { failedMark } from './failures.ts';
import { awaitContainer, awaitReady, readinessNow } from './gates.ts';
import { create, hasKeep, settle, tidy } from './settle.ts';
import type { Slot } from './slots.ts';
import { stop } from './steps.ts';

const CAUSE: Readonly<Record<HookPhase, string>> = {
  before: 'hook before the rollout',
  after: 'hook after the rollout',
};

/** All that is planned after them waits for their end. */
export function planBeforeHooks(context: Context): void {
  const hooks = hooksOf(context, 'before');
  const open = hooks.filter((hook) => isOpen(context, hook));
  const stillThere = new Set(open.flatMap((hook) => openWay(context, hook)));
  for (const hook of hooks) planHook(context, hook);
  for (const name of stillThere) context.outlooks.delete(name);
}

/** They wait for everything: what is ready, and what is to be removed. */
export function planAfterHooks(context: Context): void {
  const hooks = hooksOf(context, 'after');
  if (hooks.some((hook) => isOpen(context, hook))) {
    const ready = [...context.outlooks].flatMap(([name, { finals }]) => {
      const situation = context.services.get(name);
      if (!situation || situation.service.hook) return [];
      return awaitReady(context, situation.service, finals);
    });
    context.draft.barrier.push(...ready, ...lastOperations(context.draft));
  }
  for (const hook of hooks) planHook(context, hook);
}

const hooksOf = ({ services }: Context, phase: HookPhase): readonly ServiceSituation[] =>
  [...services.values()].filter(({ service }) => service.hook === phase);

/** Whether it is still to be run, or to end. */
const isOpen = (context: Context, { mode, service, slots }: ServiceSituation): boolean =>
  mode === 'forward' &&
  slots.some(({ keep, completed, desired }) => {
    if (!keep || completed) return !completed;
    const final = { target: keep.id, name: desired.name, started: [], container: keep };
    return !readinessNow(context, service.service, final, 'completed').ready;
  });

/**
 * What a hook depends on has to be there. What has nothing to lose is brought up before it; what
 * is to be replaced serves it as it is. @returns the latter, which are still to be planned.
 */
function openWay(context: Context, hook: ServiceSituation): readonly string[] {
  const needed = new Set<string>();
  const visit = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    dependenciesOf(context.services.get(name)?.service.spec).forEach(visit);
  };
  dependenciesOf(hook.service.spec).forEach(visit);
  const stillThere: string[] = [];
  for (const [name, situation] of context.services) {
    if (!needed.has(name) || context.outlooks.has(name)) continue;
    const serves = situation.slots.some(({ previous }) => previous);
    if (serves) {
      stillThere.push(name);
      context.outlooks.set(name, { mode: 'forward', finals: situation.slots.flatMap(present) });
    } else {
      context.outlooks.set(name, planService(context, situation));
    }
  }
  return stillThere;
}

function present({ keep, previous, desired }: Slot): readonly FinalContainer[] {
  const container = keep ?? previous;
  if (!container) return [];
  return [{ target: container.id, name: desired.name, started: [], container }];
}

function planHook(context: Context, hook: ServiceSituation): void {
  const { mode, service, slots } = hook;
  const [slot] = slots;
  if (!slot) return;
  dropDuplicates(context, hook);
  if (mode !== 'forward') {
    halt(context, hook, slot);
    return;
  }
  const final = run(context, hook, slot);
  context.outlooks.set(service.service, { mode, finals: [final] });
  if (readinessNow(context, service.service, final, 'completed').ready) return;
  context.draft.barrier.push(awaitContainer(context, service.service, final, 'completed'));
}

function run(context: Context, hook: ServiceSituation, slot: Slot): FinalContainer {
  if (slot.completed) return tidy(context, slot);
  if (hasKeep(slot)) return settle(context, hook, slot);
  const { previous, ...rest } = slot;
  if (!previous) return create(context, hook, slot, cause(hook));
  endOf(context, hook, slot);
  return create(context, hook, { ...rest, spent: [...slot.spent, previous] }, cause(hook));
}

const cause = ({ service: { hook = 'before' } }: ServiceSituation): string => CAUSE[hook];

/** A run of other content is still under way: it may end by itself, until its time is up. */
function endOf(context: Context, { service }: ServiceSituation, { previous, desired }: Slot): void {
  if (!previous || !isUp(previous)) return;
  const { now } = context.input;
  if (now - previous.sinceMs >= context.app.rollout.deadlineMs) return;
  const final = { target: previous.id, name: desired.name, started: [], container: previous };
  context.draft.barrier.push(awaitContainer(context, service.service, final, 'completed'));
}

/** One that has failed by running for too long is ended; its container stays, for its log. */
function halt(context: Context, { mode, service }: ServiceSituation, { keep }: Slot): void {
  if (mode !== 'failed' || !keep) return;
  const failed = failedMark(context.input.failed, service);
  stop(context, keep, {
    cause: failed ? `${failed.reason}: ${failed.message}` : 'has failed',
    reason: 'rollback',
    dependsOn: [],
  });
}
