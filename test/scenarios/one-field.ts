/** Every property of a service that an engine can show, changed alone, and what that may cost. */
import { OTHER_IMAGE } from '../support/engine.ts';
import { IDLE } from '../support/images.ts';
import type { Service } from '../support/scenario.ts';

/**
 * `replace`: a new container; `update`: the engine changes limits in place; `rename`: and its place
 * in the network with it; `join`, `leave`, `rejoin`: networks in place; `nothing`: not one call.
 */
export type Effect = 'replace' | 'update' | 'rename' | 'join' | 'leave' | 'rejoin' | 'nothing';

export interface Row {
  readonly from: Service;
  readonly to: Service;
  readonly effect: Effect;
  /** What the plan names, where it is not the property itself. */
  readonly field?: string;
}

const probe = (interval: string) => ({ test: ['CMD', 'true'], interval });
const memory = { mem_limit: '64m' };
const bind = (source: string) => [{ type: 'bind', source, target: '/bound', read_only: true }];
const limits = (more: object) => ({ deploy: { resources: { limits: more } } });
/** On the network of the project. */
const ONLINE = { network_mode: undefined };

const replaced = (from: Service, to: Service, field?: string): Row => ({
  from,
  to,
  effect: 'replace',
  ...(field !== undefined && { field }),
});
const updated = (from: Service, to: Service, field?: string): Row => ({
  ...replaced(from, to, field),
  effect: 'update',
});
const ignored = (from: Service, to: Service): Row => ({ from, to, effect: 'nothing' });
const networked = (effect: Effect, from: Service, to: Service, field: string): Row => ({
  from: { ...ONLINE, networks: from },
  to: { ...ONLINE, networks: to },
  effect,
  field,
});

/** By the name of the service that stands for the row. */
export const ROWS: Readonly<Record<string, Row>> = {
  annotations: replaced({}, { annotations: { 'example.note': 'a' } }, 'annotations.example.note'),
  'blkio-config': replaced({}, { blkio_config: { weight: 300 } }, 'blkio_config.weight'),
  'cap-add': replaced({}, { cap_add: ['NET_ADMIN'] }, 'cap_add'),
  'cap-drop': replaced({}, { cap_drop: ['CHOWN'] }, 'cap_drop'),
  cgroup: replaced({}, { cgroup: 'host' }, 'cgroup'),
  command: replaced({}, { command: [...IDLE, '#'] }, 'command'),
  configs: replaced({}, { configs: ['page'] }, 'files./page'),
  'container-name': {
    from: ONLINE,
    to: { ...ONLINE, container_name: 'NAME' },
    effect: 'rename',
    field: 'networks',
  },
  'cpu-period': updated({}, { cpu_period: 50_000 }, 'cpu_period'),
  'cpu-quota': updated({ cpu_quota: 50_000 }, { cpu_quota: 60_000 }, 'cpu_quota'),
  'cpu-quota-gone': updated({ cpu_quota: 50_000 }, {}, 'cpu_quota'),
  'cpu-shares': updated({}, { cpu_shares: 512 }, 'cpu_shares'),
  'cpu-shares-gone': replaced({ cpu_shares: 512 }, {}, 'cpu_shares'),
  cpus: updated({ cpus: 0.5 }, { cpus: 0.75 }),
  'cpus-gone': replaced({ cpus: 0.5 }, {}, 'cpus'),
  cpuset: updated({}, { cpuset: '0' }),
  'deploy-cpus': updated(limits({ cpus: '0.5' }), limits({ cpus: '0.7' }), 'cpus'),
  'deploy-memory': updated(limits({ memory: '64M' }), limits({ memory: '96M' }), 'mem_limit'),
  'deploy-pids': updated(limits({ pids: 64 }), limits({ pids: 65 }), 'pids_limit'),
  'deploy-restart': updated({}, { deploy: { restart_policy: { condition: 'any' } } }, 'restart'),
  'deploy-update': ignored({}, { deploy: { update_config: { parallelism: 2 } } }),
  'depends-on': ignored({}, { depends_on: ['target'] }),
  'device-cgroup-rules': replaced({}, { device_cgroup_rules: ['c 1:3 r'] }, 'device_cgroup_rules'),
  devices: replaced({}, { devices: ['/dev/null:/dev/other'] }, 'devices./dev/other'),
  dns: replaced({}, { dns: ['192.0.2.1'] }),
  'dns-opt': replaced({}, { dns_opt: ['timeout:1'] }, 'dns_opt'),
  'dns-search': replaced({}, { dns_search: ['example.org'] }, 'dns_search'),
  domainname: replaced({}, { domainname: 'example.org' }),
  entrypoint: replaced({}, { entrypoint: ['env'] }),
  'env-file': replaced({}, { env_file: './one.env' }, 'environment.FROM_FILE'),
  environment: replaced({ environment: { A: '1' } }, { environment: { A: '2' } }, 'environment.A'),
  'environment-order': ignored({ environment: ['A=1', 'B=2'] }, { environment: ['B=2', 'A=1'] }),
  expose: replaced({}, { expose: ['9000'] }),
  'extra-hosts': replaced(ONLINE, { ...ONLINE, extra_hosts: ['db:192.0.2.7'] }, 'extra_hosts'),
  'group-add': replaced({}, { group_add: ['33'] }, 'group_add'),
  healthcheck: replaced(
    { healthcheck: probe('1s') },
    { healthcheck: probe('2s') },
    'healthcheck.interval',
  ),
  hostname: replaced({}, { hostname: 'other' }),
  image: replaced({}, { image: OTHER_IMAGE }),
  init: replaced({}, { init: true }),
  ipc: replaced({}, { ipc: 'shareable' }),
  labels: replaced({}, { labels: { 'example.team': 'a' } }, 'labels.example.team'),
  'label-file': replaced({}, { label_file: './one.labels' }, 'labels.example.from'),
  links: replaced(ONLINE, { ...ONLINE, links: ['target:db'] }),
  logging: replaced({}, { logging: { driver: 'none' } }, 'logging.driver'),
  'logging-options': replaced(
    { logging: { driver: 'json-file', options: { 'max-size': '1m' } } },
    { logging: { driver: 'json-file', options: { 'max-size': '2m' } } },
    'logging.options.max-size',
  ),
  'mac-address': replaced(ONLINE, { ...ONLINE, mac_address: '02:42:ac:11:00:99' }, 'networks'),
  'mem-limit': updated(memory, { mem_limit: '96m' }, 'mem_limit'),
  'mem-reservation': updated({}, { mem_reservation: '32m' }, 'mem_reservation'),
  'mem-swappiness': replaced({}, { mem_swappiness: '10' }, 'mem_swappiness'),
  'memswap-limit': updated(memory, { ...memory, memswap_limit: '96m' }, 'memswap_limit'),
  'network-mode': replaced({}, { network_mode: 'host' }, 'network_mode'),
  'network-joined': networked('join', { default: null }, { default: null, back: null }, 'networks'),
  'network-left': networked('leave', { default: null, back: null }, { default: null }, 'networks'),
  'network-aliases': networked(
    'rejoin',
    { back: null },
    { back: { aliases: ['www'] } },
    'networks',
  ),
  'network-address': networked(
    'rejoin',
    { back: { ipv4_address: '172.31.78.10' } },
    { back: { ipv4_address: '172.31.78.11' } },
    'networks',
  ),
  'oom-score-adj': replaced({}, { oom_score_adj: 100 }, 'oom_score_adj'),
  pid: replaced({}, { pid: 'host' }),
  'pids-limit': updated({ pids_limit: 50 }, {}, 'pids_limit'),
  platform: ignored({}, { platform: 'linux/amd64' }),
  ports: replaced(ONLINE, { ...ONLINE, ports: ['127.0.0.1::80'] }),
  'pull-policy': ignored({}, { pull_policy: 'missing' }),
  'read-only': replaced({}, { read_only: true }, 'read_only'),
  restart: updated({}, { restart: 'always' }),
  runtime: replaced({}, { runtime: 'runc' }),
  secrets: replaced({}, { secrets: ['key'] }, 'files./run/secrets/key'),
  'security-opt': replaced({}, { security_opt: ['no-new-privileges:true'] }, 'security_opt'),
  'shm-size': replaced({}, { shm_size: '8m' }, 'shm_size'),
  'stdin-open': replaced({}, { stdin_open: true }, 'stdin_open'),
  'stop-grace-period': replaced({}, { stop_grace_period: '3s' }, 'stop_grace_period'),
  'stop-signal': replaced({}, { stop_signal: 'SIGINT' }, 'stop_signal'),
  sysctls: replaced({}, { sysctls: { 'net.core.somaxconn': '99' } }, 'sysctls.net.core.somaxconn'),
  tmpfs: replaced({}, { tmpfs: ['/scratch:size=1m'] }),
  tty: replaced({}, { tty: true }),
  ulimits: replaced({}, { ulimits: { nofile: 99 } }, 'ulimits.nofile'),
  user: replaced({}, { user: '1000' }),
  'userns-mode': replaced({}, { userns_mode: 'host' }, 'userns_mode'),
  uts: replaced({}, { uts: 'host' }),
  volumes: replaced({ volumes: bind('/tmp') }, { volumes: bind('/srv') }, 'volumes./bound'),
  'volumes-from': replaced({}, { volumes_from: ['target'] }, 'volumes_from'),
  'working-dir': replaced({}, { working_dir: '/tmp' }, 'working_dir'),
  'x-anything': ignored({}, { 'x-anything': { at: 'all' } }),
};
