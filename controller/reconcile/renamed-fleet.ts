import {
  type AppId,
  type DesiredState,
  type EngineBody,
  type HostOperation,
  LABEL,
  type ObservedUnit,
  type Owner,
  splitUnitKey,
  toUnitKey,
  type UnitKey,
} from '../../schemas/domain/index.ts';
import type { Fleet } from './ports.ts';

/** App -> the names it had before, newest first. */
export type FormerNames = ReadonlyMap<AppId, readonly AppId[]>;

export function formerNames(desired: DesiredState | undefined): FormerNames {
  const names = new Map<AppId, readonly AppId[]>();
  for (const app of desired?.apps.values() ?? []) {
    if (app.formerly && app.formerly.length > 0) names.set(app.id, app.formerly);
  }
  return names;
}

/** Under whose name an app is kept going, or undefined. */
export function successorOf(app: AppId, names: FormerNames): AppId | undefined {
  for (const [id, formerly] of names) if (formerly.includes(app)) return id;
  return undefined;
}

/**
 * The fleet as it is with apps that were renamed (`metadata.renamedFrom`). Labels cannot be
 * changed: on a host where an app runs under a former name, it stays that app to host and agent,
 * and what is made new there gets the former name too. Everybody else sees the present name.
 */
export function renamedFleet(fleet: Fleet, names: () => FormerNames): Fleet {
  return {
    hosts: () => fleet.hosts(),
    places: () => fleet.places(),
    observed: (key) => {
      const on = keyOnHost(fleet, key, names());
      const observed = fleet.observed(on);
      return observed && on !== key ? underName(observed, key) : observed;
    },
    ownedUnits: (host) => presentKeys(fleet.ownedUnits(host), names()),
    execute: (host, dispatch, signal) => {
      const on = keyOnHost(fleet, dispatch.unit, names());
      if (on === dispatch.unit) return fleet.execute(host, dispatch, signal);
      const operation = withOwner(dispatch.operation, splitUnitKey(on).app);
      return fleet.execute(host, { ...dispatch, unit: on, operation }, signal);
    },
    inspectManifest: (host, reference, auth) => fleet.inspectManifest(host, reference, auth),
    tailLogs: (host, container, lines) => fleet.tailLogs(host, container, lines),
    onObserved: (listener) =>
      fleet.onObserved((host, changed) =>
        listener(host, changed === 'all' ? changed : presentKeys(changed, names())),
      ),
  };
}

/**
 * What the unit is called on its host: the first former name under which anything is there, unless
 * containers are there under the present one.
 */
function keyOnHost(fleet: Fleet, key: UnitKey, names: FormerNames): UnitKey {
  const { app, host } = splitUnitKey(key);
  const formerly = names.get(app);
  if (!formerly) return key;
  const owned = new Set(fleet.ownedUnits(host));
  if (owned.has(key) && (fleet.observed(key)?.containers.length ?? 0) > 0) return key;
  const former = formerly.map((one) => toUnitKey(one, host)).find((one) => owned.has(one));
  return former ?? key;
}

function presentKeys(keys: readonly UnitKey[], names: FormerNames): readonly UnitKey[] {
  if (names.size === 0) return keys;
  const present = keys.map((key) => {
    const { app, host } = splitUnitKey(key);
    const successor = successorOf(app, names);
    return successor ? toUnitKey(successor, host) : key;
  });
  return [...new Set(present)];
}

/** The same objects, owned by the app under its present name. */
function underName(observed: ObservedUnit, key: UnitKey): ObservedUnit {
  const { app } = splitUnitKey(key);
  const former = observed.app;
  const renamed = <T extends { readonly owner?: Owner }>(object: T): T =>
    object.owner?.app === former ? { ...object, owner: { ...object.owner, app } } : object;
  const maybe = <T extends { readonly owner?: Owner }>(object: T | undefined): T | undefined =>
    object && renamed(object);
  return {
    ...observed,
    key,
    app,
    containers: observed.containers.map(renamed),
    networks: observed.networks.map(renamed),
    volumes: observed.volumes.map(renamed),
    containerNamed: (name) => maybe(observed.containerNamed(name)),
    networkNamed: (name) => maybe(observed.networkNamed(name)),
    volumeNamed: (name) => maybe(observed.volumeNamed(name)),
    portHolder: (port) => maybe(observed.portHolder(port)),
    ...(observed.ofComposeProject && {
      ofComposeProject: (name) => (observed.ofComposeProject?.(name) ?? []).map(renamed),
    }),
    ...(observed.attachedTo && {
      attachedTo: (id) => (observed.attachedTo?.(id) ?? []).map(renamed),
    }),
  };
}

function withOwner(operation: HostOperation, app: AppId): HostOperation {
  const { kind } = operation;
  const isMade =
    kind === 'create-container' || kind === 'create-network' || kind === 'create-volume';
  return isMade ? { ...operation, body: labelled(operation.body, app) } : operation;
}

function labelled(body: EngineBody, app: AppId): EngineBody {
  return { ...body, Labels: { ...(body['Labels'] as object | undefined), [LABEL.app]: app } };
}
