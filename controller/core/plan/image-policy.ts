/** How eagerly a unit's images are looked up: `pull_policy` and `spec.images` in terms of locks. */
import { imageName } from '../../../engine/names.ts';
import type { ComposeModel, DesiredApp } from '../../../schemas/domain/index.ts';

/**
 * - `never`: taken from the host alone.
 * - `missing`: pulled where the host has none; a tag is not looked up otherwise.
 * - `content`: looked up for each content of the app; where the registry cannot tell, what the
 *   host has serves.
 * - `always`: the same, and nothing goes on until the registry has told.
 */
export type Ask = 'never' | 'missing' | 'content' | 'always';

export interface ImagePolicy {
  readonly ask: Ask;
  /** Looked up again so long after the last time. */
  readonly everyMs?: number;
  /** `platform` of the services that run it, as written. */
  readonly platform?: string;
}

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
};
const EAGERNESS: readonly Ask[] = ['never', 'missing', 'content', 'always'];

/** By reference. Services that share one are served by the most eager of their policies. */
export function imagePolicies(
  model: ComposeModel,
  images: DesiredApp['images'],
): ReadonlyMap<string, ImagePolicy> {
  const policies = new Map<string, ImagePolicy>();
  for (const [service, { pull_policy, platform }] of Object.entries(model.services)) {
    const reference = imageName(model, service);
    const own = policyOf(pull_policy, images?.refreshMs);
    const policy = { ...own, ...(platform && { platform }) };
    const known = policies.get(reference);
    policies.set(reference, known ? stronger(known, policy) : policy);
  }
  return policies;
}

/** Nothing is built here: what was built elsewhere is taken as it is. */
const ASKS: Readonly<Record<string, Ask>> = {
  never: 'never',
  always: 'always',
  missing: 'missing',
  if_not_present: 'missing',
  build: 'missing',
};

function policyOf(written: string | undefined, refreshMs: number | undefined): ImagePolicy {
  const ask = ASKS[written ?? ''] ?? 'content';
  const everyMs = ask === 'never' ? undefined : shortest(everyOf(written), refreshMs);
  return { ask, ...(everyMs && { everyMs }) };
}

/** `daily`, `weekly`, `every_1d12h`. */
function everyOf(written: string | undefined): number | undefined {
  if (written === 'daily') return DAY_MS;
  if (written === 'weekly') return 7 * DAY_MS;
  const [, span] = /^every_((?:[0-9]+[wdhms])+)$/.exec(written ?? '') ?? [];
  let total = 0;
  for (const [, count, unit] of (span ?? '').matchAll(/([0-9]+)([wdhms])/g)) {
    total += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return total > 0 ? total : undefined;
}

function stronger(a: ImagePolicy, b: ImagePolicy): ImagePolicy {
  const ask = EAGERNESS.indexOf(a.ask) >= EAGERNESS.indexOf(b.ask) ? a.ask : b.ask;
  const everyMs = shortest(a.everyMs, b.everyMs);
  const platform = a.platform ?? b.platform;
  return { ask, ...(everyMs && { everyMs }), ...(platform && { platform }) };
}

const shortest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
