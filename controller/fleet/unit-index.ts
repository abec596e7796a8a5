import {
  compareText,
  type HostName,
  type InstallationId,
  type ObservedContainer,
  type ObservedNetwork,
  type ObservedUnit,
  type ObservedVolume,
  type Owner,
  parseAppId,
  splitUnitKey,
  toUnitKey,
  type UnitKey,
} from '../../schemas/domain/index.ts';

/** What each kind is known by: volumes have no id. */
export interface Owned {
  readonly containers: Map<string, ObservedContainer>;
  readonly networks: Map<string, ObservedNetwork>;
  readonly volumes: Map<string, ObservedVolume>;
}

interface Entry extends Owned {
  view: ObservedUnit | undefined;
}

type HostView = Omit<ObservedUnit, 'key' | 'app' | 'containers' | 'networks' | 'volumes'>;

/**
 * The objects of a host by the unit that owns them. A view of a unit is made once and given again
 * until something of that unit changes.
 */
export class UnitIndex {
  readonly #host: HostName;
  readonly #installation: InstallationId;
  readonly #hostView: HostView;
  readonly #units = new Map<UnitKey, Entry>();

  constructor(host: HostName, installation: InstallationId, hostView: HostView) {
    this.#host = host;
    this.#installation = installation;
    this.#hostView = hostView;
  }

  /** Undefined where the object is not ours, or its app is no app's name: then it is unmanaged. */
  keyOf(owner: Owner | undefined): UnitKey | undefined {
    if (owner?.installation !== this.#installation) return undefined;
    try {
      return toUnitKey(parseAppId(owner.app).id, this.#host);
    } catch {
      return undefined;
    }
  }

  /** Lets `change` touch what the unit owns; a unit that owns nothing more is forgotten. */
  touch(owner: Owner | undefined, changed: Set<UnitKey>, change: (owned: Owned) => void): void {
    const key = this.keyOf(owner);
    if (!key) return;
    changed.add(key);
    const entry = this.#units.get(key) ?? {
      containers: new Map(),
      networks: new Map(),
      volumes: new Map(),
      view: undefined,
    };
    entry.view = undefined;
    change(entry);
    if (entry.containers.size + entry.networks.size + entry.volumes.size === 0) {
      this.#units.delete(key);
    } else this.#units.set(key, entry);
  }

  keys(): readonly UnitKey[] {
    return [...this.#units.keys()];
  }

  view(key: UnitKey): ObservedUnit {
    const entry = this.#units.get(key);
    if (entry?.view) return entry.view;
    const view = {
      ...this.#hostView,
      key,
      app: splitUnitKey(key).app,
      containers: byName(entry?.containers),
      networks: byName(entry?.networks),
      volumes: byName(entry?.volumes),
    };
    if (entry) entry.view = view;
    return view;
  }
}

function byName<T extends { readonly name: string }>(
  objects: ReadonlyMap<string, T> | undefined,
): readonly T[] {
  return [...(objects?.values() ?? [])].sort((a, b) => compareText(a.name, b.name));
}
