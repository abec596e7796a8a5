import {
  type AppId,
  compareText,
  type HostName,
  type InstallationId,
  type ObservedNetwork,
  type ObservedSwarm,
  type Owner,
  parseAppId,
  type SwarmFile,
  type SwarmNode,
  type SwarmObject,
  type SwarmSelf,
  type SwarmService,
  type SwarmTask,
  swarmKey,
} from '../../schemas/domain/index.ts';

/** What the view of a stack needs of the host beside its swarm's objects. */
export interface SwarmNetworks {
  all(): Iterable<ObservedNetwork>;
  named(name: string): ObservedNetwork | undefined;
}

/** The objects that one manager tells of its swarm, and what each stack sees of them. */
export class SwarmIndex {
  readonly #installation: InstallationId;
  readonly #networks: SwarmNetworks;
  readonly #objects = new Map<string, SwarmObject>();
  readonly #views = new Map<AppId, ObservedSwarm>();
  /** Made at the first look after a change. */
  #tables: Tables | undefined;

  constructor(installation: InstallationId, networks: SwarmNetworks) {
    this.#installation = installation;
    this.#networks = networks;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Who speaks; undefined where the host is no manager, or its swarm has no leader. */
  self(): SwarmSelf | undefined {
    return this.#table().self;
  }

  nodes(): readonly SwarmNode[] {
    return [...this.#table().nodes.values()];
  }

  /** @returns the stacks that it concerns; `all` where any may look at it. */
  put(object: SwarmObject): readonly AppId[] | 'all' {
    const key = swarmKey(object);
    const before = this.#objects.get(key);
    if (before && JSON.stringify(before) === JSON.stringify(object)) return [];
    const left = before ? this.#concerned(before) : [];
    this.#objects.set(key, object);
    this.#changed();
    const concerned = this.#concerned(object);
    return left === 'all' || concerned === 'all' ? 'all' : [...new Set([...left, ...concerned])];
  }

  drop(key: string): readonly AppId[] | 'all' {
    const before = this.#objects.get(key);
    if (!before) return [];
    const concerned = this.#concerned(before);
    this.#objects.delete(key);
    this.#changed();
    return concerned;
  }

  /** A network of the swarm came or went. */
  networkChanged(): void {
    this.#changed();
  }

  /** Stacks of this installation that own anything. */
  apps(): readonly AppId[] {
    const owned = [...this.#objects.values(), ...this.#swarmNetworks()];
    const apps = owned.flatMap((object) =>
      this.appOf('owner' in object ? object.owner : undefined),
    );
    return [...new Set(apps)].sort(compareText);
  }

  /** None where it is not ours, or its app is no app's name. */
  appOf(owner: Owner | undefined): readonly AppId[] {
    if (owner?.installation !== this.#installation) return [];
    try {
      return [parseAppId(owner.app).id];
    } catch {
      return [];
    }
  }

  view(app: AppId, name: string, speaker: HostName): ObservedSwarm {
    const known = this.#views.get(app);
    if (known && known.name === name && known.speaker === speaker) return known;
    const { services, files, tasks, nodes, references } = this.#table();
    const isOwn = ({ owner }: { readonly owner?: Owner }) => this.appOf(owner)[0] === app;
    const view: ObservedSwarm = {
      name,
      speaker,
      services: byName(services.filter(isOwn)),
      configs: byName(files.filter((file) => file.kind === 'config' && isOwn(file))),
      secrets: byName(files.filter((file) => file.kind === 'secret' && isOwn(file))),
      networks: byName([...this.#swarmNetworks()].filter(isOwn)),
      nodes,
      tasks: (service) => tasks.get(service) ?? [],
      serviceNamed: (wanted) => services.find((service) => service.name === wanted),
      networkNamed: (wanted) => this.#networks.named(wanted),
      fileNamed: (kind, wanted) => files.find((file) => file.kind === kind && file.name === wanted),
      isReferred: (kind, wanted) => references.has(`${kind} ${wanted}`),
    };
    this.#views.set(app, view);
    return view;
  }

  #concerned(object: SwarmObject): readonly AppId[] | 'all' {
    switch (object.kind) {
      case 'swarm':
      case 'node':
        return 'all';
      case 'task': {
        const service = this.#objects.get(`service ${object.service}`);
        return service?.kind === 'service' ? this.appOf(service.owner) : [];
      }
      case 'service':
      case 'config':
      case 'secret':
        return object.owner ? this.appOf(object.owner) : 'all';
    }
  }

  *#swarmNetworks(): Iterable<ObservedNetwork> {
    for (const network of this.#networks.all()) if (network.scope === 'swarm') yield network;
  }

  #changed(): void {
    this.#tables = undefined;
    this.#views.clear();
  }

  #table(): Tables {
    this.#tables ??= tablesOf(this.#objects.values());
    return this.#tables;
  }
}

interface Tables {
  readonly self: SwarmSelf | undefined;
  readonly services: readonly SwarmService[];
  readonly files: readonly SwarmFile[];
  readonly nodes: ReadonlyMap<string, SwarmNode>;
  readonly tasks: ReadonlyMap<string, readonly SwarmTask[]>;
  readonly references: ReadonlySet<string>;
}

function tablesOf(objects: Iterable<SwarmObject>): Tables {
  const all = [...objects].sort((a, b) => compareText(swarmKey(a), swarmKey(b)));
  const of = <K extends SwarmObject['kind']>(kind: K) =>
    all.filter((object): object is Extract<SwarmObject, { kind: K }> => object.kind === kind);
  const services = of('service');
  return {
    self: of('swarm')[0],
    services,
    files: [...of('config'), ...of('secret')],
    nodes: new Map(of('node').map((node) => [node.id, node])),
    tasks: Map.groupBy(of('task'), ({ service }) => service),
    references: new Set(services.flatMap((service) => service.references)),
  };
}

function byName<T extends { readonly name: string }>(objects: readonly T[]): readonly T[] {
  return [...objects].sort((a, b) => compareText(a.name, b.name));
}
