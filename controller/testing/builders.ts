/** Builders of domain values for tests: everything has a plain default, tests name what matters. */
import {
  type AppId,
  type ComposeModel,
  type ComposeService,
  compareText,
  type DesiredApp,
  type DesiredUnit,
  type EngineInfo,
  type HostName,
  type InstallationId,
  type MutableConfig,
  type ObservedContainer,
  type ObservedImage,
  type ObservedNetwork,
  type ObservedUnit,
  type ObservedVolume,
  type RepositoryFile,
  sha256,
  toAppId,
  toCommitSha,
  toHostName,
  toInstallationId,
  toProjectName,
  toUnitKey,
} from '../../schemas/domain/index.ts';

export const INSTALLATION: InstallationId = toInstallationId('0123456789abcdef');
export const HOST: HostName = toHostName('web-01');
export const APP: AppId = toAppId('default', 'shop');
export const REVISION = toCommitSha('a'.repeat(40));

/** A service that runs `image`; networks default to the project's own. */
export function aService(over: Partial<ComposeService> = {}): ComposeService {
  return { image: 'web:1', networks: { default: null }, restart: 'unless-stopped', ...over };
}

export function aModel(
  services: Readonly<Record<string, Partial<ComposeService>>> = { web: {} },
  over: Partial<Omit<ComposeModel, 'services'>> = {},
): ComposeModel {
  const name = over.name ?? 'shop';
  return {
    name,
    networks: { default: { name: `${name}_default` } },
    volumes: {},
    configs: {},
    secrets: {},
    ...over,
    services: Object.fromEntries(
      Object.entries(services).map(([key, service]) => [key, aService(service)]),
    ),
  };
}

/** A unit of the model; its fingerprint follows from the model. */
export function aUnit(
  model: ComposeModel = aModel(),
  over: Partial<DesiredUnit> & {
    readonly files?: ReadonlyMap<string, RepositoryFile>;
  } = {},
): DesiredUnit {
  const app = over.app ?? APP;
  const host = over.host ?? HOST;
  return {
    key: toUnitKey(app, host),
    app,
    host,
    model,
    files: new Map(),
    fingerprint: sha256(JSON.stringify(model)),
    ...over,
  };
}

export function anApp(unit: DesiredUnit = aUnit(), over: Partial<DesiredApp> = {}): DesiredApp {
  const [project = '', name = ''] = unit.app.split('/');
  return {
    id: unit.app,
    project: toProjectName(project),
    name,
    place: { file: `${name}.yaml`, line: 1, column: 1 },
    revision: REVISION,
    projectName: unit.model.name,
    contentHash: sha256(`content ${unit.fingerprint}`),
    dependsOn: [],
    drift: 'heal',
    adopt: false,
    pruneVolumes: false,
    rollout: { deadlineMs: 600_000 },
    units: new Map([[unit.host, unit]]),
    secretValues: new Set(),
    ...over,
  };
}

export const NO_LIMITS: MutableConfig = {
  nanoCpus: 0,
  memory: 0,
  memoryReservation: 0,
  memorySwap: 0,
  pidsLimit: 0,
  cpuShares: 0,
  cpusetCpus: '',
  cpuPeriod: 0,
  cpuQuota: 0,
  cpuRealtimePeriod: 0,
  cpuRealtimeRuntime: 0,
  blkioWeight: 0,
  restartPolicy: 'no',
  restartMaximum: 0,
};

/** A running container nobody owns, since long ago. */
export function aContainer(over: Partial<ObservedContainer> = {}): ObservedContainer {
  return {
    id: sha256(`container ${over.name ?? 'other'}`),
    name: 'other',
    recorded: false,
    imageId: 'sha256:other',
    image: 'other:1',
    state: 'running',
    exitCode: 0,
    oomKilled: false,
    error: '',
    restartCount: 0,
    startedAt: '2026-01-01T00:00:00Z',
    health: 'none',
    healthOutput: '',
    mutable: NO_LIMITS,
    networks: [],
    ports: [],
    sinceMs: 0,
    ...over,
  };
}

/** A container of a service of the default app, of some spec. */
export function anOwnContainer(
  service: string,
  number: number,
  over: Partial<ObservedContainer> & { readonly specHash?: string } = {},
): ObservedContainer {
  const { specHash = 'v1:0', ...rest } = over;
  return aContainer({
    name: `shop-${service}-${number}`,
    owner: { installation: INSTALLATION, app: APP, service, number, specHash },
    recorded: true,
    ...rest,
  });
}

/** An image whose id follows from its reference. */
export function anImage(reference: string, over: Partial<ObservedImage> = {}): ObservedImage {
  return {
    id: `sha256:${sha256(`image ${reference}`)}`,
    tags: [reference],
    digests: [],
    os: 'linux',
    architecture: 'amd64',
    ...over,
  };
}

export const ENGINE: EngineInfo = {
  version: '28.5.2',
  apiVersion: '1.51',
  os: 'linux',
  architecture: 'amd64',
  cpus: 2,
  memoryBytes: 4_294_967_296,
};

export interface ObservedObjects {
  /** All of the host; those of the unit are picked by owner. */
  readonly containers?: readonly ObservedContainer[];
  readonly networks?: readonly ObservedNetwork[];
  readonly volumes?: readonly ObservedVolume[];
  readonly images?: readonly ObservedImage[];
  readonly app?: AppId;
  readonly host?: HostName;
  readonly installation?: InstallationId;
}

/** What planning one unit sees of a host with these objects. */
export function anObservedUnit(objects: ObservedObjects = {}): ObservedUnit {
  const { containers = [], networks = [], volumes = [], images = [] } = objects;
  const { app = APP, host = HOST, installation = INSTALLATION } = objects;
  const isOwn = ({ owner }: { readonly owner?: ObservedContainer['owner'] }): boolean =>
    owner?.app === app && owner.installation === installation;
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
    compareText(a.name, b.name);
  return {
    key: toUnitKey(app, host),
    app,
    host,
    engine: ENGINE,
    containers: containers.filter(isOwn).sort(byName),
    networks: networks.filter(isOwn).sort(byName),
    volumes: volumes.filter(isOwn).sort(byName),
    image: (reference) =>
      images.find(
        ({ id, tags, digests }) =>
          id === reference || tags.includes(reference) || digests.includes(reference),
      ),
    containerNamed: (name) => containers.find((container) => container.name === name),
    networkNamed: (name) => networks.find((network) => network.name === name),
    volumeNamed: (name) => volumes.find((volume) => volume.name === name),
    portHolder: ({ address, port, protocol }) =>
      containers.find(
        ({ state, ports }) =>
          state === 'running' &&
          ports.some(
            (held) =>
              held.port === port &&
              held.protocol === protocol &&
              (isAnyAddress(held.address) || isAnyAddress(address) || held.address === address),
          ),
      ),
    ofComposeProject: (project) =>
      containers.filter(({ owner, compose }) => !owner && compose?.project === project),
    usersOf: (imageId) => containers.filter((one) => one.imageId === imageId).map(({ id }) => id),
    attachedTo: (id) =>
      containers.filter(({ networks: attached }) => attached.some((network) => network.id === id)),
  };
}

const isAnyAddress = (address: string): boolean =>
  address === '' || address === '0.0.0.0' || address === '::';
