import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { attachmentChanges } from '../../controller/core/plan/attachment-changes.ts';
import { differences, digestsOf } from '../../engine/configuration/compare.ts';
import {
  askedConfiguration,
  presentConfiguration,
} from '../../engine/configuration/configuration.ts';
import { isSameMutable, mutableConfig } from '../../engine/mutable.ts';
import type { ComposeService, EngineBody } from '../../schemas/domain/index.ts';
import { IDLE, makeImages } from '../support/images.ts';
import { ContainerLab, IMAGE } from './container-lab.ts';

type Service = Partial<ComposeService>;

/** It says something of everything that an image can say. */
const TALKATIVE = 'skep-test/talkative:1';
const CHANGES = [
  'ENV FROM_IMAGE=yes BOTH=image',
  'LABEL org.example.from=image org.example.both=image',
  'EXPOSE 8080',
  'VOLUME /from-image',
  'WORKDIR /tmp',
  'USER 1000',
  'HEALTHCHECK --interval=5s CMD true',
];

const bind = (source: string, target: string, more: object = {}) => ({
  type: 'bind' as const,
  source,
  target,
  bind: { create_host_path: true },
  ...more,
});

/** By the row of the table of traps that they are about. */
const ROWS: Readonly<Record<string, readonly Service[]>> = {
  'what the image says': [
    { image: TALKATIVE },
    { image: TALKATIVE, environment: { BOTH: 'ours', OURS: '1' } },
    { image: TALKATIVE, labels: { 'org.example.both': 'ours' } },
    { image: TALKATIVE, command: ['env'] },
    { image: TALKATIVE, entrypoint: ['env'] },
    { image: TALKATIVE, user: '0', working_dir: '/' },
    { image: TALKATIVE, healthcheck: { test: ['CMD', 'false'] } },
    { image: TALKATIVE, expose: ['9000'] },
  ],
  'what the engine fills in': [
    {},
    { mem_limit: '67108864' },
    { shm_size: '67108864' },
    { ipc: 'private' },
    { ipc: 'shareable' },
    { restart: 'no' },
    { oom_score_adj: 100 },
    { network_mode: 'bridge' },
    { blkio_config: { weight: 300 } },
    { logging: { driver: 'json-file' } },
  ],
  'what it adds for SELinux': [{ pid: 'host' }, { ipc: 'host' }],
  'the order and the two forms of mounts': [
    {
      volumes: [
        bind('/tmp', '/b'),
        bind('/srv', '/a', { read_only: true }),
        bind('/srv', '/private', { bind: { create_host_path: true, propagation: 'rprivate' } }),
        { type: 'tmpfs', target: '/scratch', tmpfs: { size: '1048576', mode: 0o1777 } },
        { type: 'volume', target: '/anonymous' },
      ],
      tmpfs: ['/run:size=1m', '/plain'],
    },
  ],
  'how ports are written': [
    {
      network_mode: 'bridge',
      ports: [
        { target: 80, published: '38080', host_ip: '127.0.0.1', protocol: 'tcp' },
        { target: 81, protocol: 'udp' },
        { target: 82, published: '38082-38083', protocol: 'tcp' },
      ],
      expose: ['9000'],
    },
  ],
  'defaults that show as zero or nothing': [
    {
      dns: [],
      cap_add: [],
      group_add: [],
      cpu_shares: 0,
      user: '',
      working_dir: '',
      command: null,
    },
    { devices: [{ source: '/dev/null', target: '/dev/other', permissions: 'rwm' }] },
    { stop_grace_period: '10s' },
  ],
  'types that the engine has otherwise': [
    { logging: { driver: 'json-file', options: { 'max-size': '1m', 'max-file': '2' } } },
    { ulimits: { nofile: 99, nproc: { soft: 98, hard: 99 } } },
    { extra_hosts: ['db=192.0.2.7'], network_mode: 'bridge' },
    { stop_grace_period: '1m30s', healthcheck: { test: ['CMD', 'true'], interval: '1m30s' } },
    { sysctls: { 'net.core.somaxconn': '99' }, init: true, tty: true, read_only: true },
  ],
  'capabilities in every spelling': [
    { cap_add: ['NET_ADMIN'], cap_drop: ['ALL'] },
    { cap_add: ['CAP_CHOWN', 'sys_time'], cap_drop: ['mknod'] },
  ],
};

describe('on this engine', () => {
  const lab = new ContainerLab('traps', { one: {}, two: {} });
  beforeAll(async () => {
    await makeImages([{ reference: TALKATIVE, cmd: IDLE, changes: CHANGES }]);
    await lab.open();
  });
  afterAll(() => lab.close());

  /** In which fields what the engine shows is not what was asked for. */
  const faults = async (id: string, body: EngineBody, service: Service) => {
    const inspect = await lab.inspect(id);
    const image = await lab.engine.inspectImage(String(inspect['Image']), lab.signal);
    const present = digestsOf(presentConfiguration(inspect, image), 'salt');
    const { mutable } = await lab.observed(id);
    const desired = mutableConfig({ image: IMAGE, ...service });
    return [
      ...differences(askedConfiguration(body), present),
      ...(isSameMutable(mutable, desired) ? [] : ['mutable']),
    ];
  };

  const all = Object.entries(ROWS).flatMap(([trap, services]) =>
    services.map(
      (service, index) => [trap, service, `${trap.replaceAll(' ', '-')}-${index}`] as const,
    ),
  );

  it.concurrent.each(all)('%s: %j is seen as it was asked for', async (_trap, service, name) => {
    const id = await lab.run(name, service, false);
    expect(await faults(id, lab.body(service), service)).toEqual([]);
  });

  it('names of other containers become ids, and the containers are told by them', async () => {
    const host = await lab.run('host', {});
    for (const member of ['network_mode', 'ipc', 'pid'] as const) {
      const shared = { ipc: 'shareable', [member]: `container:${lab.prefix}-host` };
      if (member === 'ipc') continue;
      const id = await lab.run(`guest-${member}`, shared, false);
      expect((await lab.observed(id)).joined).toEqual([host]);
    }
  });

  it('aliases that the engine adds by itself are not seen', async () => {
    const service = { networks: { one: { aliases: ['www'] }, two: null }, hostname: 'its-host' };
    const id = await lab.run('aliases', service);
    const seen = await lab.observed(id);
    for (const network of seen.networks) {
      const aliases = network.name.endsWith('_one') ? ['www'] : [];
      const wanted = {
        network: network.name,
        aliases: [`${lab.prefix}-web-1`, 'web', ...aliases],
        ipv4: '',
        ipv6: '',
        body: {},
      };
      expect(attachmentChanges(network, wanted, seen.name)).toEqual([]);
    }
  });

  it('a missing source becomes a folder as a bind, and is refused as a mount', async () => {
    // The engine makes it as root: below a folder of ours it can be removed again.
    const folder = await mkdtemp(join(tmpdir(), 'skep-traps-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const missing = join(folder, 'missing');
    const id = await lab.run('made', { volumes: [bind(missing, '/data')] });
    expect((await lab.observed(id)).state).toBe('running');
    const strict = bind(`${missing}-too`, '/data', { bind: { create_host_path: false } });
    await expect(lab.run('strict', { volumes: [strict] })).rejects.toMatchObject({
      code: 'MountFailed',
    });
  });

  it('a name is taken while another container has it', async () => {
    await lab.run('taken', {}, false);
    await expect(lab.run('taken', {}, false)).rejects.toMatchObject({ code: 'NameTaken' });
  });
});
