/** One app with every supported feature of a service that this engine can run. */
import { OTHER_IMAGE, TEST_IMAGE } from '../support/engine.ts';
import { IDLE } from '../support/images.ts';
import type { AppFiles, Files } from '../support/scenario.ts';

const HEALTHY = {
  test: ['CMD', 'true'],
  interval: '1s',
  timeout: '5s',
  retries: 3,
  start_period: '1s',
};

/** @param port a free one of the host; the two after it are used too. */
export const everyFeature = (port: number): AppFiles => ({
  services: {
    process: {
      command: IDLE,
      entrypoint: [],
      environment: { PLAIN: 'text', EMPTY: '', NUMBER: 1, SPACED: 'a b', DOLLAR: '$$HOME' },
      env_file: [{ path: './every.env' }],
      user: '1000:1000',
      working_dir: '/tmp',
      hostname: 'process-host',
      init: true,
      tty: true,
      stdin_open: true,
      stop_signal: 'SIGINT',
      stop_grace_period: '1s',
      labels: { 'org.example.note': 'with = and "quotes"' },
      expose: ['9000'],
      extra_hosts: ['db.example:192.0.2.7', 'other.example:192.0.2.8'],
      restart: 'on-failure:3',
    },
    ports: {
      ports: [
        `127.0.0.1:${port}:80`,
        `${port + 1}-${port + 2}:81-82/udp`,
        { target: 83 },
        { target: 84, protocol: 'udp', host_ip: '127.0.0.1' },
      ],
      healthcheck: HEALTHY,
      restart: 'unless-stopped',
      depends_on: { process: { condition: 'service_started' } },
    },
    storage: {
      volumes: [
        'data:/data',
        'labelled:/labelled:ro',
        'existing:/existing',
        '/anonymous',
        '/srv:/srv:ro',
        { type: 'tmpfs', target: '/scratch', tmpfs: { size: '1m', mode: 0o1777 } },
        { type: 'volume', source: 'data', target: '/nocopy', volume: { nocopy: true } },
        { type: 'bind', source: '/tmp', target: '/host-tmp', read_only: true },
      ],
      read_only: true,
      configs: ['page', { source: 'inline', target: '/etc/inline.conf', mode: '0440' }],
      secrets: ['key', { source: 'key', target: 'other-name', uid: '1000', gid: '1000' }],
      depends_on: {
        ports: { condition: 'service_healthy' },
        once: { condition: 'service_completed_successfully' },
      },
    },
    resources: {
      deploy: {
        replicas: 3,
        resources: {
          limits: { cpus: '0.50', memory: '64M', pids: 64 },
          reservations: { memory: '16M' },
        },
        update_config: { parallelism: 2, order: 'start-first', delay: '100ms' },
      },
      healthcheck: { ...HEALTHY, disable: true },
    },
    networked: {
      image: OTHER_IMAGE,
      networks: {
        default: { aliases: ['alias-one', 'alias-two'] },
        back: { aliases: ['back-alias'], ipv4_address: '172.31.77.10' },
        inner: null,
      },
      restart: 'always',
    },
    named: {
      container_name: `named-${port}`,
      volumes: ['data:/kept'],
      healthcheck: { test: ['NONE'] },
    },
    isolated: {
      cap_add: ['NET_ADMIN'],
      cap_drop: ['MKNOD', 'CAP_CHOWN'],
      cgroup: 'host',
      device_cgroup_rules: ['c 1:3 r'],
      devices: ['/dev/null:/dev/other:r'],
      group_add: ['33'],
      ipc: 'shareable',
      network_mode: 'none',
      oom_score_adj: 100,
      pid: 'host',
      runtime: 'runc',
      security_opt: ['no-new-privileges:true', 'seccomp:unconfined'],
      shm_size: '8m',
      sysctls: { 'net.core.somaxconn': '99' },
      ulimits: { nproc: 99, nofile: { soft: 98, hard: 99 } },
      userns_mode: 'host',
      uts: 'host',
    },
    limited: {
      annotations: { 'org.example.note': 'a' },
      blkio_config: { weight: 300 },
      cpu_period: 100_000,
      cpu_quota: 50_000,
      cpu_shares: 512,
      cpuset: '0',
      deploy: { restart_policy: { condition: 'on-failure', max_attempts: 3 } },
      mem_limit: '64m',
      mem_reservation: '32m',
      mem_swappiness: '10',
      memswap_limit: '96m',
      pids_limit: 50,
      tmpfs: ['/scratch:size=1m,mode=1777', '/plain'],
    },
    addressed: {
      dns: ['192.0.2.1'],
      dns_opt: ['timeout:1'],
      dns_search: ['example.org'],
      domainname: 'example.org',
      links: ['networked:db'],
      logging: { driver: 'json-file', options: { 'max-size': '1m', 'max-file': '2' } },
      mac_address: '02:42:ac:1f:00:99',
      label_file: './every.labels',
    },
    beside: { network_mode: 'service:networked', volumes_from: ['named:ro'] },
    'host-net': { network_mode: 'host', pull_policy: 'missing', platform: 'linux/amd64' },
    once: { command: ['sh', '-c', 'exit 0'], restart: 'no' },
    none: { deploy: { replicas: 0 } },
  },
  more: {
    networks: {
      default: { labels: { 'org.example.net': 'default' } },
      back: { driver: 'bridge', ipam: { config: [{ subnet: '172.31.77.0/24' }] } },
      inner: { internal: true, driver_opts: { 'com.docker.network.bridge.enable_icc': 'false' } },
    },
    volumes: {
      data: null,
      labelled: { labels: { 'org.example.volume': 'yes' }, driver: 'local' },
      existing: { name: `existing-${port}`, external: true },
    },
    configs: { page: { file: './page.html' }, inline: { content: 'a = b\n' } },
    secrets: { key: { file: './key.txt' } },
    'x-anything': { at: 'all' },
  },
});

export const EVERY_FILE: Files = {
  'every/every.env': 'FROM_FILE="quoted # text"\nexport EXPORTED=yes\n',
  'every/every.labels': 'org.example.from=file\n',
  'every/page.html': '<h1>page</h1>\n',
  'every/key.txt': 'not so secret\n',
};

export const EVERY_IMAGE = [TEST_IMAGE, OTHER_IMAGE];
