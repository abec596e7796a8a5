import { describe, expect, it } from 'vitest';
import type { MutableConfig } from '../schemas/domain/index.ts';
import {
  changedMembers,
  isSameMutable,
  mutableConfig,
  updateBody,
  withoutDiscarded,
} from './mutable.ts';

const NONE = mutableConfig({ image: 'a' });
const MIB = 1024 * 1024;
const of = (more: Partial<MutableConfig>): MutableConfig => ({ ...NONE, ...more });

describe('what a container can be given in place', () => {
  it('is read from the service', () => {
    const limits = { cpus: 1.5, memory: '1024', pids: 7 };
    expect(
      mutableConfig({ image: 'a', restart: 'always', deploy: { resources: { limits } } }),
    ).toMatchObject({ nanoCpus: 1.5e9, memory: 1024, pidsLimit: 7, restartPolicy: 'always' });
    expect(mutableConfig({ image: 'a', restart: 'on-failure:5' })).toMatchObject({
      restartPolicy: 'on-failure',
      restartMaximum: 5,
    });
    expect(NONE).toMatchObject({ restartPolicy: 'no', memory: 0, pidsLimit: 0 });
  });

  it('is the same whatever the engine makes of the swap limit', () => {
    const desired = of({ memory: MIB });
    for (const memorySwap of [2 * MIB, -1, 0]) {
      expect(isSameMutable(of({ memory: MIB, memorySwap }), desired)).toBe(true);
    }
    expect(isSameMutable(of({ memory: MIB, memorySwap: 5 * MIB }), desired)).toBe(false);
  });

  it('names what differs', () => {
    const desired = of({ memory: MIB, restartPolicy: 'always' });
    expect(changedMembers(NONE, desired)).toEqual(['memory', 'restartPolicy']);
  });

  it('is changed together with the swap limit', () => {
    const from = of({ memory: MIB, memorySwap: 2 * MIB });
    expect(updateBody(from, of({ memory: 8 * MIB }))).toEqual({
      Memory: 8 * MIB,
      MemorySwap: 16 * MIB,
    });
    expect(updateBody(from, of({ memory: MIB }))).toEqual({});
  });

  it.each([
    [{ nanoCpus: 5 }, { NanoCpus: 5 }],
    [{ memoryReservation: 5 }, { MemoryReservation: 5 }],
    [{ pidsLimit: 5 }, { PidsLimit: 5 }],
    [{ cpuShares: 5 }, { CpuShares: 5 }],
    [{ cpusetCpus: '0' }, { CpusetCpus: '0' }],
    [{ cpuQuota: 5 }, { CpuQuota: 5 }],
    [
      { cpuPeriod: 5, cpuQuota: 2 },
      { CpuPeriod: 5, CpuQuota: 2 },
    ],
    [
      { cpuRealtimePeriod: 5, cpuRealtimeRuntime: 2 },
      { CpuRealtimePeriod: 5, CpuRealtimeRuntime: 2 },
    ],
    [{ restartPolicy: 'always' }, { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }],
  ])('takes %j with %j', (to, body) => {
    expect(updateBody(NONE, of(to))).toEqual(body);
  });

  it.each([
    [{ nanoCpus: 5 }],
    [{ memory: 5 }],
    [{ memoryReservation: 5 }],
    [{ cpuShares: 5 }],
    [{ cpusetCpus: '0' }],
    [{ cpuPeriod: 5 }],
    [{ cpuRealtimePeriod: 5 }],
    [{ cpuRealtimeRuntime: 5 }],
    [{ blkioWeight: 5 }],
  ])('is not rid of %j but in a new container', (from) => {
    expect(updateBody(of(from), NONE)).toBeUndefined();
  });

  it.each([
    [{ cpuQuota: 5 }, { nanoCpus: 5 }],
    [{ cpuPeriod: 5 }, { cpuPeriod: 5, nanoCpus: 5 }],
    [{ nanoCpus: 5 }, { cpuQuota: 5 }],
  ])('limits CPUs in one way after another (%j, %j) only in a new container', (from, to) => {
    expect(updateBody(of(from), of(to))).toBeUndefined();
  });

  it('is rid of a quota, and changes a weight', () => {
    expect(updateBody(of({ cpuQuota: 5 }), NONE)).toEqual({ CpuQuota: -1 });
    expect(updateBody(of({ blkioWeight: 5 }), of({ blkioWeight: 6 }))).toEqual({ BlkioWeight: 6 });
  });

  it('is not asked for what the kernel cannot do', () => {
    const desired = of({ memory: MIB, cpusetCpus: '0', cpuShares: 5 });
    expect(withoutDiscarded(desired, ['memory', 'cpusetCpus'])).toEqual(of({ cpuShares: 5 }));
    expect(withoutDiscarded(desired, [])).toBe(desired);
  });

  it('is rid of a process limit and a restart policy', () => {
    const from = of({ pidsLimit: 5, restartPolicy: 'always' });
    expect(updateBody(from, NONE)).toEqual({
      PidsLimit: -1,
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    });
  });
});
