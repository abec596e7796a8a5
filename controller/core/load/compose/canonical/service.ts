import { build, develop, provider } from './build.ts';
import { labels, variables, wholeTexts } from './key-values.ts';
import { onChange } from './on-change.ts';
import { ports } from './ports.ts';
import {
  dropped,
  kept,
  list,
  listOrOne,
  matching,
  oneOf,
  type Reader,
  record,
  text,
  texts,
} from './readers.ts';
import { blkioConfig, deploy, devices, gpus, ulimits } from './resources.ts';
import { boolean, decimal, flag, textOrWhole, whole } from './scalars.ts';
import {
  attachments,
  credentialSpec,
  dependsOn,
  envFiles,
  extraHosts,
  fileReferences,
  healthcheck,
  hooks,
  logging,
  modelUses,
  nameServers,
  secretReferences,
} from './service-parts.ts';
import { bytes, duration, wholeBytes } from './units.ts';
import { mounts } from './volumes.ts';
import { words } from './words.ts';

const cut = whole({ cut: true });
const PULL_POLICY =
  /always|never|build|if_not_present|missing|refresh|daily|weekly|every_(?:[0-9]+[wdhms])+/;

/** Every key of a service in the Compose Specification, in the order of its schema. */
export const SERVICE_FIELDS: Readonly<Record<string, Reader>> = {
  annotations: labels,
  attach: kept(flag),
  blkio_config: kept(blkioConfig),
  build: kept(build),
  cap_add: texts,
  cap_drop: texts,
  cgroup: oneOf('host', 'private'),
  cgroup_parent: text,
  command: kept(words),
  configs: fileReferences,
  container_name: matching(/[a-zA-Z0-9][a-zA-Z0-9_.-]+/, 'a name of two characters or more'),
  cpu_count: whole({ least: 0 }),
  cpu_percent: whole({ least: 0, most: 100 }),
  cpu_period: cut,
  cpu_quota: cut,
  cpu_rt_period: cut,
  cpu_rt_runtime: cut,
  cpu_shares: cut,
  cpus: decimal,
  cpuset: text,
  credential_spec: kept(credentialSpec),
  depends_on: dependsOn,
  deploy: kept(deploy),
  develop: kept(develop),
  device_cgroup_rules: texts,
  devices,
  dns: nameServers,
  dns_opt: texts,
  dns_search: listOrOne(text),
  domainname: text,
  entrypoint: kept(words),
  env_file: envFiles,
  environment: variables,
  expose: list(textOrWhole),
  external_links: texts,
  extra_hosts: extraHosts,
  gpus,
  group_add: list(textOrWhole),
  healthcheck: kept(healthcheck),
  hostname: text,
  image: text,
  init: kept(flag),
  ipc: text,
  isolation: text,
  label_file: listOrOne(text),
  labels,
  links: texts,
  logging: kept(logging),
  mac_address: text,
  mem_limit: bytes,
  mem_reservation: wholeBytes,
  mem_swappiness: wholeBytes,
  memswap_limit: bytes,
  models: modelUses,
  network_mode: kept(text),
  networks: attachments,
  oom_kill_disable: flag,
  oom_score_adj: whole({ least: -1000, most: 1000 }),
  pid: text,
  pids_limit: cut,
  platform: text,
  ports,
  post_start: hooks,
  pre_stop: hooks,
  privileged: flag,
  profiles: texts,
  provider: kept(provider),
  pull_policy: matching(
    PULL_POLICY,
    'one of always, never, missing, build, daily, weekly, every_<time>',
  ),
  pull_refresh_after: dropped(text),
  read_only: flag,
  restart: text,
  runtime: text,
  scale: kept(whole()),
  secrets: secretReferences,
  security_opt: texts,
  shm_size: bytes,
  stdin_open: flag,
  stop_grace_period: duration,
  stop_signal: text,
  storage_opt: wholeTexts,
  sysctls: labels,
  tmpfs: listOrOne(text),
  tty: flag,
  ulimits,
  use_api_socket: boolean,
  user: text,
  userns_mode: text,
  uts: text,
  volumes: mounts,
  volumes_from: texts,
  working_dir: text,
};

/** What skep itself reads. Compose looks at none of it. */
export const EXTENSION_FIELDS: Readonly<Record<string, Reader>> = {
  shared: flag,
  onChange,
  ignore: list(oneOf('replicas')),
};

const extension: Reader = record({ fields: EXTENSION_FIELDS, closed: true });

export const service: Reader = record({
  fields: { ...SERVICE_FIELDS, 'x-skep': extension },
  dropped: ['extends'],
});
