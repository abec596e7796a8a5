import { check } from './checks/check.ts';
import { difference } from './checks/convergence.ts';
import { RESYNC_MS } from './world/agent.ts';
import { joinedHosts } from './world/certificates.ts';
import { healAll, strike } from './world/faults.ts';
import type { Entry, Violation } from './world/history.ts';
import { World } from './world/world.ts';
import type { Wraps } from './world/wraps.ts';

export interface Report {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly entries: readonly Entry[];
  readonly events: number;
  /** From the heal to the state that git asks for. */
  readonly convergedMs: number | undefined;
}

const FAULTS_MS = 40_000;
/** The longest backoff, and time to act after it. */
const CONVERGE_MS = 660_000;
const LOOK_EVERY_MS = 2_000;
/** Without a change for so long, what git asks for is there, or never will be. */
const REST_MS = 30_000;
const RESYNCS = 10;

/** One seed: a time of faults, then a healed world in which all must come to rest and stay so. */
export async function simulate(seed: number, wraps: Wraps = {}): Promise<Report> {
  const world = new World(seed, await joinedHosts(), wraps);
  world.start();
  await trouble(world);
  healAll(world);
  world.git.pushFinal(world.random.chance(0.4));
  world.history.add({ type: 'phase', phase: 'healed' });
  const healedMs = world.timeline.elapsedMs;
  const convergedMs = await converge(world);
  if (convergedMs !== undefined) {
    world.history.add({ type: 'phase', phase: 'converged' });
    await rest(world);
    world.history.add({ type: 'phase', phase: 'quiet' });
  }
  const { entries } = world.history;
  const violations = [
    ...check(entries, world.git.commits),
    ...unfinished(world, convergedMs !== undefined),
  ];
  return {
    seed,
    violations,
    entries,
    events: world.timeline.events,
    convergedMs: convergedMs === undefined ? undefined : convergedMs - healedMs,
  };
}

async function trouble(world: World): Promise<void> {
  const { random, timeline } = world;
  const paceMs = random.between(1_000, 6_000);
  while (timeline.elapsedMs < FAULTS_MS) {
    await timeline.pass(random.between(1, 2 * paceMs));
    strike(world);
  }
}

/** @returns when the last change was made; undefined where it does not come to rest. */
async function converge(world: World): Promise<number | undefined> {
  const { timeline, history } = world;
  const endMs = timeline.elapsedMs + CONVERGE_MS;
  let [seen, changedMs] = [history.entries.length, timeline.elapsedMs];
  while (timeline.elapsedMs < endMs) {
    await timeline.pass(LOOK_EVERY_MS);
    const fresh = history.entries.slice(seen);
    seen = history.entries.length;
    const isMoving = fresh.some(({ type }) => type === 'call') || difference(world).length > 0;
    if (isMoving) changedMs = timeline.elapsedMs;
    else if (timeline.elapsedMs - changedMs >= REST_MS) return changedMs;
  }
  return undefined;
}

/** Ten times each agent looks at everything; a controller and an agent start anew meanwhile. */
async function rest(world: World): Promise<void> {
  const { timeline, random } = world;
  await timeline.pass(RESYNC_MS * 3);
  world.crashController({ disk: random.chance(0.5) ? 'kept' : 'store lost' });
  await timeline.pass(RESYNC_MS * 3);
  const host = random.pick(world.hosts);
  if (host) world.crashAgent(host);
  await timeline.pass(RESYNC_MS * (RESYNCS - 6));
  world.heal();
  // An agent that was turned away stays away for up to 60 s.
  await timeline.pass(RESYNC_MS * 8);
}

/** I12, in a world that has been healed for so long. */
function unfinished(world: World, isAtRest: boolean): readonly Violation[] {
  const messages = [
    ...difference(world),
    ...(isAtRest ? [] : [`does not come to rest within ${CONVERGE_MS / 1000} s`]),
  ];
  return messages.map((message) => ({ id: 'I12', atMs: world.timeline.now(), message }));
}
