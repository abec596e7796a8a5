import { type Host, NO_FAULTS } from './host.ts';
import type { World } from './world.ts';

type Fault = (world: World, host: Host) => string;

/** By weight: how often each comes among the others. */
const FAULTS: readonly (readonly [weight: number, fault: Fault])[] = [
  [10, (world) => `push: ${world.git.push()}`],
  [3, crashController],
  [3, crashAgent],
  [2, cutConnection],
  [3, partition],
  [2, engineDown],
  [1, muteEvents],
  [2, brokenCalls],
  [1, sourceDown],
  [3, drift],
  [2, stranger],
  [2, redelivery],
  [1, backUp],
];

/** One thing that happens to the world. */
export function strike(world: World): void {
  const host = world.random.pick(world.hosts);
  if (!host) return;
  const text = world.random.weighted(FAULTS)(world, host);
  if (text !== '') world.history.add({ type: 'fault', text });
}

/** Ends every fault that would last. Strangers in our way leave too. */
export function healAll(world: World): void {
  world.git.down = false;
  for (const host of world.hosts) {
    host.faults = NO_FAULTS;
    host.engine.comeUp();
    host.act('heal', () => removeStrangers(host));
  }
  world.heal();
}

const within = (world: World, mostMs: number): number => world.random.between(500, mostMs);

function crashController(world: World): string {
  const disk = world.random.weighted<'kept' | 'store lost' | 'restored'>([
    [6, 'kept'],
    [2, 'store lost'],
    [1, 'restored'],
  ]);
  world.crashController({ disk });
  // What the one before had sent gets there when another one is in charge.
  for (const host of world.hosts) {
    world.timeline.setTimer(within(world, 30_000), () => redelivery(world, host));
  }
  return '';
}

function crashAgent(world: World, host: Host): string {
  world.crashAgent(host);
  return '';
}

function cutConnection(world: World, { name }: Host): string {
  world.network.cut(name);
  return `the connection of ${name} is cut`;
}

function partition(world: World, { name }: Host): string {
  const { random, network, timeline } = world;
  const directions = random.pick([['up'], ['down'], ['up', 'down']] as const) ?? [];
  for (const direction of directions) network.block(name, direction);
  const ms = within(world, 40_000);
  timeline.setTimer(ms, () => network.free(name));
  if (random.chance(0.5)) timeline.setTimer(random.between(0, ms), () => network.cut(name));
  return `partition of ${name}, ${directions.join(' and ')}, ${ms} ms`;
}

function engineDown(world: World, { name, engine }: Host): string {
  const ms = within(world, 20_000);
  engine.goDown();
  world.timeline.setTimer(ms, () => engine.comeUp());
  return `the engine of ${name} is away, ${ms} ms`;
}

function muteEvents(_: World, { name, engine }: Host): string {
  engine.muteEvents();
  return `the events of ${name} fall silent`;
}

function brokenCalls(world: World, host: Host): string {
  const { random, timeline } = world;
  host.faults = { fail: random.next() / 3, hang: random.chance(0.3) ? 0.02 : 0 };
  const ms = within(world, 30_000);
  timeline.setTimer(ms, () => {
    host.faults = NO_FAULTS;
  });
  return `calls of ${host.name} fail, ${ms} ms`;
}

function sourceDown(world: World): string {
  const ms = within(world, 40_000);
  world.git.down = true;
  world.timeline.setTimer(ms, () => {
    world.git.down = false;
  });
  return `the repository is away, ${ms} ms`;
}

/** What people do to a container of ours at the host's shell. */
function drift(world: World, host: Host): string {
  const { random } = world;
  const subject = random.pick(host.own());
  if (!subject) return '';
  const { host: docker } = host.engine;
  const { id, name } = subject;
  const [act, work] = random.weighted<readonly [string, () => void]>([
    [3, ['rm -f', () => docker.remove(id, true)]],
    [2, ['stop', () => docker.stop(id)]],
    [2, ['kill', () => kill(docker, id)]],
    [1, ['rename', () => docker.rename(id, `${name}-${random.between(1, 99)}`)]],
    [1, ['pause', () => docker.pause(id, true)]],
  ]);
  host.act(act, work);
  return `docker ${act} ${name} on ${host.name}`;
}

/** An engine refuses to kill what does not run. */
function kill(docker: Host['engine']['host'], id: string): void {
  if (docker.container(id)?.state === 'running') docker.exit(id, 137);
}

const STRANGERS = 'stranger';

/** Somebody else's things come, under names of their own or under ours. */
function stranger(world: World, host: Host): string {
  const { random } = world;
  const { host: docker } = host.engine;
  const ours = random.pick(host.own())?.name ?? 'ant-web-1';
  const name = random.pick([`${STRANGERS}-${random.between(1, 3)}`, ours, 'bee-web-1']) ?? ours;
  host.act('stranger', () => {
    docker.createNetwork(`${name}-net`, {});
    docker.createVolume(`${STRANGERS}-data`, {});
    const labels = random.chance(0.3)
      ? { 'com.docker.compose.project': 'ant', 'com.docker.compose.service': 'web' }
      : { role: STRANGERS };
    docker.addImage('theirs:1');
    const { id } = docker.create(name, { Image: 'theirs:1', Labels: labels });
    docker.start(id);
  });
  return `a stranger ${name} comes to ${host.name}`;
}

function removeStrangers(host: Host): void {
  const own = new Set(host.own().map(({ id }) => id));
  const { containers } = host.engine.host;
  for (const { id } of [...containers.values()]) {
    if (!own.has(id)) host.engine.host.remove(id, true);
  }
}

/**
 * A message comes again, or late: what an agent has begun already, or what is of an epoch below
 * the one it has on its disk. Both it must see through.
 */
function redelivery(world: World, host: Host): string {
  const text = host.journalFile.text;
  const epochs = [...text.matchAll(/"epoch":"(\d+)"/g)].map(([, epoch]) => Number(epoch));
  const highest = BigInt(Math.max(0, ...epochs));
  const known = (id: string) => text.includes(`"id":"${id}"`);
  const sent = world.network.operations(host.name);
  const late = sent.filter(({ operationId, epoch }) => epoch < highest && !known(operationId));
  const again = sent.filter(({ operationId }) => known(operationId));
  const operation = world.random.pick(late.length > 0 ? late : again);
  if (!operation) return '';
  world.network.redeliver(host.name, operation);
  return `operation ${operation.operationId} comes again to ${host.name}`;
}

function backUp(world: World): string {
  world.backUp();
  return 'the vault is backed up';
}
