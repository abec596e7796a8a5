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
    named: { container_name: `named-${port}`, healthcheck: { test: ['NONE'] } },
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
  'every/page.html': '<h1>page</h1>\n',
  'every/key.txt': 'not so secret\n',
};

export const EVERY_IMAGE = [TEST_IMAGE, OTHER_IMAGE];
