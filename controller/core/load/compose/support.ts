import type { Code } from '../codes.ts';
import { type ComposeEntry, type ComposeNode, childOf } from './node.ts';
import { joinPath, type Reading } from './reading.ts';

export type Target = 'container' | 'swarm';

/**
 * What becomes of a property. Guarded = honoured, where the project has the privilege for the
 * value; warned = left out, and said so.
 */
export type Treatment = 'honoured' | 'guarded' | 'warned' | 'refused';

export interface Support {
  readonly container: Treatment;
  readonly swarm: Treatment;
  /** Why, where it is warned or refused. */
  readonly note?: string;
}

const both: Support = { container: 'honoured', swarm: 'honoured' };
const guarded: Support = { container: 'guarded', swarm: 'guarded' };

/** Honoured on containers; swarm services have no such thing. */
const containerOnly = (note: string, container: Treatment = 'honoured'): Support => ({
  container,
  swarm: 'refused',
  note: `swarm services ${note}`,
});

/** Honoured on containers; `docker stack deploy` leaves it out, too. */
const notInSwarm = (note: string, container: Treatment = 'honoured'): Support => ({
  container,
  swarm: 'warned',
  note: `in a swarm ${note}`,
});

const RESOURCES = 'take their limits from deploy.resources';
const KERNEL = 'have no such setting';

/** One line for every property of a service: nothing is left out in silence. */
export const SERVICE_SUPPORT: Readonly<Record<string, Support>> = {
  annotations: containerOnly(KERNEL, 'guarded'),
  attach: {
    container: 'warned',
    swarm: 'warned',
    note: 'only for the output of docker compose up',
  },
  blkio_config: containerOnly(KERNEL),
  build: {
    container: 'warned',
    swarm: 'warned',
    note: 'skep builds no images; build and push it elsewhere, and name it with image',
  },
  cap_add: guarded,
  cap_drop: both,
  cgroup: containerOnly(KERNEL, 'guarded'),
  cgroup_parent: notInSwarm('the parent is the engine’s', 'guarded'),
  command: both,
  configs: both,
  container_name: notInSwarm('tasks are named by the swarm'),
  cpu_count: containerOnly(RESOURCES),
  cpu_percent: containerOnly(RESOURCES),
  cpu_period: containerOnly(RESOURCES),
  cpu_quota: containerOnly(RESOURCES),
  cpu_rt_period: containerOnly(RESOURCES),
  cpu_rt_runtime: containerOnly(RESOURCES),
  cpu_shares: containerOnly(RESOURCES),
  cpus: containerOnly(RESOURCES),
  cpuset: containerOnly(RESOURCES),
  credential_spec: { container: 'warned', swarm: 'warned', note: 'it is for Windows alone' },
  depends_on: both,
  deploy: both,
  develop: { container: 'warned', swarm: 'warned', note: 'it is for docker compose watch' },
  device_cgroup_rules: containerOnly(KERNEL, 'guarded'),
  devices: notInSwarm('no device is passed on', 'guarded'),
  dns: both,
  dns_opt: both,
  dns_search: both,
  domainname: notInSwarm('there is no domain name'),
  entrypoint: both,
  env_file: both,
  environment: both,
  expose: notInSwarm('every port is open inside a network'),
  extends: both,
  external_links: notInSwarm('names come from networks alone'),
  extra_hosts: both,
  gpus: containerOnly('reserve generic resources instead', 'guarded'),
  group_add: guarded,
  healthcheck: both,
  hostname: both,
  image: both,
  init: both,
  ipc: notInSwarm('namespaces are not shared', 'guarded'),
  isolation: { container: 'honoured', swarm: 'honoured' },
  label_file: both,
  labels: both,
  links: notInSwarm('names come from networks alone'),
  logging: both,
  mac_address: notInSwarm('addresses are the swarm’s'),
  mem_limit: containerOnly(RESOURCES),
  mem_reservation: containerOnly(RESOURCES),
  mem_swappiness: containerOnly(RESOURCES),
  memswap_limit: containerOnly(RESOURCES),
  models: { container: 'refused', swarm: 'refused', note: 'skep runs no model runner' },
  network_mode: notInSwarm('namespaces are not shared', 'guarded'),
  networks: both,
  oom_kill_disable: containerOnly(KERNEL),
  oom_score_adj: notInSwarm('it cannot be set', 'guarded'),
  pid: notInSwarm('namespaces are not shared', 'guarded'),
  pids_limit: containerOnly(RESOURCES),
  platform: containerOnly('choose it with deploy.placement'),
  ports: both,
  post_start: { container: 'guarded', swarm: 'refused', note: 'swarm services run no hooks' },
  pre_stop: { container: 'guarded', swarm: 'refused', note: 'swarm services run no hooks' },
  privileged: notInSwarm('nothing is privileged', 'guarded'),
  profiles: both,
  provider: { container: 'refused', swarm: 'refused', note: 'skep runs no provider programs' },
  pull_policy: notInSwarm('every node pulls by itself'),
  pull_refresh_after: { container: 'warned', swarm: 'warned', note: 'Compose does not read it' },
  read_only: both,
  restart: both,
  runtime: containerOnly('run with the engine’s runtime', 'guarded'),
  scale: containerOnly('take deploy.replicas'),
  secrets: both,
  security_opt: notInSwarm('it cannot be set', 'guarded'),
  shm_size: notInSwarm('it cannot be set'),
  stdin_open: both,
  stop_grace_period: both,
  stop_signal: both,
  storage_opt: containerOnly(KERNEL, 'guarded'),
  sysctls: guarded,
  tmpfs: notInSwarm('write it in volumes, with type: tmpfs'),
  tty: both,
  ulimits: both,
  use_api_socket: {
    container: 'refused',
    swarm: 'refused',
    note: 'containers do not get the engine socket this way',
  },
  user: both,
  userns_mode: notInSwarm('namespaces are not shared', 'guarded'),
  uts: containerOnly('share no namespaces', 'guarded'),
  volumes: guarded,
  volumes_from: containerOnly('share no volumes this way', 'guarded'),
  working_dir: both,
};

const deployOnly = (note: string): Support => ({
  container: 'warned',
  swarm: 'honoured',
  note: `on a host ${note}`,
});

/** The same for what stands in `deploy`. */
export const DEPLOY_SUPPORT: Readonly<Record<string, Support>> = {
  mode: deployOnly('the number of containers is deploy.replicas'),
  endpoint_mode: deployOnly('names lead to containers'),
  replicas: both,
  labels: deployOnly('there is no service object to carry them; use labels'),
  update_config: both,
  rollback_config: deployOnly('a failed update is taken back at once'),
  resources: both,
  restart_policy: both,
  placement: deployOnly('the app’s hosts say where it runs'),
};

/** The same for what stands in `x-skep`. */
export const EXTENSION_SUPPORT: Readonly<Record<string, Support>> = {
  shared: notInSwarm('deploy.update_config.order says which task starts first'),
  onChange: notInSwarm('a changed file is a new config, and an update of the service'),
  ignore: {
    container: 'warned',
    swarm: 'honoured',
    note: 'on a host nobody else changes a number of containers',
  },
};

const CODES: Readonly<Partial<Record<Treatment, Code>>> = {
  warned: 'W_COMPOSE_IGNORED',
  refused: 'E_COMPOSE_UNSUPPORTED',
};

/** What the target cannot do of what is written. */
export function checkSupport(
  reading: Reading,
  entry: ComposeEntry,
  path: string,
  target: Target,
): void {
  const service = entry.value;
  if (childOf(service, 'build') && !childOf(service, 'image')) {
    const note = SERVICE_SUPPORT['build']?.note;
    reading.atKey('E_FIELD_MISSING', entry, path, 'the service has no image', note);
    return;
  }
  check(reading, service, path, SERVICE_SUPPORT, target);
  const below = { deploy: DEPLOY_SUPPORT, 'x-skep': EXTENSION_SUPPORT };
  for (const [key, table] of Object.entries(below)) {
    const node = childOf(service, key);
    if (node) check(reading, node, joinPath(path, key), table, target);
  }
}

function check(
  reading: Reading,
  node: ComposeNode,
  path: string,
  table: Readonly<Record<string, Support>>,
  target: Target,
): void {
  for (const [key, entry] of node.kind === 'map' ? node.entries : []) {
    const support = Object.hasOwn(table, key) ? table[key] : undefined;
    const code = support && CODES[support[target]];
    if (!support || !code || isFilledIn(key, entry.value)) continue;
    const what = code === 'W_COMPOSE_IGNORED' ? 'is left out' : 'cannot be used';
    const message = `${JSON.stringify(key)} ${what}: ${support.note ?? 'not supported'}`;
    reading.atKey(code, entry, joinPath(path, key), message);
  }
}

/** An empty `placement` was written by nobody. */
const isFilledIn = (key: string, node: ComposeNode): boolean =>
  key === 'placement' && node.kind === 'map' && node.entries.size === 0;
