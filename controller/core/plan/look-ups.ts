/** Which tags have to be looked up in their registry now, and when the next one is due. */
import type { DesiredApp, DesiredUnit, ObservedUnit } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { candidatesOf } from './adopt/candidates.ts';
import { type ImagePolicy, imagePolicies } from './image-policy.ts';
import { isPinned, lockFor, registryDigest } from './images.ts';

export interface LookUpInput {
  readonly app: DesiredApp;
  readonly unit: DesiredUnit;
  readonly observed: ObservedUnit;
  /** Of this content of the app. */
  readonly locks: Readonly<Record<string, string>>;
  /** Reference -> when it was looked up last for this content; controller time, ms. */
  readonly lookedUp: Readonly<Record<string, number>>;
  /** `spec.restart` differs from the content this unit had before. */
  readonly restarted: boolean;
  readonly now: number;
}

export interface LookUp {
  readonly reference: string;
  /** `first` for this content; `again` because its time has come. */
  readonly kind: 'first' | 'again';
  /** Nothing goes on without an answer. */
  readonly required: boolean;
  /** What is locked where there is no answer. */
  readonly otherwise: string;
  readonly platform?: string;
  readonly everyMs?: number;
}

/** Sorted by reference. */
export function lookUpsDue(input: LookUpInput): readonly LookUp[] {
  return [...imagePolicies(input.unit.model, input.app.images)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([reference, policy]) => lookUp(reference, policy, input) ?? []);
}

function lookUp(reference: string, policy: ImagePolicy, input: LookUpInput): LookUp | undefined {
  const { observed, locks, restarted, now } = input;
  const lock = locks[reference];
  const { ask, everyMs, platform } = policy;
  if (isPinned(reference) || ask === 'never') return undefined;
  const more = { ...(platform && { platform }), ...(everyMs && { everyMs }) };
  if (lock !== undefined) {
    const dueMs = dueAt(reference, policy, input);
    if (dueMs === undefined || dueMs > now) return undefined;
    return { reference, kind: 'again', required: false, otherwise: lock, ...more };
  }
  // What is taken over keeps what it runs.
  const { containers } = candidatesOf(input.app, input.unit, observed);
  if (containers.some(({ container }) => container.image === reference)) return undefined;
  const image = observed.image(reference);
  // What the host lacks is pulled by its tag; what was made on the host is in no registry.
  if (!image || registryDigest(reference, image) === undefined) return undefined;
  if (ask === 'missing' && !restarted) return undefined;
  const otherwise = lockFor(reference, image);
  return { reference, kind: 'first', required: ask === 'always', otherwise, ...more };
}

/** When a locked reference is looked up again, controller time; what has no digest never is. */
function dueAt(
  reference: string,
  { everyMs }: ImagePolicy,
  { locks, lookedUp }: LookUpInput,
): number | undefined {
  if (everyMs === undefined || !locks[reference]?.includes('@')) return undefined;
  return (lookedUp[reference] ?? 0) + everyMs;
}

/** Milliseconds until the next look-up is due; undefined where none ever is. */
export function nextLookUpMs(input: LookUpInput): number | undefined {
  const due = [...imagePolicies(input.unit.model, input.app.images)].flatMap(
    ([reference, policy]) =>
      isPinned(reference) || policy.ask === 'never' ? [] : (dueAt(reference, policy, input) ?? []),
  );
  return due.length > 0 ? Math.max(0, Math.min(...due) - input.now) : undefined;
}
