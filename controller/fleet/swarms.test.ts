import { describe, expect, it } from 'vitest';
import type { Clock } from '../../kit/clock.ts';
import {
  type HostName,
  type Outcome,
  type SwarmObject,
  toAppId,
  toHostName,
  toSwarmPlace,
  toUnitKey,
} from '../../schemas/domain/index.ts';
import type { Dispatch } from '../reconcile/ports.ts';
import { ENGINE, INSTALLATION } from '../testing/builders.ts';
import { HostState } from './host-state.ts';
import type { Roster } from './roster.ts';
import { Swarms } from './swarms.ts';

const PLACE = toSwarmPlace('prod');
const [ONE, TWO] = [toHostName('n1'), toHostName('n2')];
const APP = toAppId('default', 'shop');
const KEY = toUnitKey(APP, PLACE);
const DONE: Outcome = { status: 'done', durationMs: 1 };
const LOST: Outcome = {
  status: 'failed',
  durationMs: 1,
  error: { code: 'SessionLost', fault: 'world', message: '' },
};

const service: SwarmObject = {
  kind: 'service',
  id: 's',
  name: 'shop_web',
  owner: { installation: INSTALLATION, app: APP, specHash: 'v1:a', service: 'web' },
  version: 1,
  fields: {},
  applied: '',
  taskHash: '',
  references: [],
};

/** A fleet of managers, each with what it says of its swarm. */
function fleet() {
  const states = new Map<HostName, HostState>();
  const paused = new Set<HostName>();
  const clock = { now: () => nowMs } as Clock;
  let nowMs = 0;
  const roster = {
    state: (host: HostName) => states.get(host),
    session: (host: HostName) => ({ paused: paused.has(host) ? { reason: '', untilMs: 1 } : null }),
  } as unknown as Roster;
  const swarms = new Swarms(roster, clock, () => new Map([ONE, TWO].map((host) => [host, 'prod'])));
  return {
    swarms,
    paused,
    states,
    pass: (ms: number) => {
      nowMs += ms;
    },
    speak: (host: HostName, leader: boolean, id = 'cluster') => {
      const swarm: readonly SwarmObject[] = [{ kind: 'swarm', id, node: host, leader }, service];
      const objects = { containers: [], networks: [], volumes: [], images: [], swarm };
      const engine = ENGINE;
      states.set(host, new HostState({ host, installation: INSTALLATION, engine, objects, nowMs }));
    },
  };
}

const dispatch = (operationId: string): Dispatch => ({
  operationId,
  unit: KEY,
  operation: {
    kind: 'remove-service',
    target: 's',
    id: '',
    resource: '',
    cause: '',
    reason: 'prune',
    dependsOn: [],
  },
  deadlineMs: 60_000,
});

describe('who speaks for a swarm', () => {
  it('is its leader, an unpaused manager before a paused one, and nobody where none is there', () => {
    const { swarms, speak, paused } = fleet();
    expect(swarms.observed(KEY)).toBeUndefined();
    speak(ONE, false);
    expect(swarms.speaker(PLACE)?.host).toBe(ONE);
    speak(TWO, true);
    expect(swarms.speaker(PLACE)?.host).toBe(TWO);
    paused.add(TWO);
    expect(swarms.speaker(PLACE)?.host).toBe(ONE);
  });

  it('is nobody where managers of two swarms go by one name', () => {
    const { swarms, speak } = fleet();
    speak(ONE, true);
    speak(TWO, true, 'another');
    expect(swarms.speaker(PLACE)).toBeUndefined();
  });

  it('shows each stack its own objects', () => {
    const { swarms, speak } = fleet();
    speak(ONE, true);
    expect(swarms.observed(KEY)?.swarm?.services.map(({ name }) => name)).toEqual(['shop_web']);
    expect(swarms.ownedUnits(PLACE)).toEqual([KEY]);
    expect(swarms.places()).toEqual([PLACE]);
    expect(swarms.placeOf(ONE)).toBe(PLACE);
    const other = toUnitKey(toAppId('default', 'other'), PLACE);
    expect(swarms.observed(other)?.swarm?.services).toEqual([]);
  });
});

describe('writing to a swarm', () => {
  it('goes through another manager only once nothing can be under way at the first', async () => {
    const { swarms, speak, states, pass } = fleet();
    speak(ONE, true);
    expect((await swarms.execute(PLACE, dispatch('a'), async () => LOST)).status).toBe('failed');
    states.delete(ONE);
    speak(TWO, true);
    const sent: HostName[] = [];
    const send = async (host: HostName) => {
      sent.push(host);
      return DONE;
    };
    const early = await swarms.execute(PLACE, dispatch('b'), send);
    expect(early.error?.code).toBe('NotManager');
    pass(60_000);
    expect(await swarms.execute(PLACE, dispatch('c'), send)).toEqual(DONE);
    expect(sent).toEqual([TWO]);
  });

  it('goes there at once where everything was answered', async () => {
    const { swarms, speak, states } = fleet();
    speak(ONE, true);
    await swarms.execute(PLACE, dispatch('a'), async () => DONE);
    states.delete(ONE);
    speak(TWO, true);
    expect(await swarms.execute(PLACE, dispatch('b'), async () => DONE)).toEqual(DONE);
  });

  it('is refused where no manager is there', async () => {
    const { swarms } = fleet();
    const { error } = await swarms.execute(PLACE, dispatch('a'), async () => DONE);
    expect(error?.code).toBe('NotManager');
  });
});
