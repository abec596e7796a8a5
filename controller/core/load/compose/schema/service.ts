import { build, develop } from './build.ts';
import {
  driverOptions,
  extraHosts,
  FREE_NAMES,
  fileReferences,
  gpus,
  hook,
  NAMES,
  pairs,
  textOrFlag,
  textOrNumber,
  textOrTexts,
  textOrWhole,
  texts,
  ulimits,
  words,
} from './common.ts';
import { deploy } from './deploy.ts';
import { ports, volumes } from './mounts.ts';
import {
  between,
  either,
  flag,
  list,
  mapOf,
  matching,
  nothing,
  number,
  oneOf,
  record,
  type Shape,
  text,
} from './shape.ts';

const blkioLimit = list(record({ path: text, rate: textOrWhole }, { extensions: false }));

const blkio = record(
  {
    device_read_bps: blkioLimit,
    device_read_iops: blkioLimit,
    device_write_bps: blkioLimit,
    device_write_iops: blkioLimit,
    weight: textOrWhole,
    weight_device: list(record({ path: text, weight: textOrWhole }, { extensions: false })),
  },
  { extensions: false },
);

const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'];

const dependency = record(
  { restart: textOrFlag, required: flag, condition: oneOf(...CONDITIONS) },
  { required: ['condition'] },
);

const envFile = record(
  { path: text, format: text, required: textOrFlag },
  { required: ['path'], extensions: false },
);

const attachment = record({
  aliases: texts,
  interface_name: text,
  ipv4_address: text,
  ipv6_address: text,
  link_local_ips: texts,
  mac_address: text,
  driver_opts: driverOptions,
  priority: number,
  gw_priority: number,
});

const plain = either(text, number, flag);

const provider = record(
  { type: text, options: mapOf(either(plain, list(plain))) },
  { required: ['type'] },
);

const healthcheck = record({
  disable: textOrFlag,
  interval: text,
  retries: textOrNumber,
  test: either(text, list(text)),
  timeout: text,
  start_period: text,
  start_interval: text,
});

const PULL_POLICY =
  /always|never|build|if_not_present|missing|refresh|daily|weekly|every_(?:[0-9]+[wdhms])+/;

/** Every property of a service in the Compose Specification. */
export const SERVICE_FIELDS: Readonly<Record<string, Shape>> = {
  develop,
  deploy,
  annotations: pairs,
  attach: textOrFlag,
  build,
  blkio_config: blkio,
  cap_add: texts,
  cap_drop: texts,
  cgroup: oneOf('host', 'private'),
  cgroup_parent: text,
  command: words,
  configs: fileReferences,
  container_name: matching(/[a-zA-Z0-9][a-zA-Z0-9_.-]+/, 'a name the engine takes'),
  cpu_count: either(text, between(0, Number.POSITIVE_INFINITY)),
  cpu_percent: either(text, between(0, 100)),
  cpu_shares: textOrNumber,
  cpu_quota: textOrNumber,
  cpu_period: textOrNumber,
  cpu_rt_period: textOrNumber,
  cpu_rt_runtime: textOrNumber,
  cpus: textOrNumber,
  cpuset: text,
  credential_spec: record({ config: text, file: text, registry: text }),
  depends_on: either(texts, mapOf(dependency, NAMES)),
  device_cgroup_rules: texts,
  devices: list(
    either(
      text,
      record({ source: text, target: text, permissions: text }, { required: ['source'] }),
    ),
  ),
  dns: textOrTexts,
  dns_opt: texts,
  dns_search: textOrTexts,
  domainname: text,
  entrypoint: words,
  env_file: either(text, list(either(text, envFile))),
  label_file: either(text, list(text)),
  environment: pairs,
  expose: list(textOrNumber, { distinct: true }),
  extends: either(
    text,
    record({ service: text, file: text }, { required: ['service'], extensions: false }),
  ),
  provider,
  external_links: texts,
  extra_hosts: extraHosts,
  gpus,
  group_add: list(textOrNumber, { distinct: true }),
  healthcheck,
  hostname: text,
  image: text,
  init: textOrFlag,
  ipc: text,
  isolation: text,
  labels: pairs,
  links: texts,
  logging: record({ driver: text, options: mapOf(either(text, number, nothing)) }),
  mac_address: text,
  mem_limit: textOrNumber,
  mem_reservation: textOrWhole,
  mem_swappiness: textOrWhole,
  memswap_limit: textOrNumber,
  network_mode: text,
  models: either(
    texts,
    mapOf(either(nothing, record({ endpoint_var: text, model_var: text })), FREE_NAMES),
  ),
  networks: either(texts, mapOf(either(nothing, attachment), NAMES)),
  oom_kill_disable: textOrFlag,
  oom_score_adj: either(text, between(-1000, 1000)),
  pid: either(nothing, text),
  pids_limit: textOrNumber,
  platform: text,
  ports,
  post_start: list(hook),
  pre_stop: list(hook),
  privileged: textOrFlag,
  profiles: texts,
  pull_policy: matching(PULL_POLICY, 'a pull policy'),
  pull_refresh_after: text,
  read_only: textOrFlag,
  restart: text,
  runtime: text,
  scale: either(text, between(0, Number.POSITIVE_INFINITY)),
  security_opt: texts,
  shm_size: textOrNumber,
  secrets: fileReferences,
  sysctls: pairs,
  stdin_open: textOrFlag,
  stop_grace_period: text,
  stop_signal: text,
  storage_opt: record({}, { open: true }),
  tmpfs: textOrTexts,
  tty: textOrFlag,
  ulimits,
  use_api_socket: flag,
  user: text,
  uts: text,
  userns_mode: text,
  volumes,
  volumes_from: texts,
  working_dir: text,
};

export const service = record(SERVICE_FIELDS);
