import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSameMutable, mutableConfig, updateBody } from '../../engine/mutable.ts';
import type { ComposeService, MutableConfig } from '../../schemas/domain/index.ts';
import { ContainerLab, IMAGE } from './container-lab.ts';

type Service = Partial<ComposeService>;

const MIB = 1024 * 1024;
const bytes = (mib: number) => String(mib * MIB);
const desiredOf = (service: Service) => mutableConfig({ image: IMAGE, ...service });

/** What `POST /containers/{id}/update` changes: the whole way from Compose's words and back. */
const IN_PLACE: readonly (readonly [Service, Service])[] = [
  [{}, { cpus: 0.5 }],
  [{ cpus: 0.5 }, { cpus: 0.25 }],
  [{}, { cpu_shares: 512 }],
  [{ cpu_shares: 512 }, { cpu_shares: 256 }],
  [{}, { cpuset: '0' }],
  [{ cpuset: '0' }, { cpuset: '0-1' }],
  [{}, { cpu_quota: 50_000 }],
  [{ cpu_quota: 50_000 }, { cpu_quota: 60_000, cpu_period: 200_000 }],
  [{ cpu_quota: 50_000, cpu_period: 100_000 }, { cpu_period: 100_000 }],
  [{ cpu_quota: 50_000 }, {}],
  [{ cpu_quota: 50_000 }, { cpu_quota: -1 }],
  [{}, { mem_limit: bytes(64) }],
  [{ mem_limit: bytes(64) }, { mem_limit: bytes(256) }],
  [{ mem_limit: bytes(256) }, { mem_limit: bytes(64) }],
  [{ mem_limit: bytes(64) }, { mem_limit: bytes(64), memswap_limit: bytes(96) }],
  [{ mem_limit: bytes(64), memswap_limit: bytes(96) }, { mem_limit: bytes(64) }],
  [{ mem_limit: bytes(64) }, { mem_limit: bytes(64), memswap_limit: '-1' }],
  [
    { mem_limit: bytes(64), memswap_limit: bytes(64) },
    { mem_limit: bytes(128), memswap_limit: bytes(128) },
  ],
  [{}, { mem_reservation: bytes(32) }],
  [
    { mem_limit: bytes(256), mem_reservation: bytes(128) },
    { mem_limit: bytes(64), mem_reservation: bytes(32) },
  ],
  [{}, { pids_limit: 50 }],
  [{ pids_limit: 50 }, { pids_limit: 60 }],
  [{ pids_limit: 50 }, {}],
  [{ pids_limit: 50 }, { pids_limit: -1 }],
  [{}, { restart: 'always' }],
  [{ restart: 'always' }, { restart: 'unless-stopped' }],
  [{ restart: 'on-failure:3' }, { restart: 'on-failure:5' }],
  [{ restart: 'on-failure:3' }, {}],
  [{ blkio_config: { weight: 300 } }, { blkio_config: { weight: 400 } }],
  [
    { cpus: 0.5, mem_limit: bytes(64), pids_limit: 10, restart: 'always' },
    { cpus: 1, mem_limit: bytes(96), pids_limit: 20, restart: 'no' },
  ],
];

/** What the engine refuses, or does not do: only a new container is so. */
const ANEW: readonly (readonly [Service, Service])[] = [
  [{ cpus: 0.5 }, {}],
  [{ cpus: 0.5 }, { cpu_quota: 50_000 }],
  [{ cpu_quota: 50_000 }, { cpus: 0.5 }],
  [{ cpu_period: 50_000 }, {}],
  [{ cpu_shares: 512 }, {}],
  [{ cpuset: '0' }, {}],
  [{ mem_limit: bytes(64) }, {}],
  [{ mem_reservation: bytes(32) }, {}],
];

/** The same without our knowledge of what the engine makes of it: every member as it is. */
const naive = (to: MutableConfig) => ({
  NanoCpus: to.nanoCpus,
  CpuPeriod: to.cpuPeriod,
  CpuQuota: to.cpuQuota,
  CpuShares: to.cpuShares,
  CpusetCpus: to.cpusetCpus,
  Memory: to.memory,
  MemoryReservation: to.memoryReservation,
});

describe('on this engine', () => {
  const lab = new ContainerLab('in-place', {
    one: { ipam: { config: [{ subnet: '10.87.1.0/24' }] } },
    two: { ipam: { config: [{ subnet: '10.87.2.0/24' }] } },
  });
  beforeAll(() => lab.open());
  afterAll(() => lab.close());

  it.concurrent.each(IN_PLACE)('%j becomes %j in place, and is then seen so', async (from, to) => {
    const id = await lab.run(
      `update-${IN_PLACE.findIndex(([one, two]) => one === from && two === to)}`,
      from,
    );
    const before = await lab.observed(id);
    expect(isSameMutable(before.mutable, desiredOf(from))).toBe(true);
    const body = updateBody(before.mutable, desiredOf(to));
    if (!body) expect.fail('only a new container would do');
    // A weight that this kernel dropped is as good as it gets.
    if (Object.keys(body).length > 0) await lab.engine.updateContainer(id, body, lab.signal);
    const after = await lab.observed(id);
    expect(after.mutable).toSatisfy((seen: MutableConfig) => isSameMutable(seen, desiredOf(to)));
    expect({ ...after, mutable: before.mutable }).toEqual(before);
  });

  it.concurrent.each(ANEW)('%j does not become %j in place', async (from, to) => {
    const id = await lab.run(
      `anew-${ANEW.findIndex(([one, two]) => one === from && two === to)}`,
      from,
    );
    const { mutable } = await lab.observed(id);
    expect(updateBody(mutable, desiredOf(to))).toBeUndefined();
    await lab.engine.updateContainer(id, naive(desiredOf(to)), lab.signal).catch(() => {});
    const after = await lab.observed(id);
    expect(isSameMutable(after.mutable, desiredOf(to))).toBe(false);
  });

  it('real-time limits change while it does not run', async () => {
    const to = desiredOf({ cpu_rt_period: 100_000, cpu_rt_runtime: 1_000 });
    const id = await lab.run('real-time', {}, false);
    const body = updateBody((await lab.observed(id)).mutable, to);
    await lab.engine.updateContainer(id, body ?? {}, lab.signal);
    expect(isSameMutable((await lab.observed(id)).mutable, to)).toBe(true);
  });

  it('networks are joined and left, with aliases and addresses, while it runs', async () => {
    const id = await lab.run('joins', { networks: { one: null } });
    const [one, two] = [`${lab.prefix}_one`, `${lab.prefix}_two`];
    const endpoint = { Aliases: ['web', 'www'], IPAMConfig: { IPv4Address: '10.87.2.7' } };
    await lab.engine.connectNetwork(two, id, endpoint, lab.signal);
    const { networks, startedAt } = await lab.observed(id);
    expect(networks).toMatchObject([
      { name: one, ipv4: '', ipv6: '' },
      { name: two, aliases: ['web', 'www'], ipv4: '10.87.2.7', address: '10.87.2.7' },
    ]);
    await lab.engine.disconnectNetwork(one, id, lab.signal);
    await lab.engine.disconnectNetwork(two, id, lab.signal);
    await lab.engine.connectNetwork(two, id, { Aliases: ['web'] }, lab.signal);
    const after = await lab.observed(id);
    expect(after.networks).toMatchObject([{ name: two, aliases: ['web'], ipv4: '' }]);
    expect(after.startedAt).toBe(startedAt);
  });

  it('a container keeps running, and its aliases, when it is renamed', async () => {
    const id = await lab.run('name', { networks: { one: { aliases: ['www'] } } });
    const before = await lab.observed(id);
    await lab.engine.renameContainer(id, `${lab.prefix}-other`, lab.signal);
    const after = await lab.observed(id);
    expect(after).toEqual({ ...before, name: `${lab.prefix}-other` });
  });
});
