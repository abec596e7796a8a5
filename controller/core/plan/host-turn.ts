/** Whose turn it is where an app is rolled over its hosts one after another (`spec.strategy`). */
import type { HostName, HostStrategy } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';

/**
 * `away`: not connected, or paused by its owner: counts for nothing, and catches up by itself when
 * it is back. `failed`: what is asked for did not get healthy there.
 */
export type HostState = 'waiting' | 'rolling' | 'done' | 'failed' | 'away';

export interface HostStanding {
  readonly host: HostName;
  readonly state: HostState;
  /** Why it failed, for a person. */
  readonly message?: string;
  /** When it got done, controller time in ms. */
  readonly doneMs?: number;
}

export interface HostTurnInput {
  readonly strategy: HostStrategy;
  /** Whose turn is asked for. */
  readonly host: HostName;
  /** Every host of the app, in the order in which they are declared. */
  readonly standings: readonly HostStanding[];
  /** Controller time, ms. */
  readonly now: number;
}

export type HostTurn =
  | { readonly kind: 'go' }
  /** `recheckMs`: where time alone will make it this host's turn. */
  | { readonly kind: 'wait'; readonly message: string; readonly recheckMs?: number }
  | { readonly kind: 'halt'; readonly message: string };

const GO: HostTurn = { kind: 'go' };

export function hostTurn({ strategy, host, standings, now }: HostTurnInput): HostTurn {
  const others = standings.filter((one) => one.host !== host);
  if (standings.some((one) => one.host === host && one.state === 'rolling')) return GO;
  const failed = others.find(({ state }) => state === 'failed');
  if (failed) {
    const why = failed.message ? `: ${failed.message}` : '';
    return { kind: 'halt', message: `stays as it is: ${failed.host} failed${why}` };
  }
  const rolling = others.filter(({ state }) => state === 'rolling').map((one) => one.host);
  const free = mostAtOnce(strategy, standings.length) - rolling.length;
  if (free <= 0) return { kind: 'wait', message: `waits for ${listed(rolling)}` };
  const leftMs = pauseLeftMs(strategy, others, now);
  if (leftMs > 0) {
    const message = `waits ${Math.ceil(leftMs / 1_000)} s after the host before it`;
    return { kind: 'wait', message, recheckMs: leftMs };
  }
  const queue = inOrder(strategy, standings)
    .filter((one) => one.state === 'waiting' || one.host === host)
    .map((one) => one.host);
  const before = queue.slice(0, queue.indexOf(host));
  return before.length < free ? GO : { kind: 'wait', message: `waits for ${listed(before)}` };
}

/** At least one, also of a small share. */
function mostAtOnce({ maxUnavailableHosts: most }: HostStrategy, hosts: number): number {
  const count = 'percent' in most ? Math.floor((hosts * most.percent) / 100) : most.count;
  return Math.max(1, count);
}

/** The named ones first; the others as they are declared. */
function inOrder(
  { order }: HostStrategy,
  standings: readonly HostStanding[],
): readonly HostStanding[] {
  const rank = ({ host }: HostStanding) => {
    const index = order.indexOf(host);
    return index < 0 ? order.length : index;
  };
  return [...standings].sort((a, b) => rank(a) - rank(b));
}

function pauseLeftMs(
  { pauseMs }: HostStrategy,
  others: readonly HostStanding[],
  now: number,
): number {
  const ended = others.flatMap(({ state, doneMs }) =>
    state === 'done' && doneMs !== undefined ? [doneMs] : [],
  );
  return ended.length === 0 ? 0 : Math.max(...ended) + pauseMs - now;
}

const SHOWN = 3;

function listed(hosts: readonly HostName[]): string {
  const sorted = [...hosts].sort(compareText);
  const more = sorted.length - SHOWN;
  return sorted.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
