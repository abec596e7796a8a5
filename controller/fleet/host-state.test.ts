import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AppId,
  type ObservedContainer,
  type ObservedDelta,
  toAppId,
  toInstallationId,
  toUnitKey,
} from '../../schemas/domain/index.ts';
import {
  APP,
  aContainer,
  anImage,
  anObservedUnit,
  anOwnContainer,
  ENGINE,
  HOST,
  INSTALLATION,
} from '../testing/builders.ts';
import { type HostObjects, HostState } from './host-state.ts';

const KEY = toUnitKey(APP, HOST);
const OTHER = toAppId('default', 'other');
const NOTHING: HostObjects = { containers: [], networks: [], volumes: [], images: [] };
const NONE_REMOVED = { containers: [], networks: [], volumes: [], images: [] };

const stateOf = (objects: Partial<HostObjects> = {}, nowMs = 0, before?: HostState) =>
  new HostState({
    host: HOST,
    installation: INSTALLATION,
    engine: ENGINE,
    objects: { ...NOTHING, ...objects },
    nowMs,
    before,
  });

const delta = (
  put: Partial<HostObjects>,
  removed: Partial<ObservedDelta['removed']> = {},
): ObservedDelta => ({ ...NOTHING, ...put, removed: { ...NONE_REMOVED, ...removed } });

const ownedBy = (app: AppId, name: string, over: Partial<ObservedContainer> = {}) =>
  anOwnContainer('web', 1, {
    name,
    id: name,
    owner: { installation: INSTALLATION, app, service: 'web', number: 1, specHash: 'v1:0' },
    ...over,
  });

describe('the observed state of a host', () => {
  it('tells exactly the units whose objects changed', () => {
    const state = stateOf({ containers: [ownedBy(APP, 'a'), ownedBy(OTHER, 'b')] });
    expect(state.fold(delta({ containers: [ownedBy(APP, 'a', { state: 'exited' })] }), 1)).toEqual([
      KEY,
    ]);
    expect(state.fold(delta({}, { containers: ['b'] }), 1)).toEqual([toUnitKey(OTHER, HOST)]);
    expect(state.units()).toEqual([KEY]);
  });

  it('tells both owners of a container whose label changed hands', () => {
    const state = stateOf({ containers: [ownedBy(APP, 'a')] });
    const changed = state.fold(delta({ containers: [ownedBy(OTHER, 'a')] }), 1);
    expect(new Set(changed)).toEqual(new Set([toUnitKey(OTHER, HOST), KEY]));
  });

  it('tells nobody of what is as it was, or of a stranger that only takes', () => {
    const state = stateOf({ containers: [ownedBy(APP, 'a')], images: [anImage('a:1')] });
    expect(
      state.fold(delta({ containers: [ownedBy(APP, 'a')], images: [anImage('a:1')] }), 1),
    ).toEqual([]);
    expect(state.fold(delta({ containers: [aContainer({ name: 'stranger' })] }), 1)).toEqual([]);
    const louder = aContainer({ name: 'stranger', health: 'unhealthy', restartCount: 3 });
    expect(state.fold(delta({ containers: [louder] }), 1)).toEqual([]);
  });

  it('tells everybody of an image, a network or a volume that comes or goes', () => {
    const state = stateOf();
    const network = { id: 'n', name: 'n', driver: 'bridge', scope: 'local' };
    const volume = { name: 'v', driver: 'local' };
    expect(state.fold(delta({ images: [anImage('a:1')] }), 1)).toBe('all');
    expect(state.fold(delta({ networks: [network] }), 1)).toBe('all');
    expect(state.fold(delta({ volumes: [volume] }), 1)).toBe('all');
    expect(state.fold(delta({}, { images: [anImage('a:1').id] }), 1)).toBe('all');
    expect(state.fold(delta({}, { networks: ['n'] }), 1)).toBe('all');
    expect(state.fold(delta({}, { volumes: ['v'] }), 1)).toBe('all');
    expect(state.fold(delta({}, { images: ['x'], networks: ['x'], volumes: ['x'] }), 1)).toEqual(
      [],
    );
  });

  it('tells everybody of a stranger that lets go of a name, a port or a network', () => {
    const attached = [{ name: 'n', id: 'n', aliases: [], address: '' }];
    const ports = [{ address: '', port: 80, protocol: 'tcp' }];
    const stranger = aContainer({ id: 's', name: 's', ports, networks: attached });
    const lets = (change: Partial<ObservedContainer>) =>
      stateOf({ containers: [stranger] }).fold(
        delta({ containers: [{ ...stranger, ...change }] }),
        1,
      );
    expect(lets({ name: 't' })).toBe('all');
    expect(lets({ state: 'exited' })).toBe('all');
    expect(lets({ networks: [] })).toBe('all');
    expect(stateOf({ containers: [stranger] }).fold(delta({}, { containers: ['s'] }), 1)).toBe(
      'all',
    );
  });

  it('tells everybody when one of ours lets go of a port that another unit may want', () => {
    const ports = [{ address: '', port: 80, protocol: 'tcp' }];
    const state = stateOf({ containers: [ownedBy(APP, 'a', { ports })] });
    expect(state.fold(delta({}, { containers: ['a'] }), 1)).toBe('all');
  });

  it('gives the same view again until something of the unit changes', () => {
    const state = stateOf({ containers: [ownedBy(APP, 'a'), ownedBy(OTHER, 'b')] });
    const view = state.unit(KEY);
    expect(state.unit(KEY)).toBe(view);
    state.fold(delta({ containers: [ownedBy(OTHER, 'b', { state: 'exited' })] }), 1);
    expect(state.unit(KEY)).toBe(view);
    state.fold(delta({ containers: [ownedBy(APP, 'a', { state: 'exited' })] }), 1);
    expect(state.unit(KEY)).not.toBe(view);
  });

  it('dates a container by when its state was first seen, also over a reconnect', () => {
    const since = (state: HostState) => state.unit(KEY).containers[0]?.sinceMs;
    const first = stateOf({ containers: [ownedBy(APP, 'a')] }, 100);
    first.fold(delta({ containers: [ownedBy(APP, 'a', { healthOutput: 'still' })] }), 200);
    expect(since(first)).toBe(100);
    const second = stateOf({ containers: [ownedBy(APP, 'a')] }, 300, first);
    expect(since(second)).toBe(100);
    second.fold(delta({ containers: [ownedBy(APP, 'a', { health: 'healthy' })] }), 400);
    expect(since(second)).toBe(400);
    second.fold(delta({ containers: [ownedBy(APP, 'a', { restartCount: 1 })] }), 500);
    expect(since(second)).toBe(500);
  });

  it('keeps the date of a container that is removed and given in one delta as it was', () => {
    const state = stateOf({ containers: [ownedBy(APP, 'a')] }, 100);
    state.fold(delta({ containers: [ownedBy(APP, 'a')] }, { containers: ['a'] }), 200);
    expect(state.unit(KEY).containers[0]?.sinceMs).toBe(100);
  });

  it('counts only what carries our installation and a real app as ours', () => {
    const foreign = { ...INSTALLED, installation: toInstallationId('f'.repeat(16)) };
    const odd = ['../..', 'a/b/c', 'Shop/Web', 'default/', '__proto__'].map((app, index) =>
      aContainer({
        id: `o${index}`,
        name: `o${index}`,
        owner: { ...INSTALLED, app: app as AppId },
      }),
    );
    const state = stateOf({
      containers: [aContainer({ id: 'f', name: 'f', owner: foreign }), ...odd],
    });
    expect(state.units()).toEqual([]);
    expect(state.unit(KEY).containers).toEqual([]);
    expect(state.unit(KEY).containerNamed('o1')?.id).toBe('o1');
  });

  it('knows that a paused container keeps its ports and a stopped one does not', () => {
    const ports = [{ address: '0.0.0.0', port: 80, protocol: 'tcp' }];
    const holder = (state: ObservedContainer['state']) =>
      stateOf({ containers: [aContainer({ name: 's', state, ports })] })
        .unit(KEY)
        .portHolder({ address: '127.0.0.1', port: 80, protocol: 'tcp' })?.name;
    expect([holder('running'), holder('paused'), holder('exited')]).toEqual(['s', 's', undefined]);
  });

  it('follows names through a swap in one delta', () => {
    const state = stateOf({ containers: [ownedBy(APP, 'a'), ownedBy(APP, 'b')] });
    const swap = [ownedBy(APP, 'a', { name: 'b' }), ownedBy(APP, 'b', { name: 'a' })];
    state.fold(delta({ containers: swap }), 1);
    expect(state.unit(KEY).containerNamed('a')?.id).toBe('b');
    expect(state.unit(KEY).containerNamed('b')?.id).toBe('a');
  });

  it('finds an image by everything Compose may call it', () => {
    const image = anImage('docker.io/library/nginx:latest', { digests: ['nginx@sha256:1'] });
    const unit = stateOf({ images: [image] }).unit(KEY);
    const find = (reference: string) => unit.image(reference);
    for (const name of [
      'nginx',
      'nginx:latest',
      'library/nginx:latest',
      'nginx@sha256:1',
      image.id,
    ]) {
      expect(find(name)).toEqual(image);
    }
    expect(find('nginx:1')).toBeUndefined();
  });

  it('is at each moment what a snapshot of the same objects would be', () => {
    fc.assert(
      fc.property(fc.array(arbitraryDelta, { maxLength: 12 }), (deltas) => {
        const state = stateOf();
        const objects = new Model();
        for (const change of deltas) {
          const before = views(state);
          const told = state.fold(change, 7);
          objects.fold(change);
          expect([APP, OTHER].map((app) => plain(state.unit(toUnitKey(app, HOST))))).toEqual(
            [APP, OTHER].map((app) => plain(objects.unit(app))),
          );
          const untold = (_: unknown, key: string) =>
            told !== 'all' && !told.includes(key as never);
          expect(filtered(views(state), untold)).toEqual(filtered(before, untold));
        }
      }),
      { numRuns: 300 },
    );
  });
});

const INSTALLED = { installation: INSTALLATION, app: APP, specHash: 'v1:0' };
const NAMES = ['a', 'b', 'c', 'd'];
const PORT = { address: '', port: 80, protocol: 'tcp' };

const owner = fc.constantFrom(
  undefined,
  INSTALLED,
  { ...INSTALLED, app: OTHER },
  { ...INSTALLED, installation: toInstallationId('f'.repeat(16)) },
);
const withOwner = <T extends object>(value: T & { owner: typeof INSTALLED | undefined }) => {
  const { owner: own, ...rest } = value;
  return own ? { ...rest, owner: own } : rest;
};

const container: fc.Arbitrary<ObservedContainer> = fc
  .record({
    id: fc.constantFrom(...NAMES),
    renamed: fc.boolean(),
    owner,
    state: fc.constantFrom('running', 'exited'),
    ports: fc.constantFrom([], [PORT], [{ ...PORT, address: '127.0.0.1' }]),
    attached: fc.boolean(),
  })
  .map(({ id, renamed, attached, ...rest }) =>
    aContainer({
      id,
      name: renamed ? `${id}.new` : id,
      networks: attached ? [{ name: 'n', id: 'n', aliases: [], address: '' }] : [],
      ...(withOwner(rest) as Partial<ObservedContainer>),
    }),
  );

const some = <T>(value: fc.Arbitrary<T>, key: (item: T) => string) =>
  fc.uniqueArray(value, { maxLength: 3, selector: key });
const someNames = fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 });

const arbitraryDelta: fc.Arbitrary<ObservedDelta> = fc.record({
  containers: some(container, ({ id }) => id),
  networks: some(
    fc
      .record({ id: fc.constantFrom(...NAMES), owner })
      .map(({ id, owner: own }) =>
        withOwner({ id, name: `n-${id}`, driver: 'bridge', scope: 'local', owner: own }),
      ),
    ({ id }) => id,
  ),
  volumes: some(
    fc
      .record({ name: fc.constantFrom(...NAMES), owner })
      .map((value) => withOwner({ ...value, driver: 'local' })),
    ({ name }) => name,
  ),
  images: some(
    fc.constantFrom(...NAMES).map((name) => anImage(name, { id: name })),
    ({ id }) => id,
  ),
  removed: fc.record({
    containers: someNames,
    networks: someNames,
    volumes: someNames,
    images: someNames,
  }),
});

/** The plainest way to keep the same objects. */
class Model {
  readonly #containers = new Map<string, ObservedContainer>();
  readonly #networks = new Map<string, ObservedDelta['networks'][number]>();
  readonly #volumes = new Map<string, ObservedDelta['volumes'][number]>();
  readonly #images = new Map<string, ObservedDelta['images'][number]>();

  fold(change: ObservedDelta): void {
    const { removed } = change;
    for (const id of removed.containers) this.#containers.delete(id);
    for (const id of removed.networks) this.#networks.delete(id);
    for (const name of removed.volumes) this.#volumes.delete(name);
    for (const id of removed.images) this.#images.delete(id);
    for (const item of change.containers) this.#containers.set(item.id, item);
    for (const item of change.networks) this.#networks.set(item.id, item);
    for (const item of change.volumes) this.#volumes.set(item.name, item);
    for (const item of change.images) this.#images.set(item.id, item);
  }

  unit(app: AppId) {
    return anObservedUnit({
      app,
      containers: [...this.#containers.values()],
      networks: [...this.#networks.values()],
      volumes: [...this.#volumes.values()],
      images: [...this.#images.values()],
    });
  }
}

const undated = (item: ObservedContainer) => ({ ...item, sinceMs: 0 });
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id).sort();

/** A view as data, without dates: those are tested on their own. */
function plain(unit: ReturnType<HostState['unit']>) {
  const holds = (address: string) => unit.portHolder({ ...PORT, address }) !== undefined;
  return {
    containers: unit.containers.map(undated),
    networks: unit.networks,
    volumes: unit.volumes,
    images: NAMES.map((name) => unit.image(name)?.id),
    named: NAMES.map((name) => unit.containerNamed(name)?.id),
    networkNamed: NAMES.map((name) => unit.networkNamed(`n-${name}`)?.id),
    volumeNamed: NAMES.map((name) => unit.volumeNamed(name)?.name),
    attached: ids(unit.attachedTo?.('n') ?? []),
    users: [...(unit.usersOf?.('sha256:other') ?? [])].sort(),
    held: [holds(''), holds('127.0.0.1')],
  };
}

const views = (state: HostState) =>
  new Map(
    [APP, OTHER].map((app) => {
      const { containers, networks, volumes } = state.unit(toUnitKey(app, HOST));
      return [toUnitKey(app, HOST), { containers: containers.map(undated), networks, volumes }];
    }),
  );

const filtered = <K, V>(map: Map<K, V>, keep: (value: V, key: K) => boolean) =>
  new Map([...map].filter(([key, value]) => keep(value, key)));
