import { describe, expect, it } from 'vitest';
import {
  LABEL,
  type ObservedUnit,
  type Owner,
  splitUnitKey,
  toAppId,
  toHostName,
  toUnitKey,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import {
  APP,
  anApp,
  anObservedUnit,
  anOwnContainer,
  aUnit,
  HOST,
  INSTALLATION,
} from '../testing/builders.ts';
import type { Dispatch, Fleet } from './ports.ts';
import { formerNames, renamedFleet, successorOf } from './renamed-fleet.ts';

const OLD = toAppId('default', 'old');
const OLDEST = toAppId('default', 'oldest');
const NAMES = new Map([[APP, [OLD, OLDEST]]]);
const key = (app = APP): UnitKey => toUnitKey(app, HOST);
const owner = (app = OLD): Owner => ({ installation: INSTALLATION, app, specHash: 'v1:0' });

/** A fleet of one host with these units, that keeps what it is asked. */
function aFleet(units: readonly ObservedUnit[]) {
  const asked: Dispatch[] = [];
  let tell: (changed: readonly UnitKey[] | 'all') => void = () => {};
  const fleet: Fleet = {
    hosts: () => [],
    places: () => [HOST],
    observed: (wanted) =>
      units.find((unit) => unit.key === wanted) ??
      anObservedUnit({ app: splitUnitKey(wanted).app }),
    ownedUnits: () => units.map((unit) => unit.key),
    execute: async (_host, dispatch) => {
      asked.push(dispatch);
      return { status: 'done', durationMs: 0 };
    },
    inspectManifest: async () => ({ error: { code: 'PullFailed', fault: 'world', message: '' } }),
    tailLogs: async () => ['line'],
    onObserved: (listener) => {
      tell = (changed) => listener(HOST, changed);
    },
  };
  return { asked, fleet, tell: (changed: readonly UnitKey[] | 'all') => tell(changed) };
}

const running = (app = OLD) => {
  const container = anOwnContainer('web', 1, {
    owner: { ...owner(app), service: 'web', number: 1 },
  });
  const volume = { name: 'shop_data', driver: 'local', owner: owner(app) };
  const network = {
    id: 'n',
    name: 'shop_default',
    driver: 'bridge',
    scope: 'local',
    owner: owner(app),
  };
  return anObservedUnit({ app, containers: [container], volumes: [volume], networks: [network] });
};

describe('a renamed app', () => {
  it('is seen under its present name, with all it owns', () => {
    const fleet = renamedFleet(aFleet([running()]).fleet, () => NAMES);
    const observed = fleet.observed(key());
    expect(observed).toMatchObject({ key: key(), app: APP });
    const seen = [
      ...(observed?.containers ?? []),
      ...(observed?.volumes ?? []),
      ...(observed?.networks ?? []),
      observed?.containerNamed('shop-web-1'),
      observed?.volumeNamed('shop_data'),
      observed?.networkNamed('shop_default'),
    ];
    expect(seen.map((object) => object?.owner?.app)).toEqual(Array(6).fill(APP));
    expect(observed?.containerNamed('none')).toBeUndefined();
    expect(fleet.ownedUnits(HOST)).toEqual([key()]);
  });

  it('stays what it was to its host, also in what is made new there', async () => {
    const { fleet, asked } = aFleet([running()]);
    const base = { id: 'x', resource: 'x', cause: '', reason: 'change', dependsOn: [] } as const;
    const signal = new AbortController().signal;
    const dispatch = (operation: Dispatch['operation']) =>
      renamedFleet(fleet, () => NAMES).execute(
        HOST,
        { operationId: '1', unit: key(), operation, deadlineMs: 1 },
        signal,
      );
    const body = { Image: 'a', Labels: { [LABEL.app]: APP, mine: 'x' } };
    const named = { name: 'n', body, specHash: 'v1:0' };
    await dispatch({ ...base, kind: 'create-container', ...named });
    await dispatch({ ...base, kind: 'stop-container', target: 'n', timeoutS: 1 });
    expect(asked.map(({ unit }) => unit)).toEqual([key(OLD), key(OLD)]);
    expect(asked[0]?.operation).toMatchObject({
      body: { Image: 'a', Labels: { [LABEL.app]: OLD, mine: 'x' } },
    });
  });

  it('has its present name where nothing of it was, or where it runs under that already', () => {
    expect(renamedFleet(aFleet([]).fleet, () => NAMES).observed(key())?.app).toBe(APP);
    const both = renamedFleet(aFleet([running(), running(APP)]).fleet, () => NAMES);
    expect(both.observed(key())?.containers[0]?.owner?.app).toBe(APP);
    expect(both.ownedUnits(HOST)).toEqual([key()]);
  });

  it('is found under any of its former names', () => {
    const fleet = renamedFleet(aFleet([running(OLDEST)]).fleet, () => NAMES);
    expect(fleet.observed(key())?.containers).toHaveLength(1);
  });

  it('is told of under its present name', () => {
    const { fleet, tell } = aFleet([running()]);
    const heard: unknown[] = [];
    renamedFleet(fleet, () => NAMES).onObserved((_host, changed) => heard.push(changed));
    const other = toUnitKey(toAppId('default', 'other'), HOST);
    tell([key(OLD), other, key()]);
    tell('all');
    expect(heard).toEqual([[key(), other], 'all']);
  });

  it('leaves other apps as they are', async () => {
    const { fleet, asked } = aFleet([running()]);
    const view = renamedFleet(fleet, () => new Map());
    expect(view.observed(key(OLD))).toBe(fleet.observed(key(OLD)));
    expect(view.ownedUnits(HOST)).toEqual([key(OLD)]);
    expect(await view.tailLogs(HOST, 'a', 1)).toEqual(['line']);
    expect(view.hosts()).toEqual([]);
    expect(view.places()).toEqual([HOST]);
    expect(await view.inspectManifest(HOST, 'a')).toHaveProperty('error');
    expect(asked).toEqual([]);
  });

  it('is known by what git says', () => {
    const app = anApp(aUnit(), { formerly: [OLD] });
    const desired = { apps: new Map([[app.id, app]]) } as never;
    expect(formerNames(desired)).toEqual(new Map([[APP, [OLD]]]));
    expect(formerNames(undefined).size).toBe(0);
    expect(successorOf(OLD, NAMES)).toBe(APP);
    expect(successorOf(APP, NAMES)).toBeUndefined();
    expect(toHostName('a')).toBe('a');
  });
});
