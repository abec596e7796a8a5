/** Which replicas of a service ran and failed, and whether it can go on without them. */
import { isCompleted, readiness } from '../health/readiness.ts';
import type { HardenedService } from './harden-unit.ts';
import type { FailedMarkLike } from './input.ts';
import type { ServiceSlots, Slot } from './slots.ts';

export interface Judged {
  readonly service: HardenedService;
  readonly slots: ServiceSlots['slots'];
}

export const failedMark = (
  failed: readonly FailedMarkLike[],
  { service, specHash }: Pick<HardenedService, 'service' | 'specHash'>,
): FailedMarkLike | undefined =>
  failed.find((mark) => mark.service === service && mark.specHash === specHash);

/** Whether more has failed than the service's author lets pass. */
export function hasFailed(failed: readonly FailedMarkLike[], judged: Judged, now: number): boolean {
  const { strategy } = judged.service;
  const isWhole = own(failed, judged.service).some(({ number }) => number === undefined);
  if (isWhole) return !judged.slots.every((slot) => isWell(judged.service, slot, now));
  const count = failedNumbers(failed, judged, now).size;
  if (count === 0) return false;
  if (count >= strategy.replicas) return true;
  if (strategy.failureAction === 'continue') return false;
  return count > strategy.maxFailureRatio * strategy.replicas;
}

/** Numbers of the replicas that failed and did not get well after all. */
export function failedNumbers(
  failed: readonly FailedMarkLike[],
  { service, slots }: Judged,
  now: number,
): ReadonlySet<number> {
  const marked = new Set(own(failed, service).map(({ number }) => number));
  const bad = slots.filter(
    (slot) => marked.has(slot.desired.number) && !isWell(service, slot, now),
  );
  return new Set(bad.map(({ desired }) => desired.number));
}

const own = (
  failed: readonly FailedMarkLike[],
  { service, specHash }: HardenedService,
): readonly FailedMarkLike[] =>
  failed.filter((mark) => mark.service === service && mark.specHash === specHash);

/** It got well after all, with nothing to go back to: a mark has lost its meaning. */
function isWell(
  { strategy, mustComplete }: HardenedService,
  { keep, previous, completed }: Slot,
  now: number,
): boolean {
  if (completed) return true;
  if (!keep || previous) return false;
  if (mustComplete) return isCompleted(keep);
  const steady = keep.health === 'healthy' || keep.restartCount === 0;
  return steady && readiness(keep, 'ready', strategy.unchangedMs, now).ready;
}
