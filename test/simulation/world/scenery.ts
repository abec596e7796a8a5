import type { Random } from './random.ts';

/** What git can declare here, as the simulation understands it: much less than the product does. */
export interface ServiceConfig {
  readonly image: string;
  /** An environment value. */
  readonly value: number;
  readonly replicas: number;
  readonly health: boolean;
  readonly startFirst: boolean;
  /** Mounts the named volume `data`, read-write. */
  readonly volume: boolean;
}

export interface AppConfig {
  readonly hosts: readonly string[];
  readonly services: Readonly<Record<string, ServiceConfig>>;
  /** It is tidy: its images of older versions go as well. */
  readonly pruneVolumes: boolean;
}

export type Apps = ReadonlyMap<string, AppConfig>;

export const HOSTS = ['h1', 'h2', 'h3'] as const;
export const APP_NAMES = ['ant', 'bee', 'cow', 'dog', 'elk'] as const;
const GOOD_IMAGES = ['app:1', 'app:2', 'app:3'] as const;
/** It exits at once, never gets healthy, cannot be started, or is in no registry. */
const MISSING_IMAGE = 'gone:1';
const BAD_IMAGES = ['exits:1', 'sick:1', 'unstartable:1', MISSING_IMAGE] as const;
/** A one-shot: it ends well at once, and is run once for each spec. */
export const JOB_IMAGE = 'ends:1';
const BUDGET = { count: 1, percent: 30 };

export const isBad = ({ image }: ServiceConfig): boolean => BAD_IMAGES.some((bad) => bad === image);

/** Nothing of a rollout is stopped before all its images are there (decision 6). */
export const awaitsImage = ({ services }: AppConfig): boolean =>
  Object.values(services).some(({ image }) => image === MISSING_IMAGE);

/** What a container must be made anew for. It goes into a label of the Compose file. */
export const specOf = ({ image, value, health, volume }: ServiceConfig): string =>
  [image, value, health ? 'probed' : '', volume ? 'data' : ''].join(' ');

export function someService(random: Random): ServiceConfig {
  return {
    image: random.pick(GOOD_IMAGES) ?? GOOD_IMAGES[0],
    value: random.between(1, 1_000_000),
    replicas: random.weighted([
      [4, 1],
      [1, 2],
      [1, 3],
    ]),
    health: random.chance(0.4),
    startFirst: random.chance(0.4),
    volume: random.chance(0.3),
  };
}

export const isJob = ({ image }: ServiceConfig): boolean => image === JOB_IMAGE;

const someJob = (random: Random): ServiceConfig => ({
  ...someService(random),
  image: JOB_IMAGE,
  health: false,
  startFirst: false,
});

export function someApp(random: Random): AppConfig {
  const hosts = HOSTS.filter(() => random.chance(0.4));
  return {
    hosts: hosts.length > 0 ? hosts : [random.pick(HOSTS) ?? HOSTS[0]],
    services: {
      web: someService(random),
      ...(random.chance(0.3) && { job: someService(random) }),
      ...(random.chance(0.3) && { once: someJob(random) }),
    },
    pruneVolumes: random.chance(0.3),
  };
}

/** One change of one service, as people make them. */
export function changedService(service: ServiceConfig, random: Random): ServiceConfig {
  if (isJob(service)) return { ...service, value: service.value + random.between(0, 1) };
  return random.weighted<() => ServiceConfig>([
    [4, () => ({ ...service, value: service.value + 1 })],
    [3, () => ({ ...service, image: random.pick(GOOD_IMAGES) ?? service.image })],
    [2, () => ({ ...service, image: random.pick(BAD_IMAGES) ?? service.image, health: true })],
    [3, () => ({ ...service, replicas: random.between(1, 3) })],
    [1, () => ({ ...service, volume: !service.volume })],
    [1, () => ({ ...service, startFirst: !service.startFirst })],
  ])();
}

/** The same without what cannot run. */
export const mended = (app: AppConfig): AppConfig => ({
  ...app,
  services: Object.fromEntries(
    Object.entries(app.services).map(([name, service]) => [
      name,
      isBad(service) ? { ...service, image: GOOD_IMAGES[0] } : service,
    ]),
  ),
});

const manifest = (kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion: 'skep/v1', kind, metadata: { name }, spec });

export function commonFiles(): [path: string, text: string][] {
  return [
    ['project.yaml', manifest('Project', 'default', { deletionBudget: BUDGET })],
    ...HOSTS.map((host): [string, string] => [`hosts/${host}.yaml`, manifest('Host', host, {})]),
  ];
}

export function appFile(name: string, app: AppConfig): string {
  const services = Object.entries(app.services).map(([key, service]) => [
    key,
    composeService(name, key, service),
  ]);
  const volumes = Object.values(app.services).some(({ volume }) => volume);
  return manifest('App', name, {
    hosts: app.hosts,
    ...(app.pruneVolumes && { prune: { volumes: true }, images: { keep: 0 } }),
    compose: { services: Object.fromEntries(services), ...(volumes && { volumes: { data: {} } }) },
  });
}

function composeService(app: string, key: string, service: ServiceConfig): object {
  const { image, value, replicas, health, startFirst, volume } = service;
  return {
    image,
    environment: { VALUE: String(value) },
    labels: { 'sim.app': app, 'sim.service': key, 'sim.spec': specOf(service) },
    restart: isJob(service) ? 'no' : 'unless-stopped',
    stop_grace_period: '1s',
    deploy: { replicas, ...(startFirst && { update_config: { order: 'start-first' } }) },
    ...(health && { healthcheck: { test: ['CMD', 'true'], interval: '2s' } }),
    ...(volume && { volumes: ['data:/data'] }),
  };
}

/** Which of these removals are more than one revision may make unasked. */
export function isAboveBudget(removed: number, total: number): boolean {
  const isMany = removed > BUDGET.count && removed * 100 > BUDGET.percent * total;
  return isMany || (removed === total && total >= 2);
}
